"""Labels that were made with other tools: CVAT, Label Studio, labelme, Datumaro, DeepLabCut, spreadsheets."""

import gzip
import json
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain import COCO17, UserError
from core.formats import deeplabcut
from core.formats.coco import CocoDataset
from core.formats.labels import read_labels
from tests.core.formats.damage import changed

FILES = Path(__file__).parent / "files"
POINTS = {
    "nose": (20.5, 30.25),
    "left_shoulder": (40.0, 50.0),
    "right_shoulder": (10.0, 51.0),
    "left_hip": (35.0, 90.0),
}
SKELETON = "".join(
    f'<points label="{joint}" outside="0" occluded="{int(joint == "left_hip")}" points="{x},{y}"/>'
    for joint, (x, y) in POINTS.items()
)


def read(path: Path) -> CocoDataset:
    return read_labels(path, COCO17, lambda image: (200, 100))


def saved(tmp_path: Path, name: str, content: object) -> Path:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def check(dataset: CocoDataset, people: int = 1) -> None:
    """Everybody has POINTS, and nothing else."""
    assert len(dataset.people) == people
    for person in dataset.people:
        placed = np.flatnonzero(person.visibility)
        assert {COCO17.joints[place] for place in placed} == POINTS.keys()
        np.testing.assert_allclose(
            person.points[placed], [POINTS[COCO17.joints[place]] for place in placed], atol=1e-9
        )


def test_cvat_for_images(tmp_path: Path) -> None:
    image = '<image id="5" name="walk_000007.png" width="200" height="100">'
    image += f'<skeleton label="person">{SKELETON}</skeleton>'
    ball = '<box label="ball" xtl="1" ytl="1" xbr="2" ybr="2"/>'
    text = f"<annotations><version>1.1</version>{image}{ball}</image></annotations>"
    dataset = read(saved(tmp_path, "annotations.xml", text))
    check(dataset)
    assert [(one.frame, one.width) for one in dataset.images.values()] == [(7, 200)]
    assert dataset.people[0].visibility[COCO17.joints.index("left_hip")] == 1
    assert dataset.passed == {"shapes that are no points": 1}


