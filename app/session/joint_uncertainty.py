"""How uncertain the joints of somebody on screen are."""

from typing import TYPE_CHECKING

import numpy as np

from app.session.changes import Person
from core.uncertainty import joints
from core.uncertainty.temporal_heatmap_continuity import NEIGHBOUR_SECONDS

if TYPE_CHECKING:
    from app.session.session import Session


def joint_uncertainty(session: "Session", person: Person) -> np.ndarray | None:
    """(K,) in 0..1 of the estimate, see core; None without one."""
    if person.prediction is None:
        return None
    sample = person.sample
    beside = [
        session.person_if_there(sample._replace(frame=frame))
        for frame in (sample.frame - 1, sample.frame + 1)
    ]
    points = [
        other.prediction.points for other in beside if other is not None and other.prediction is not None
    ]
    near = len(points) == 2 and 1 / session.video.fps <= NEIGHBOUR_SECONDS
    estimate = person.prediction
    neighbours = (points[0], points[1]) if near else None
    return joints.joint_uncertainty(estimate.points, estimate.confidence, person.box.height, neighbours)


def uncertain_joints(session: "Session", person: Person) -> np.ndarray:
    """(K,) bool: the uncertain joints that nobody has moved yet; none once the pose is accepted."""
    uncertainty = joint_uncertainty(session, person)
    if uncertainty is None or (person.label and person.label.accepted):
        return np.zeros(len(session.skeleton), bool)
    untouched = (person.points == person.prediction.points).all(1)
    return (uncertainty > joints.UNCERTAIN) & untouched
