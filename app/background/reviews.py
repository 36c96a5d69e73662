"""What the latest round changed."""

from typing import NamedTuple

from core.domain import Monitor
from core.project.project import Project
from core.project.store.predictions import Predictions
from core.queries.review import Review, review


class Reviewed(NamedTuple):
    """earlier: the estimates of the round before, by video."""

    review: Review
    earlier: dict[int, Predictions]


def look_at_round(project: Project, _: Monitor) -> Reviewed:
    made = review(project)
    videos = [] if made.before is None else project.videos()
    earlier = {video.id: project.predictions(video.id, made.before) for video in videos}
    return Reviewed(made, {video: found for video, found in earlier.items() if found is not None})
