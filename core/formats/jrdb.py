"""JRDB-Pose, a sequence per file: labels/labels_2d_pose_stitched_coco/*.json and
labels/labels_2d_pose_coco/*.json.

https://jrdb.erc.monash.edu/dataset/pose: files in COCO's form, without boxes and with other joints.
"""

from dataclasses import replace
from pathlib import Path, PurePosixPath

import numpy as np

from core.domain import COCO17, Skeleton
from core.formats import coco
from core.formats.coco import CocoDataset, CocoImage, CocoPerson, has_joints
from core.formats.records import Record, parse, read_text

JRDB17 = Skeleton(
    name="JRDB-Pose",
    joints=(
        "head",
        "right eye",
        "left eye",
        "right shoulder",
        "center shoulder",
        "left shoulder",
        "right elbow",
        "left elbow",
        "center hip",
        "right wrist",
        "right hip",
        "left hip",
        "left wrist",
        "right knee",
        "left knee",
        "right foot",
        "left foot",
    ),
    edges=(),
    flip_pairs=(),
    sigmas=(),
)
ITS_OWN = ("center shoulder", "center hip")  # joints that COCO does not have
_NAMES = [joint.replace("ankle", "foot").replace("_", " ") for joint in COCO17.joints]
# (17,) int64: where each of COCO-17 is among JRDB's joints, -1 for nowhere
PLACES = np.array([JRDB17.joints.index(name) if name in JRDB17.joints else -1 for name in _NAMES])
STITCHED = "image_stitched"  # the folder of the panoramas that all cameras make together
PANORAMA = (3760, 480)  # pixels; the files give the size of one camera
WIDEST = 500  # pixels; as in JRDB's toolkit, a person that is wider in a panorama lies across its seam


def looks_like(root: Record) -> bool:
    """Whether a category has the joints that are JRDB's own."""
    return has_joints(root, ITS_OWN)


def read_file(path: Path) -> CocoDataset:
    return read(read_text(path), path.name)


def read(text: str, name: str) -> CocoDataset:
    """The people of a sequence with their COCO-17 joints; a foot stands for the ankle, nose and ears are
    unlabelled.

    Boxes go around all of JRDB's joints, with COCO's margin, where the file has none. People without a joint,
    and those whom the seam of a panorama cuts in two, are left out. name: the file's, for messages. Raises
    UserError for the first record that breaks a rule.
    """
    root = parse(text, name)
    if not looks_like(root):
        root.fail(f"none of its categories has JRDB's joints {' and '.join(ITS_OWN)}")
    dataset = coco.read(text, name, JRDB17)
    images = {number: _image(image) for number, image in dataset.images.items()}
    people = [_person(person) for person in dataset.people if not _is_cut(person, images[person.image])]
    return CocoDataset(COCO17, images, [person for person in people if person.visibility.any()])


def _image(image: CocoImage) -> CocoImage:
    path = PurePosixPath(image.file_name.replace("\\", "/"))
    width, height = PANORAMA if STITCHED in path.parts else (image.width, image.height)
    return replace(image, video=image.video or path.parent.name or None, width=width, height=height)


def _is_cut(person: CocoPerson, image: CocoImage) -> bool:
    x = person.points[person.visibility > 0, 0]
    return (image.width, image.height) == PANORAMA and len(x) > 0 and np.ptp(x) > WIDEST


def _person(person: CocoPerson) -> CocoPerson:
    """Joints in the order of COCO instead of JRDB's."""
    box = person.extent
    return replace(
        person,
        points=np.vstack([person.points, np.zeros(2)])[PLACES],
        visibility=np.append(person.visibility, np.int8(0))[PLACES],
        box=box if box and box.area > 0 else None,
    )


# writing


def write(dataset: CocoDataset) -> str:
    """The way back, for joints named as COCO's: an ankle stands for the foot, and what is JRDB's own is
    unlabelled.
    """
    names = tuple(joint.replace("foot", "ankle").replace(" ", "_") for joint in JRDB17.joints)
    places = dataset.skeleton.places_of(names)
    people = [
        replace(
            person,
            points=np.vstack([person.points, np.zeros(2)])[places],
            visibility=np.append(person.visibility, np.int8(0))[places],
        )
        for person in dataset.people
    ]
    return coco.write(CocoDataset(JRDB17, dataset.images, people))
