"""Networks of others that give people with their joints at once, from ONNX files."""

from pathlib import Path

import numpy as np

from core.domain import COCO17, Skeleton, UserError
from core.formats.found_poses import OF_COUNT
from core.project.estimators.picture_network import PictureNetwork, known_people, reading_of
from core.tracking.single_stage import PoseReading, SingleStage, recognise_poses


def open_single_stage(file: Path, device: str, lowest: float) -> SingleStage:
    """lowest: score of a person. Raises UserError where a file is no such network."""
    if file.is_dir():
        raise UserError(f"{file} is a folder; choose a file in it.")
    if not file.is_file():
        raise UserError(f"There is no file {file}; check the path.")
    network = PictureNetwork(file, device)
    size = network.size

    def recognise() -> PoseReading:
        picture, boxes, _ = known_people()
        return recognise_poses(network, size, picture, boxes, known_joints(), file.name)

    return SingleStage(network, reading_of(file, PoseReading, recognise), size, lowest)


def known_joints() -> dict[int, np.ndarray]:
    """The known people's joints as the skeletons without names have them: (P, K, 2) image pixels by K, NaN
    where it is not known.
    """
    points, found = known_people().points, {}
    for count, joints in OF_COUNT.items():
        places = Skeleton("", tuple(joints), (), (), (1.0,) * count).places_of(COCO17.joints)
        values = np.full((len(points), count, 2), np.nan)
        values[:, places[places >= 0]] = points[:, places >= 0]
        found[count] = values
    return found
