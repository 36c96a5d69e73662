"""Labels in the odd forms that tools and people give them."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest

from core.domain import COCO17, UserError
from core.formats.coco import CocoImage
from tests.core.formats.test_tools import POINTS, check, label_studio_task, read, saved


def coco_set(name: str = "walk_{:06d}.png", frames: tuple[int, ...] = (3, 7), **image: object) -> dict:
    keypoints = [value for x, y in POINTS.values() for value in (x, y, 2)]
    person = {"category_id": 1, "keypoints": keypoints}
    return {
        "images": [{"id": n, "file_name": name.format(n)} | image for n in frames],
        "annotations": [person | {"id": n, "image_id": n} for n in frames],
        "categories": [{"id": 1, "name": "person", "keypoints": list(POINTS)}],
    }


@pytest.mark.parametrize("form", ["{}", "a3f-{}", "id {}"])
def test_ids_that_are_texts(form: str, tmp_path: Path) -> None:
    content = coco_set()
    for key, fields in (
        ("images", ["id"]),
        ("annotations", ["id", "image_id", "category_id"]),
        ("categories", ["id"]),
    ):
        for record in content[key]:
            record |= {field: form.format(record[field]) for field in fields}
    dataset = read(saved(tmp_path, "labels.json", content))
    check(dataset, 2)
    frames = [dataset.images[person.image].frame for person in dataset.people]
    assert frames == [3, 7]


def test_a_track_that_is_a_name(tmp_path: Path) -> None:
    content = coco_set(frames=(3,))
    for track, number, name in (("Ann", None, "Ann"), ("4", 4, ""), (4, 4, "")):
        content["annotations"][0]["track_id"] = track
        person = read(saved(tmp_path, "labels.json", content)).people[0]
        assert (person.track, person.name) == (number, name)


@pytest.mark.parametrize(
    ("file", "frame", "video"),
    [
        ("walk_000012.png", 12, "walk"),
        ("walk-12.jpg", 12, "walk"),
        ("walk (12).jpg", 12, "walk"),
        ("walk_frame_12.jpg", 12, "walk"),
        ("walk_frame12.jpg", 12, "walk"),
        ("walk.mp4_frame_12.jpg", 12, "walk"),
        ("walk_mp4-0012_jpg.rf.0a1b2c.jpg", 12, "walk"),
        ("walk/frame_000012.PNG", 12, "walk"),
        ("data/walk/00012.png", 12, "walk"),
        ("walk_frame/12.png", 12, "walk_frame"),
        ("frame_12_0012.png", 12, "frame_12"),
    ],
)
def test_frame_and_video_in_the_name_of_an_image(file: str, frame: int, video: str, tmp_path: Path) -> None:
    content = coco_set(file, (1,))
    image = read(saved(tmp_path, "labels.json", content)).images[1]
    assert image.frame == frame
    assert image.is_of(video)
    assert not image.is_of("other")


def test_what_names_no_video() -> None:
    assert not CocoImage(1, "frame_000012.png", 12).names_a_video
    assert CocoImage(1, "walk_000012.png", 12).names_a_video
    assert CocoImage(1, "frame 12", 12, "walk.mp4").names_a_video


def test_data_sets_in_a_folder(tmp_path: Path) -> None:
    """As Roboflow packs them, where numbers begin anew in each."""
    for part, frame in (("train", 3), ("valid", 7)):
        content = coco_set(f"walk_mp4-{frame:04d}_jpg.rf.ab12.jpg", (0,))
        saved(tmp_path, f"set/{part}/_annotations.coco.json", content)
    dataset = read(tmp_path / "set")
    check(dataset, 2)
    assert [dataset.images[person.image].frame for person in dataset.people] == [3, 7]


def test_the_only_file_of_labels_in_a_folder(tmp_path: Path) -> None:
    points = [value for point in POINTS.values() for value in point]
    names = {"points": {"items": [{"label_id": 0, "labels": list(POINTS)}]}}
    item = {"id": "walk_000007", "annotations": [{"type": "points", "label_id": 0, "points": points}]}
    saved(tmp_path, "set/annotations/default.json", {"categories": names, "items": [item]})
    saved(tmp_path, "set/notes.json", {"a": 1})
    check(read(tmp_path / "set"))


def test_label_studio_with_relations_in_a_video(tmp_path: Path) -> None:
    """As sleap-io writes it, with a box around the whole."""
    task = label_studio_task(data={}, meta={"video": {"filename": "/data/walk.mp4", "frame_idx": 7}})
    box, *points = task["annotations"][0]["result"]
    box["value"] |= {"width": 200, "height": 100}
    for number, point in enumerate(points):
        del point["parentID"]
        point["id"] = f"p{number}"
    relations = [{"type": "relation", "from_id": one["id"], "to_id": "r1"} for one in points]
    task["annotations"][0]["result"] += relations
    dataset = read(saved(tmp_path, "a.json", [task]))
    check(dataset)
    assert [(one.frame, one.video) for one in dataset.images.values()] == [(7, "/data/walk.mp4")]


def via_regions() -> list[dict]:
    return [
        {
            "shape_attributes": {"name": "point", "cx": x + 100 * who, "cy": y},
            "region_attributes": {"Name": joint, "person": str(who), "quality": {"good": True}},
        }
        for who in (0, 1)
        for joint, (x, y) in POINTS.items()
    ]


@pytest.mark.parametrize("form", ["project", "json", "csv"])
def test_via(form: str, tmp_path: Path) -> None:
    rect = {
        "shape_attributes": {"name": "rect", "x": 1, "y": 1, "width": 2, "height": 2},
        "region_attributes": {},
    }
    regions = [*via_regions(), rect]
    files = {"walk_000007.jpg12": {"filename": "walk_000007.jpg", "size": 12, "regions": regions}}
    if form == "csv":
        out = io.StringIO()
        table = csv.writer(out)
        table.writerow(
            ["#filename", "file_size", "region_id", "region_shape_attributes", "region_attributes"]
        )
        for n, region in enumerate(regions):
            cells = [json.dumps(region[key]) for key in ("shape_attributes", "region_attributes")]
            table.writerow(["walk_000007.jpg", 12, n, *cells])
        path = saved(tmp_path, "via.csv", out.getvalue())
    else:
        path = saved(tmp_path, "via.json", {"_via_img_metadata": files} if form == "project" else files)
    dataset = read(path)
    assert [image.frame for image in dataset.images.values()] == [7]
    first, second = sorted(dataset.people, key=lambda person: person.points.max())
    placed = first.visibility > 0
    assert placed.sum() == len(POINTS)
    np.testing.assert_allclose(second.points[placed] - first.points[placed], [[100, 0]] * len(POINTS))
    assert dataset.passed == {"shapes that are no points": 1}


def supervisely(folder: Path) -> Path:
    nodes = {f"n{k}": {"label": joint, "loc": [0, 0]} for k, joint in enumerate(POINTS)}
    kind = {"title": "person", "shape": "graph", "geometry_config": {"nodes": nodes, "edges": []}}
    saved(folder, "meta.json", {"classes": [kind, {"title": "ball", "shape": "rectangle"}]})
    places = {f"n{k}": {"loc": list(place)} for k, place in enumerate(POINTS.values())}
    places["n3"]["disabled"] = True
    person = {"classTitle": "person", "geometryType": "graph", "nodes": places}
    ball = {"classTitle": "ball", "geometryType": "rectangle", "points": {}}
    content = {"size": {"height": 100, "width": 200}, "objects": [person, ball]}
    return saved(folder, "ds0/ann/walk_000007.jpg.json", content)


def test_supervisely_a_project_or_a_file_of_it(tmp_path: Path) -> None:
    file = supervisely(tmp_path)
    for path in (tmp_path, file):
        dataset = read(path)
        check(dataset)
        assert [(image.frame, image.width) for image in dataset.images.values()] == [(7, 200)]
        assert sorted(dataset.people[0].visibility.tolist())[-4:] == [1, 2, 2, 2]
        assert dataset.passed == {"shapes that are no points": 1}
    (tmp_path / "meta.json").unlink()
    with pytest.raises(
        UserError, match=r"meta\.json of the Supervisely project, which names the joints, is not"
    ):
        read(file)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.lbl", "x", "is MATLAB's, of APT. Export the labels there as COCO JSON"),
        ("a.npy", "x", "does not say what its numbers are. Save it as a CSV"),
        ("set/labels/train/walk_1.txt", "0 .5 .5 .2 .2", "has text files in labels, but no data.yaml"),
    ],
)
def test_what_is_not_read_is_told_what_to_do(name: str, content: str, says: str, tmp_path: Path) -> None:
    path = saved(tmp_path, name, content)
    with pytest.raises(UserError, match=says):
        read(tmp_path / "set" if name.startswith("set") else path)


def test_yolo_rows_of_a_model(tmp_path: Path) -> None:
    saved(tmp_path, "data.yaml", "path: .\nkpt_shape: [17, 3]\nnames: {0: person}\n")
    with pytest.raises(UserError, match=r"no folder labels with text files beside it; put data\.yaml"):
        read(tmp_path)
    row = "0 0.5 0.5 0.4 0.4 " + " ".join("0.5 0.5 2" for _ in range(17))
    saved(tmp_path, "labels/train/walk_000003.txt", f"{row} 0.9")
    with pytest.raises(
        UserError, match="57 columns, 56 and a confidence or a track, as a model's poses have"
    ):
        read(tmp_path)


def test_a_sleap_file_with_suggestions_alone(tmp_path: Path) -> None:
    sio = pytest.importorskip("sleap_io")
    video = sio.Video("walk.mp4", open_backend=False)
    suggested = [sio.SuggestionFrame(video=video, frame_idx=frame) for frame in (3, 7)]
    labels = sio.Labels(videos=[video], skeletons=[sio.Skeleton(list(POINTS))], suggestions=suggested)
    sio.save_slp(labels, str(tmp_path / "a.slp"), verbose=False)
    assert read(tmp_path / "a.slp").passed == {"frames that are suggested": 2}


@pytest.mark.parametrize("between", ["_", "."])
def test_a_wide_table_of_several_people_in_a_row(between: str, tmp_path: Path) -> None:
    people = ("Ann", "bob")
    header = [
        "frame",
        *(f"{who}{between}{joint}_{axis}" for who in people for joint in POINTS for axis in "xy"),
    ]
    cells = [str(value) for point in POINTS.values() for value in point]
    rows = [header, ["3", *cells, *cells], ["7", *[""] * len(cells), *cells]]
    dataset = read(saved(tmp_path, "a.csv", "\n".join(",".join(row) for row in rows)))
    check(dataset, 3)
    found = [(dataset.images[person.image].frame, person.name) for person in dataset.people]
    assert found == [(3, "Ann"), (3, "bob"), (7, "bob")]


@pytest.mark.parametrize("count", [1, 2])
def test_a_folder_of_posetrack_sequences_goes_by_the_names_of_images(count: int, tmp_path: Path) -> None:
    """Their frame_id begins with 1 where the image's name begins with 0."""
    joints = ["nose", "head_bottom", "head_top", *COCO17.joints[3:]]
    for sequence in ("run", "walk")[:count]:
        person = {"id": 1, "image_id": 4, "category_id": 1, "track_id": 0, "bbox": [5, 5, 50, 90]}
        image = {"id": 4, "frame_id": 4, "file_name": f"images/{sequence}/000003.jpg", "is_labeled": True}
        content = {
            "images": [image | {"width": 200, "height": 100}],
            "annotations": [person | {"keypoints": [20, 30, 1] * 17}],
            "categories": [{"id": 1, "name": "person", "keypoints": joints}],
        }
        saved(tmp_path, f"{sequence}.json", content)
    dataset = read(tmp_path)
    assert [dataset.images[person.image].frame for person in dataset.people] == [3] * count


def test_annotations_that_are_counted_anew_in_each_image(tmp_path: Path) -> None:
    content = coco_set()
    for annotation in content["annotations"]:
        annotation["id"] = 0
    dataset = read(saved(tmp_path, "labels.json", content))
    check(dataset, 2)
    assert [dataset.images[person.image].frame for person in dataset.people] == [3, 7]
