"""Whether people are so small in the picture that the detector misses some."""

import numpy as np

from core.project.project import Project
from core.project.store.store import Video
from core.queries.find_settings import finding_of
from core.tracking import multipose, nanodet
from core.tracking.settings import ENSEMBLE, MULTIPOSE, NANODET

# pixels of the longer side of the picture that those that ship see
SIDES = {
    MULTIPOSE: multipose.USUAL_SIDE,
    NANODET: nanodet.USUAL_SIDE,
    ENSEMBLE: nanodet.USUAL_SIDE,
}
# pixels that the bundled detector sees of half of the people; it misses many of those who are smaller
SMALL = 45
LARGER = 960  # pixels of the longer side that find them


def small_people_in_words(project: Project, video: Video) -> str:
    """What finds more of them; '' where people are large enough, or were looked for in such a picture or
    otherwise.
    """
    settings = finding_of(project, video.id)
    boxes = project.assignments(video.id).boxes
    if settings is None or settings.detector not in SIDES or not len(boxes):
        return ""
    side = settings.size or SIDES[settings.detector]
    if side >= LARGER:
        return ""
    seen = float(np.median(boxes[:, 3] - boxes[:, 1])) * side / max(video.width, video.height)
    if seen >= SMALL:
        return ""
    return (
        f"People are small in {video.path.name}: the detector sees them {seen:.0f} pixels high and may "
        f"miss some. Look for them in a larger picture, of {LARGER} pixels"
    )