def test_cvat_for_video_takes_what_a_human_set(tmp_path: Path) -> None:
    def at(frame: int, key: int, outside: int = 0) -> str:
        points = SKELETON.replace("outside", f'keyframe="{key}" outside')
        return f'<skeleton frame="{frame}" keyframe="{key}" outside="{outside}">{points}</skeleton>'

    track = f'<track id="4" label="person">{at(3, 1)}{at(4, 0)}{at(5, 1)}{at(6, 1, 1)}</track>'
    text = f"<annotations><meta><task><source>walk.mp4</source></task></meta>{track}</annotations>"
    dataset = read(saved(tmp_path, "annotations.xml", text))
    check(dataset, 2)
    assert [(image.frame, image.clip) for image in dataset.images.values()] == [
        (3, "walk.mp4"),
        (5, "walk.mp4"),
    ]
    assert dataset.passed == {"poses interpolated by CVAT": 1}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('<!DOCTYPE a [<!ENTITY b "c">]><annotations/>', "declares a document type"),
        ("<annotations><image>", "cannot be read as XML"),
        ("<a>" * 60 + "</a>" * 60, "nested too deeply"),
        ("<html/>", "is XML, but not CVAT's"),
    ],
)
def test_xml_that_is_refused(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(UserError, match=says):
        read(saved(tmp_path, "a.xml", text))


def label_studio_task(**further: object) -> dict:
    size = {"original_width": 200, "original_height": 100}
    box = {
        "id": "r1",
        "type": "rectanglelabels",
        "value": {"x": 0, "y": 0, "width": 60, "height": 100},
    } | size
    points = [
        {
            "parentID": "r1",
            "type": "keypointlabels",
            "value": {"x": x / 2, "y": y, "width": 1, "keypointlabels": [joint]},
        }
        | size
        for joint, (x, y) in POINTS.items()
    ]
    return {
        "id": 1,
        "data": {"img": "/data/upload/3/abcdef12-walk_0007.png"},
        "annotations": [{"result": [box, *points]}],
        "predictions": [],
    } | further


def test_label_studio(tmp_path: Path) -> None:
    dataset = read(saved(tmp_path, "project.json", [label_studio_task(predictions=[{"result": []}])]))
    check(dataset)
    assert [(image.frame, image.clip) for image in dataset.images.values()] == [(7, "walk")]
    assert dataset.people[0].box == (0, 0, 120, 100)
    assert dataset.passed == {"predictions of a model": 1}


def test_label_studio_says_whose_points_are_not_told(tmp_path: Path) -> None:
    task = label_studio_task()
    results = task["annotations"][0]["result"][1:]
    for result in results:
        del result["parentID"]
    task["annotations"][0]["result"] = [*results, results[0]]
    with pytest.raises(UserError, match="two points are called nose, and no rectangle says whose"):
        read(saved(tmp_path, "project.json", [task]))


def labelme_file(group: int | None, name: str) -> dict:
    shapes = [
        {"label": joint, "points": [[x, y]], "group_id": group, "shape_type": "point", "flags": {}}
        for joint, (x, y) in POINTS.items()
    ]
    box = {
        "label": "person",
        "points": [[1, 2], [60, 99]],
        "group_id": group,
        "shape_type": "rectangle",
        "flags": {},
    }
    line = {
        "label": "floor",
        "points": [[1, 2], [60, 99]],
        "group_id": None,
        "shape_type": "line",
        "flags": {},
    }
    return {
        "version": "6.3.1",
        "shapes": [box, *shapes, line],
        "imagePath": name,
        "imageHeight": 100,
        "imageWidth": 200,
    }


def test_labelme_a_file_or_a_folder_of_them(tmp_path: Path) -> None:
    for number in (3, 12):
        saved(tmp_path, f"labels/walk_{number:04d}.json", labelme_file(0, f"../walk_{number:04d}.png"))
    whole = read(tmp_path / "labels")
    check(whole, 2)
    assert [image.frame for image in whole.images.values()] == [3, 12]
    assert whole.people[0].box == (1, 2, 60, 99)
    check(read(tmp_path / "labels" / "walk_0012.json"))
    assert whole.passed == {"shapes that are no points": 2}


def test_datumaro(tmp_path: Path) -> None:
    flat = [value for point in POINTS.values() for value in point]
    points = {
        "type": "points",
        "label_id": 0,
        "group": 3,
        "points": [*flat, 0.0, 0.0],
        "visibility": [2, 2, 2, 1, 0],
    }
    box = {"type": "bbox", "label_id": 0, "group": 3, "bbox": [1, 2, 59, 97]}
    item = {
        "id": "frame_000007",
        "annotations": [points, box],
        "image": {"path": "frame_000007.jpg", "size": [100, 200]},
    }
    names = {
        "label": {"labels": [{"name": "person"}]},
        "points": {"items": [{"label_id": 0, "labels": [*POINTS, "nose2"]}]},
    }
    dataset = read(saved(tmp_path, "train.json", {"categories": names, "items": [item]}))
    check(dataset)
    assert dataset.people[0].box == (1, 2, 60, 99)
    assert [(image.frame, image.width) for image in dataset.images.values()] == [(7, 200)]


def unpacked(tmp_path: Path, name: str) -> Path:
    path = tmp_path / name.replace("labels", "CollectedData")
    path.write_bytes(gzip.decompress((FILES / f"{name}.gz").read_bytes()))
    return path


@pytest.mark.parametrize(("layout", "people"), [("fixed", ["ann", "bob"]), ("table", [""])])
def test_deeplabcut_as_hdf(tmp_path: Path, layout: str, people: list[str]) -> None:
    dataset = read(unpacked(tmp_path, f"deeplabcut_labels_{layout}.h5"))
    assert [(image.frame, image.clip) for image in dataset.images.values()] == [(3, "walk"), (7, "walk")]
    assert [person.name for person in dataset.people] == people * 2
    first = dataset.people[0]
    assert not first.visibility[0]
    assert first.points[COCO17.joints.index("left_shoulder")].tolist() == [2, 3]


def test_poses_of_deeplabcut_do_not_become_labels(tmp_path: Path) -> None:
    path = unpacked(tmp_path, "deeplabcut_poses_table.h5")
    table = deeplabcut.from_hdf(path)
    assert {who: values.shape for who, values in table.arrays().items()} == {
        "ann": (3, 5, 3),
        "bob": (3, 5, 3),
    }
    with pytest.raises(UserError, match=r"holds predictions of a model.*estimate VIDEO --poses FILE"):
        read(path)


def test_no_pickle_of_a_table_is_run(tmp_path: Path) -> None:
    import h5py

    path, mark = unpacked(tmp_path, "deeplabcut_labels_table.h5"), tmp_path / "ran"
    with h5py.File(path, "r+") as file:
        file["df_with_missing/table"].attrs["values_block_0_kind"] = np.bytes_(
            f"cos\nsystem\n(S'touch {mark}'\ntR.".encode()
        )
    with pytest.raises(UserError, match="cannot be read as HDF5"):
        read(path)
    assert not mark.exists()


@pytest.mark.parametrize(
    ("content", "says"), [(b"", "is empty"), (b"\x89HDF\r\n\x1a\n" + bytes(200), "is cut short, damaged")]
)
def test_what_is_no_hdf(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "CollectedData_a.h5"
    path.write_bytes(content)
    with pytest.raises(UserError, match=says):
        read(path)


ROWS = [("3", joint, x, y) for joint, (x, y) in POINTS.items()]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("style", ["plain", "quoted", "capitals", "floats"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_tables_of_spreadsheets(tmp_path: Path, separator: str, style: str, encoding: str) -> None:
    header, rows = (
        ["frame", "joint", "x", "y", "visibility"],
        [[f, j, str(x), str(y), "2"] for f, j, x, y in ROWS],
    )
    if separator != ",":
        rows = [[*row[:2], row[2].replace(".", ","), row[3].replace(".", ","), row[4]] for row in rows]
    if style == "capitals":
        header = [cell.capitalize() for cell in header]
    if style == "floats":
        rows = [["3.0", *row[1:4], "2.0"] for row in rows]
    lines = [header, *rows]
    if style == "quoted":
        lines = [[f'"{cell}"' for cell in line] for line in lines]
    path = tmp_path / ("labels.tsv" if separator == "\t" else "labels.csv")
    path.write_text("\n".join(separator.join(line) for line in lines), encoding)
    check(read(path))


@pytest.mark.parametrize("ending", ["\r\n", "\r"])
def test_line_ends_of_windows_and_old_macs(tmp_path: Path, ending: str) -> None:
    lines = ["frame,joint,x,y", *(",".join(map(str, row)) for row in ROWS)]
    path = tmp_path / "labels.csv"
    path.write_bytes(ending.join([*lines, ""]).encode("utf-8-sig"))
    check(read(path))


def test_a_frame_that_is_there_twice(tmp_path: Path) -> None:
    points = [value for joint in range(17) for value in (20 + joint, 30 + joint, 2)]
    images = [{"id": n, "file_name": "walk_000003.png"} for n in (1, 2)]
    people = [{"id": n, "image_id": n, "category_id": 1, "keypoints": points} for n in (1, 2)]
    people.append(people[0] | {"id": 3, "image_id": 2, "keypoints": [*points[:-3], 90, 80, 2]})
    category = {"id": 1, "name": "person", "keypoints": list(COCO17.joints)}
    content = {"images": images, "annotations": people, "categories": [category]}
    dataset = read(saved(tmp_path, "labels.json", content))
    assert len(dataset.images) == 1
    assert [person.image for person in dataset.people] == [1, 1]
    assert dataset.passed == {"people that are there twice": 1}


def test_images_that_only_folders_tell_apart(tmp_path: Path) -> None:
    saved(tmp_path, "data.yaml", "kpt_shape: [17, 3]\nnames: {0: person}\n")
    row = "0 0.5 0.5 0.4 0.4 " + " ".join("0.5 0.5 2" for _ in range(17))
    for part in ("train", "val"):
        saved(tmp_path, f"{part}/labels/0000000.txt", row)
    with pytest.raises(UserError, match="images of the same name that only their folders tell apart"):
        read(tmp_path)


def test_a_data_yaml_of_any_name_and_one_without_labels(tmp_path: Path) -> None:
    row = "0 0.5 0.5 0.4 0.4 " + " ".join("0.5 0.5 2" for _ in range(17))
    names = "node_names: [" + ", ".join(COCO17.joints) + "]\n"
    path = saved(
        tmp_path, "walk-pose.yaml", f"path: ../walk\ntrain: images/train\nkpt_shape: [17, 3]\n{names}"
    )
    with pytest.raises(
        UserError, match=r"no folder labels with text files beside it, which lie in \.\./walk; put walk-pose"
    ):
        read(path)
    saved(tmp_path, "labels/train/walk_000003.txt", row)
    for place in (path, tmp_path):
        assert [image.frame for image in read(place).images.values()] == [3]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        (
            "a.json",
            {"a": 1},
            r"a\.json is no file of labels that is known. Give PoseTrack21.*CVAT XML.*SLEAP",
        ),
        ("a.json", [{"image_id": 1, "keypoints": [1, 2, 3]}], "holds predictions of a model"),
        ("a.json", {"people": []}, "holds predictions of a model"),
        ("a.mp4", "x", r"a\.mp4 is no file of labels that is known"),
    ],
)
def test_what_is_not_read_names_what_is(tmp_path: Path, name: str, content: object, says: str) -> None:
    with pytest.raises(UserError, match=says):
        read(saved(tmp_path, name, content))


DAMAGED = {
    "labelme": labelme_file(3, "walk_0001.png"),
    "label studio": [label_studio_task()],
    "datumaro": {
        "categories": {"points": {"items": [{"label_id": 0, "labels": ["nose", "left_eye"]}]}},
        "items": [
            {
                "id": "walk_0001",
                "annotations": [
                    {"type": "points", "label_id": 0, "points": [1, 2, 3, 4], "visibility": [2, 1]}
                ],
                "image": {"path": "a.png", "size": [100, 200]},
            }
        ],
    },
}


@pytest.mark.parametrize("kind", DAMAGED)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_whatever_is_wrong_in_a_file_is_said(kind: str, data: st.DataObject, tmp_path_factory) -> None:
    path = tmp_path_factory.mktemp("damaged") / "damaged.json"
    path.write_text(data.draw(changed(DAMAGED[kind])))
    with suppress(UserError):
        assert all(np.isfinite(person.points).all() for person in read(path).people)


@settings(max_examples=60, deadline=None)
@given(text=st.text(max_size=200), ending=st.sampled_from([".json", ".csv", ".xml", ".tsv", ".yaml", ".h5"]))
def test_whatever_is_given_is_read_or_refused_in_a_sentence(tmp_path_factory, text: str, ending: str) -> None:
    path = tmp_path_factory.mktemp("any") / f"a{ending}"
    path.write_text(text, "utf-8", errors="replace")
    with pytest.raises(UserError):
        read(path)


def test_a_wide_table(tmp_path: Path) -> None:
    header = [
        "frame",
        "person",
        "source",
        *(f"{joint}_{what}" for joint in POINTS for what in ("x", "y", "visibility")),
    ]
    cells = [cell for x, y in POINTS.values() for cell in (str(x), str(y), "2")]
    rows = [["3", "Ann", "human", *cells], ["4", "Ann", "model", *cells]]
    dataset = read(saved(tmp_path, "a.csv", "\n".join(",".join(row) for row in [header, *rows])))
    check(dataset)
    assert [image.frame for image in dataset.images.values()] == [3]
    assert dataset.people[0].name == "Ann"
    assert dataset.passed == {"rows of a model": 1}


@pytest.mark.parametrize("what", ["likelihood", "confidence", "visibility"])
def test_a_wide_table_with_confidences_is_of_a_model(tmp_path: Path, what: str) -> None:
    header = ["image", *(f"{joint}.{axis}" for joint in POINTS for axis in ("x", "y", what))]
    cells = [cell for x, y in POINTS.values() for cell in (str(x), str(y), "0.83")]
    dataset = read(
        saved(tmp_path, "a.csv", "\n".join(",".join(row) for row in [header, ["walk_0003.png", *cells]]))
    )
    assert (dataset.people, dataset.passed) == ([], {"rows of a model": 1})


def test_label_studio_by_its_own_converter_from_coco(tmp_path: Path) -> None:
    """All keypoints have the name of the class; those that are not placed are hidden in the corner."""
    size = {"original_width": 200, "original_height": 100}
    result: list[dict] = []
    for _ in range(2):
        result.append({"id": f"r{len(result)}", "value": {"x": 1, "y": 1, "width": 50, "height": 90}} | size)
        for joint in COCO17.joints:
            x, y = POINTS.get(joint, (0, 0))
            value = {
                "x": x / 2,
                "y": y,
                "width": 1,
                "keypointlabels": ["person"],
                "hidden": joint not in POINTS,
            }
            result.append({"id": f"k{len(result)}", "value": value} | size)
    check(read(saved(tmp_path, "project.json", [label_studio_task(annotations=[{"result": result}])])), 2)


def test_cvat_for_a_project_of_several_tasks(tmp_path: Path) -> None:
    tasks = "".join(
        f"<task><id>{n}</id><source>{video}.mp4</source></task>" for n, video in ((7, "walk"), (8, "run"))
    )
    images = "".join(
        f'<image id="{n}" name="frame_000003.png" task_id="{task}" width="200" height="100">'
        f'<skeleton label="person">{SKELETON}</skeleton></image>'
        for n, task in enumerate((7, 8))
    )
    text = f"<annotations><meta><project><tasks>{tasks}</tasks></project></meta>{images}</annotations>"
    dataset = read(saved(tmp_path, "annotations.xml", text))
    check(dataset, 2)
    assert [(image.clip, image.frame) for image in dataset.images.values()] == [
        ("walk.mp4", 3),
        ("run.mp4", 3),
    ]
