"""The same two people in three frames, as each program writes them."""

import json
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np

from core.domain import COCO17
from core.domain.skeletons import BODY25, HALPE26, MEDIAPIPE33
from core.formats import trc
from core.formats.found_poses import OPENPOSE18

SIZE = (200, 100)
JOINTS = list(COCO17.joints)
WALK = (
    np.random.default_rng(4).uniform((10, 10), (90, 90), (17, 2))[None, None]
    + np.array([[[2.0 * frame + 100 * person, frame] for person in (0, 1)] for frame in range(3)])[:, :, None]
)  # (frame, person, joint, 2), image pixels
SURE = np.linspace(0.3, 0.95, 17)
VALUES = np.concatenate([WALK, np.broadcast_to(SURE[:, None], (3, 2, 17, 1))], axis=3)


def of(names: list[str], values: np.ndarray) -> np.ndarray:
    """(K, 3) in the order of other names, the middle of both sides for neck and hip, 0 for what is not
    known.
    """
    places = {joint: place for place, joint in enumerate(JOINTS)}
    rows = np.zeros((len(names), 3))
    for at, name in enumerate(names):
        if name in places:
            rows[at] = values[places[name]]
        elif name in ("neck", "hip"):
            part = "shoulder" if name == "neck" else "hip"
            rows[at] = values[[places[f"left_{part}"], places[f"right_{part}"]]].mean(0)
    return rows


def _frames(folder: Path, content: Callable[[int], object], name: str = "walk_{:06d}.json") -> Path:
    folder.mkdir()
    for frame in range(3):
        (folder / name.format(frame)).write_text(json.dumps(content(frame)))
    return folder


def _json(path: Path, content: object) -> Path:
    path.write_text(json.dumps(content))
    return path


def openpose(tmp: Path) -> Path:
    """BODY_25, people in another order from frame to frame."""

    def content(frame: int) -> object:
        people = [
            of(list(BODY25.joints), VALUES[frame, person]) for person in ((0, 1) if frame % 2 else (1, 0))
        ]
        return {
            "version": 1.3,
            "people": [{"person_id": [-1], "pose_keypoints_2d": one.ravel().tolist()} for one in people],
        }

    return _frames(tmp / "openpose", content, "walk_{:012d}_keypoints.json")


def pose2sim(tmp: Path) -> Path:
    people = {n: [of(list(HALPE26.joints), VALUES[n, p]).ravel().tolist() for p in (0, 1)] for n in range(3)}
    return _frames(
        tmp / "walk_json",
        lambda n: {"people": [{"person_id": [-1], "pose_keypoints_2d": k} for k in people[n]]},
    )


def alphapose(tmp: Path) -> Path:
    results = [
        {
            "image_id": f"{n}.jpg",
            "category_id": 1,
            "keypoints": VALUES[n, p].ravel().tolist(),
            "score": 2.9,
            "idx": [float(p)],
        }
        for n in range(3)
        for p in (0, 1)
    ]
    return _json(tmp / "alphapose-results.json", results)


def alphapose_open(tmp: Path) -> Path:
    def person(n: int, p: int) -> dict:
        return {"pose_keypoints_2d": of(list(OPENPOSE18), VALUES[n, p]).ravel().tolist()}

    return _json(
        tmp / "open.json", {f"{n}.jpg": {"people": [person(n, p) for p in (0, 1)]} for n in range(3)}
    )


def coco_results(tmp: Path) -> Path:
    """With the images that the numbers are of beside them."""
    _json(
        tmp / "image_info.json",
        {"images": [{"id": 70 + n, "file_name": f"walk_{n:06d}.png"} for n in range(3)]},
    )
    results = [
        {"image_id": 70 + n, "category_id": 1, "keypoints": VALUES[n, p].ravel().tolist(), "score": 0.8}
        for n in range(3)
        for p in (0, 1)
    ]
    return _json(tmp / "results.json", results)


def _instances(n: int) -> list[dict]:
    return [
        {
            "keypoints": WALK[n, p].tolist(),
            "keypoint_scores": SURE.tolist(),
            "bbox": [[1, 2, 3, 4]],
            "bbox_score": 0.9,
        }
        for p in (0, 1)
    ]


def mmpose(tmp: Path) -> Path:
    return _json(tmp / "mmpose.json", [{"frame_id": n, "instances": _instances(n)} for n in range(3)])


def mmpose_demo(tmp: Path) -> Path:
    """Counts from 1."""
    meta = {"keypoint_id2name": {str(n): joint for n, joint in enumerate(JOINTS)}}
    info = [{"frame_id": n + 1, "instances": _instances(n)} for n in range(3)]
    return _json(tmp / "demo.json", {"meta_info": meta, "instance_info": info})


def mmpose_images(tmp: Path) -> Path:
    return _frames(tmp / "predictions", lambda n: [_instances(n)])


