"""Makes another video of one whose annotation is exact: mirrored, cropped, backwards, every second frame, red
and blue swapped, darker and with noise; its annotation and stretches with it. To measure on what no setting
was chosen on.

    python benchmarks/other_video.py DIR/long/three_people.mp4 OUT.mp4
"""

import json
import sys
from pathlib import Path

import av
import numpy as np

from core.domain import COCO17
from core.video.source import open_video

LEFT, TOP, RIGHT, BOTTOM = 60, 20, 60, 10  # pixels cut off; what remains has even sides
LIGHT, NOISE = 0.8, 3.0
LEAST = 2.0  # pixels that remain of a box


def main(path: Path, out: Path) -> None:
    reference = json.loads(path.with_suffix(".json").read_text("utf-8"))
    stretches = json.loads(path.with_suffix(".stretches.json").read_text("utf-8"))
    with open_video(path) as source:
        frames = [frame.to_array("rgb") for _, frame in source.stream(0, len(source))]
    order = list(range(len(frames) - 1, -1, -2))
    height, width = frames[0].shape[0] - TOP - BOTTOM, frames[0].shape[1] - LEFT - RIGHT
    rng = np.random.default_rng(5)
    with av.open(str(out), "w") as container:
        stream = container.add_stream("libx264", rate=round(stretches["fps"] / 2), options={"crf": "20"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for number in order:
            image = frames[number][TOP : TOP + height, LEFT : LEFT + width][:, ::-1, ::-1]
            image = (LIGHT * image + rng.normal(0, NOISE, image.shape)).clip(0, 255).astype(np.uint8)
            container.mux(
                stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24"))
            )
        container.mux(stream.encode())
    places = {old: new for new, old in enumerate(order)}
    frame_of = {image["id"]: image["frame_id"] for image in reference["images"]}
    found = [
        moved | {"image_id": places[frame] + 1}
        for one in reference["annotations"]
        if (frame := frame_of[one["image_id"]]) in places and (moved := _moved(one, width, height))
    ]
    found.sort(key=lambda one: (one["image_id"], one["track_id"]))
    reference["annotations"] = [one | {"id": number} for number, one in enumerate(found, 1)]
    reference["images"] = [
        {"id": n + 1, "file_name": f"frame_{n:06d}.png", "width": width, "height": height, "frame_id": n}
        for n in range(len(order))
    ]
    out.with_suffix(".json").write_text(json.dumps(reference), "utf-8")
    stretches = {"fps": stretches["fps"] / 2, "frames": [stretches["frames"][number] for number in order]}
    out.with_suffix(".stretches.json").write_text(json.dumps(stretches), "utf-8")


def _moved(one: dict, width: int, height: int) -> dict | None:
    """None where nothing of somebody remains."""
    joints = np.array(one["keypoints"], float).reshape(-1, 3)[list(COCO17.flip_index)]
    joints[:, 0], joints[:, 1] = width - 1 - (joints[:, 0] - LEFT), joints[:, 1] - TOP
    gone = (joints[:, 2] == 0) | (joints[:, :2] < 0).any(1) | (joints[:, :2] > (width - 1, height - 1)).any(1)
    joints[gone] = 0
    x, y, w, h = one["bbox"]
    low = np.clip([width - (x + w - LEFT), y - TOP], 0, (width, height))
    high = np.clip([width - (x - LEFT), y - TOP + h], 0, (width, height))
    size = high - low
    if gone.all() or (size < LEAST).any():
        return None
    area = one["area"] * float(size.prod()) / (w * h)
    return one | {
        "keypoints": joints.flatten().round(2).tolist(),
        "num_keypoints": int((~gone).sum()),
        "bbox": [*low.tolist(), *size.tolist()],
        "area": area,
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
