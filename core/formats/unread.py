"""Files that people have and that are not read, with what to do instead."""

from core.formats.given import Given

ARRAY = "does not say what its numbers are. Save it as a CSV with frame and JOINT_x, JOINT_y of each joint"
INSTEAD = {
    ".c3d": "holds markers in space, not in a picture. Give the poses of the video",
    ".mot": "holds angles, not joints in a picture. Give the poses of the video",
    ".bvh": "holds angles, not joints in a picture. Give the poses of the video",
    ".lbl": "is MATLAB's, of APT. Export the labels there as COCO JSON",
    ".mat": "is MATLAB's. Save it as a CSV with frame and JOINT_x, JOINT_y of each joint",
    ".npy": ARRAY,
    ".npz": ARRAY,
    ".pickle": "can hold code, so it is not opened. Give the .h5 or .csv that DeepLabCut writes beside it",
    ".pkl": "can hold code, so it is not opened. Save it as CSV or JSON",
    ".nc": "is movement's. Save it with movement.io.save_poses.to_dlc_file",
    ".gz": "is an archive. Unpack it and give what is in it",
    ".zip": "is an archive. Unpack it and give what is in it",
    ".pt": "is a network. Export it to ONNX",
    ".pth": "is a network. Export it to ONNX",
}


def why_unread(given: Given) -> str:
    """A sentence on why it is not read and what to give instead, '' where there is none."""
    if given.ending in INSTEAD:
        return f"{given.name} {INSTEAD[given.ending]}."
    if given.path.is_dir() and any(given.path.rglob("labels/**/*.txt")):
        return (
            f"{given.name} has text files in labels, but no data.yaml, which says how many joints they have. "
            "Put it beside them."
        )
    return ""
