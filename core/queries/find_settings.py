"""How the people of a video were looked for."""

from core.project.project import Project
from core.project.store.settings import FINDING, GIVEN_BOXES, GIVEN_POSES
from core.tracking.settings import MULTIPOSE, FindSettings


def finding_of(project: Project, video: int) -> FindSettings | None:
    """None where nobody was looked for yet. Projects that do not say how had Multipose alone."""
    known = (project.setting(FINDING) or {}).get(str(video))
    if known:
        return FindSettings.stored(known)
    given = video in project.setting(GIVEN_BOXES) or str(video) in (project.setting(GIVEN_POSES) or {})
    return None if given or not len(project.assignments(video).frame) else FindSettings(detector=MULTIPOSE)
