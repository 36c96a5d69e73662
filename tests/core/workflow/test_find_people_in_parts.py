"""People found again in a video of which only parts are estimated."""

import pytest

from core.domain import Monitor, Silent
from core.project.project import Project
from core.queries.find_settings import finding_of
from core.tracking.joining import Person
from core.tracking.settings import FindSettings
from core.video.source import VideoSource
from core.workflow import find_people
from core.workflow.estimate import finish
from core.workflow.find_people import find_again
from tests.core.workflow.test_find_people import FAR, FRAMES, LEFT, made, project, somebody, state

__all__ = ["made", "project"]  # fixtures


def test_in_a_whole_video_only_what_was_reached_is_looked_at_again(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With frames 0 to 2 and 8 to 11 estimated."""
    with project.store.transaction() as db:
        for (path,) in db.execute("SELECT path FROM segments").fetchall():
            db.execute("UPDATE segments SET stop = 3 WHERE path = ?", (path,))
            db.execute("INSERT INTO segments VALUES (?, 8, ?, '')", (path, FRAMES))
    before, looked, streamed, said = state(project), [], [], []
    shown = VideoSource.stream

    def found(source: VideoSource, _, monitor: Monitor, start: int, stop: int, *__: object) -> list[Person]:
        looked.append((start, stop))
        monitor.report("", stop - start, stop - start)
        return [somebody(FAR, 0, 3), somebody(LEFT, 0, 3)] if start == 0 else [somebody(LEFT, 8, 12)]

    def stream(source: VideoSource, start: int = 0, stop: int | None = None, *rest: object) -> object:
        streamed.append((start, stop))
        return shown(source, start, stop, *rest)

    class Listening(Silent):
        def report(self, stage: str, done: int, total: int, **_: object) -> None:
            said.append((done, total))

    monkeypatch.setattr(find_people, "open_detector", lambda *_: None)
    monkeypatch.setattr(find_people, "find_people", found)
    monkeypatch.setattr(VideoSource, "stream", stream)
    settings = FindSettings(per_second=30, shortest=0, turn=0, score=0.2)
    result = find_again(project, 1, Listening(), settings=settings, device="cpu", keep=True)
    assert looked == [(0, 4), (7, 12)]
    assert streamed == [(0, 3), (8, 12)]
    assert said[1:3] == [(4, 9), (9, 9)]
    assert result.sentence == (
        "People were found again in the 58 % of walk.mp4 that are estimated: 2 people are there now, new: "
        "Person 3, in no frame any more: Person 2. Boxes: 10 found, 7 removed, 0 of yours kept. The rest is "
        "looked at in the same way once it is."
    )
    assert project.coverage(1).missing().nonzero()[0].tolist() == [3, 4, 5, 6, 7]
    assert finding_of(project, 1) == settings
    project.store.exchange(result.rows.back)
    assert state(project) == before
    assert finding_of(project, 1) is None
    project.store.exchange(result.rows)
    finish(project, Silent(), device="cpu")
    assert not project.coverage(1).missing().any()
