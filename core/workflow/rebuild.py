"""The people of a video anew, where the computed file that says where they are is lost."""

from core.project.project import Project
from core.project.store.segments import TRACKS
from core.project.store.settings import GIVEN_BOXES
from core.project.store.shards import ShardDamaged
from core.project.store.store import Video
from core.workflow.found_people import write_found


def rebuild_people(project: Project, video: Video) -> bool:
    """True where they are to be found anew beside those who are labelled. Nothing is done where they can be
    read; else they come from what any round estimated, or, where their boxes were given, from their labels;
    without either nobody is known any more. Raises UserError.
    """
    if not project.computed.segments(TRACKS, video.id):
        return False
    try:
        project.computed.found(video.id)
        return False
    except ShardDamaged:
        pass
    known = project.estimated_people(video.id)
    if known is None:
        known = project.labelled_people(video.id)
        if not len(known["track"]):
            project.store.replace_people(video.id, None)
            return False
        if video.id not in project.setting(GIVEN_BOXES):
            return True
    path = write_found(project, video, known["track"], known["frame"], known["boxes"])
    project.store.replace_people(video.id, path)
    return False