def rtmlib(tmp: Path) -> Path:
    frames = [{"frame": n, "keypoints": WALK[n].tolist(), "scores": [SURE.tolist()] * 2} for n in range(3)]
    return _json(tmp / "rtmlib.json", frames)


def deeplabcut(tmp: Path) -> Path:
    columns = [
        (who, joint, coord)
        for who in ("ann", "bob")
        for joint in JOINTS
        for coord in ("x", "y", "likelihood")
    ]
    head = zip(
        ("scorer", "individuals", "bodyparts", "coords"),
        (["DLC"] * len(columns), *zip(*columns, strict=True)),
        strict=True,
    )
    lines = [",".join([level, *cells]) for level, cells in head]
    lines += [",".join([str(n), *map(repr, VALUES[n].ravel().tolist())]) for n in range(3)]
    path = tmp / "walkDLC.csv"
    path.write_text("\n".join(lines))
    return path


def sleap_analysis(tmp: Path) -> Path:
    path = tmp / "walk.analysis.h5"
    with h5py.File(path, "w") as file:
        file["tracks"], file["point_scores"] = WALK.transpose(1, 3, 2, 0), VALUES[..., 2].transpose(1, 2, 0)
        file["node_names"], file["track_names"] = [j.encode() for j in JOINTS], [b"ann", b"bob"]
    return path


def sleap_analysis_turned(tmp: Path) -> Path:
    path = tmp / "walk.analysis.h5"
    with h5py.File(path, "w") as file:
        file["tracks"], file["point_scores"] = WALK.transpose(0, 2, 3, 1), VALUES[..., 2].transpose(0, 2, 1)
        file["node_names"], file["track_names"] = JOINTS, ["ann", "bob"]
    return path


def sleap_io_analysis(tmp: Path) -> Path:
    """The axes in another order, by their names."""
    path = tmp / "walk.analysis.h5"
    with h5py.File(path, "w") as file:
        file["tracks"], file["point_scores"] = WALK.transpose(0, 1, 2, 3), VALUES[..., 2]
        file["tracks"].attrs["dims"] = '["frame", "track", "node", "xy"]'
        file["point_scores"].attrs["dims"] = '["frame", "track", "node"]'
        file["node_names"], file["track_names"] = JOINTS, ["ann", "bob"]
    return path


def several_in_a_row(tmp: Path) -> Path:
    """As sleap-io writes a row for each frame."""
    header, lines = ["frame_idx"], [[str(n)] for n in range(3)]
    for p, who in enumerate(("ann", "bob")):
        header += [f"inst{p}.track", f"inst{p}.score"]
        header += [f"inst{p}.{joint}.{axis}" for joint in JOINTS for axis in ("x", "y", "score")]
        for n in range(3):
            lines[n] += [who, "0.8", *map(repr, VALUES[n, p].ravel().tolist())]
    path = tmp / "walk.csv"
    path.write_text("\n".join(",".join(line) for line in (header, *lines)))
    return path


def named_in_a_row(tmp: Path) -> Path:
    """With confidences in percent."""
    header = ["Frame", *(f"{who}_{j}_{axis}" for who in ("Ann", "Bob") for j in JOINTS for axis in "xyc")]
    percent = VALUES * (1, 1, 100)
    lines = [[str(n), *map(repr, percent[n].ravel().tolist())] for n in range(3)]
    path = tmp / "walk.csv"
    path.write_text("\n".join(",".join(line) for line in (header, *lines)))
    return path


def a_row_for_each_point(tmp: Path) -> Path:
    lines = ["frame_idx,node,x,y,track,score"]
    for n in range(3):
        for p, who in enumerate(("ann", "bob")):
            for joint, (x, y, sure) in zip(JOINTS, VALUES[n, p].tolist(), strict=True):
                lines.append(f"{n},{joint},{x!r},{y!r},{who},{sure!r}")
    path = tmp / "walk.csv"
    path.write_text("\n".join(lines))
    return path


def superanimal(tmp: Path) -> Path:
    frames = [{"bodyparts": VALUES[n].tolist(), "bboxes": [[1, 2, 3, 4]] * 2} for n in range(3)]
    return _json(tmp / "walk_superanimal_humanbody.json", frames)


def mediapipe_tasks(tmp: Path) -> Path:
    """Landmarks of several people in each frame, in shares of the image."""

    def landmarks(n: int, p: int) -> list[dict]:
        rows = of(list(MEDIAPIPE33.joints), VALUES[n, p])
        rows[~rows[:, :2].any(1), :2] = WALK[n, p, 0]
        return [
            {"x": (x + 0.5) / SIZE[0], "y": (y + 0.5) / SIZE[1], "z": 0.1, "visibility": v}
            for x, y, v in rows.tolist()
        ]

    return _json(
        tmp / "tasks.json", [{"pose_landmarks": [landmarks(n, p) for p in (0, 1)]} for n in range(3)]
    )


