"""Supervisely's JSON (https://docs.supervisely.com, "Supervisely annotation format"): a file per image in
ann/, and the names of the joints ("nodes" of a "graph") in the meta.json of the project.
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from core.domain import Skeleton, UserError
from core.formats.coco import CocoDataset, CocoImage
from core.formats.image_names import frame_in_name
from core.formats.named_people import NamedPerson, dataset_of
from core.formats.records import Record, parse, read_text

META = "meta.json"
ABOVE = 3  # folders in which the meta.json of a file may lie


def looks_like(root: dict) -> bool:
    return isinstance(root.get("objects"), list) and isinstance(root.get("size"), dict)


def files_in(folder: Path) -> list[Path]:
    """The annotations of a project or of a data set of it."""
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.rglob("*.json") if path.parent.name == "ann")


def read(files: Sequence[Path], name: str, skeleton: Skeleton) -> CocoDataset:
    """files: of one image each; name: of the file or folder that was given. Raises UserError."""
    names = _names(files[0])
    images: dict[int, CocoImage] = {}
    people: list[NamedPerson] = []
    passed: Counter[str] = Counter()
    for path in files:
        root = parse(read_text(path), path.name)
        number, size = len(images) + 1, root.record("size")
        file_name, width, height = path.stem, size.integer("width", 1), size.integer("height", 1)
        frame = frame_in_name(file_name, root)
        images[number] = CocoImage(number, file_name, frame, None, width, height, labelled=True)
        for found in root.records("objects", "object"):
            if found.fields.get("geometryType") == "graph":
                people.append(_person(found, names, number))
            else:
                passed["shapes that are no points"] += 1
    return dataset_of(people, images, skeleton, Record({}, name, name), passed)


def _names(file: Path) -> dict[tuple[str, str], str]:
    """Of the joints by class and node."""
    path = next((folder / META for folder in list(file.parents)[:ABOVE] if (folder / META).is_file()), None)
    if path is None:
        raise UserError(
            f"{META} of the Supervisely project, which names the joints, is not beside {file.name} or "
            "above it; give the whole project."
        )
    root, names = parse(read_text(path), META), {}
    for kind in root.records("classes", "class"):
        if kind.fields.get("shape") == "graph":
            nodes = kind.record("geometry_config").record("nodes")
            for node in nodes.fields:
                names[kind.text("title"), node] = nodes.record(node).text("label")
    return names


def _person(found: Record, names: dict[tuple[str, str], str], image: int) -> NamedPerson:
    kind, nodes = found.text("classTitle"), found.record("nodes")
    person = NamedPerson(image)
    for node in nodes.fields:
        one = nodes.record(node)
        place = one.numbers("loc")
        if len(place) != 2 or (kind, node) not in names:
            one.fail("a node needs a name in meta.json and two numbers in loc")
        v = 1 if one.fields.get("disabled") is True else 2
        person.place(names[kind, node], place[0], place[1], v, one)
    return person