def tfjs(tmp: Path) -> Path:
    """The names of the joints stand beside them."""
    frames = [
        [
            {
                "keypoints": [
                    {"x": x, "y": y, "score": sure, "name": joint}
                    for joint, (x, y, sure) in reversed(list(zip(JOINTS, VALUES[n, p].tolist(), strict=True)))
                ]
            }
            for p in (0, 1)
        ]
        for n in range(3)
    ]
    return _json(tmp / "tfjs.json", frames)


def ultralytics_json(tmp: Path) -> Path:
    """Pixels that count from the image's corner."""

    def person(n: int, p: int) -> dict:
        x, y = (WALK[n, p] + 0.5).T.tolist()
        return {"name": "person", "track_id": p + 1, "keypoints": {"x": x, "y": y, "visible": SURE.tolist()}}

    return _json(tmp / "results.json", [[person(n, p) for p in (0, 1)] for n in range(3)])


def sleap_csv(tmp: Path) -> Path:
    header = [
        "track",
        "frame_idx",
        "instance.score",
        *(f"{j}.{axis}" for j in JOINTS for axis in ("x", "y", "score")),
    ]
    lines = [
        ",".join([who, str(n), "0.8", *map(repr, VALUES[n, p].ravel().tolist())])
        for n in range(3)
        for p, who in enumerate(("ann", "bob"))
    ]
    path = tmp / "walk.csv"
    path.write_text("\n".join([",".join(header), *lines]))
    return path


def mediapipe(tmp: Path) -> Path:
    """Shares of the image, for Ann alone, by the names of the landmarks in capitals."""
    values = np.stack([of(list(MEDIAPIPE33.joints), VALUES[n, 0]) for n in range(3)])
    values[..., :2] = np.where(values[..., :2].any(2, keepdims=True), (values[..., :2] + 0.5) / SIZE, np.nan)
    header = [f"{joint.upper()}_{axis}" for joint in MEDIAPIPE33.joints for axis in ("x", "y", "visibility")]
    lines = [
        ",".join(["nan" if np.isnan(v) else repr(v) for v in values[n].ravel().tolist()]) for n in range(3)
    ]
    path = tmp / "mediapipe.csv"
    path.write_text(
        "\n".join([",".join(["frame", *header]), *(f"{n},{line}" for n, line in enumerate(lines))])
    )
    return path


def mediapipe_numbered(tmp: Path) -> Path:
    names = mediapipe(tmp).read_text().splitlines()
    header = [f"{axis}{n}" for n in range(1, 34) for axis in "xyv"]
    path = tmp / "numbered.csv"
    path.write_text("\n".join([",".join(["frame", *header]), *names[1:]]))
    return path


def sports2d(tmp: Path) -> Path:
    """A file each; in metres beside it."""
    markers = [trc.marker_name(joint) for joint in JOINTS]
    for p in (0, 1):
        name = f"walk_Sports2D_px_person{p:02d}.trc"
        (tmp / name).write_text(trc.write(name, markers, np.arange(3) / 25, WALK[:, p], 25.0))
    return tmp / "walk_Sports2D_px_person00.trc"


def ultralytics(tmp: Path) -> Path:
    """Counts from 1; confidence and number of the track at the end."""
    labels = tmp / "predict" / "labels"
    labels.mkdir(parents=True)
    for n in range(3):
        shares = np.concatenate([(WALK[n] + 0.5) / SIZE, np.broadcast_to(SURE[:, None], (2, 17, 1))], axis=2)
        rows = [
            f"0 .5 .5 .2 .2 {' '.join(map(repr, shares[p].ravel().tolist()))} 0.9 {p + 1}" for p in (0, 1)
        ]
        (labels / f"walk_{n + 1}.txt").write_text("\n".join(rows))
    return labels.parent


def nwb(tmp: Path) -> Path:
    path = tmp / "walk.nwb"
    with h5py.File(path, "w") as file:
        for p, who in enumerate(("ann", "bob")):
            pose = file.create_group(f"processing/behavior/{who}")
            pose.attrs["neurodata_type"] = "PoseEstimation"
            for joint, name in enumerate(JOINTS):
                series = pose.create_group(name)
                series.attrs["neurodata_type"] = "PoseEstimationSeries"
                series["data"], series["confidence"] = WALK[:, p, joint], VALUES[:, p, joint, 2]
                if p:
                    series["timestamps"] = np.arange(3) / 25
                else:
                    series["starting_time"] = 0.0
                    series["starting_time"].attrs["rate"] = 25.0
    return path


EVERYBODY = (
    *(
        openpose,
        pose2sim,
        alphapose,
        alphapose_open,
        coco_results,
        mmpose,
        mmpose_demo,
        mmpose_images,
        rtmlib,
        deeplabcut,
    ),
    *(sleap_analysis, sleap_analysis_turned, sleap_io_analysis, sleap_csv, sports2d, ultralytics, nwb),
    *(several_in_a_row, named_in_a_row, a_row_for_each_point, superanimal, mediapipe_tasks, tfjs),
    ultralytics_json,
)
ANN = (mediapipe, mediapipe_numbered)
