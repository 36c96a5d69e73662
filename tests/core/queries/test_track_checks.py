"""What looks wrong with people is listed once, the worst first; what is well is not."""

from pathlib import Path

import numpy as np
import pytest

from core.domain import Box
from core.project.people.edits import draw_person
from core.project.project import Project
from core.queries.track_checks import TrackCheck, check_tracks
from tests.clips import make_clip
from tests.core.labels import label
from tests.estimates import place_estimates
from tests.projects import STANDING

FPS, FRAMES, WIDTH, HEIGHT = 25, 100, 400, 200
People_ = dict[str, dict[int, tuple]]


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("clips") / "long.mp4", FRAMES, width=WIDTH, height=HEIGHT)


@pytest.fixture
def listed(tmp_path: Path, clip: Path):
    """The checks of people who are in these boxes, by name and frame. unsure: name and frames hardly seen."""
    opened: list[Project] = []

    def look(
        people: People_, unsure: tuple[str, range] | None = None, change=lambda project: None
    ) -> list[TrackCheck]:
        project = Project(tmp_path / "project", create=True)
        opened.append(project)
        video = project.add_video(clip)
        rows = sorted((f, n, name) for n, name in enumerate(people, 1) for f in people[name])
        columns = {
            "track": np.array([track for _, track, _ in rows]),
            "frame": np.array([frame for frame, _, _ in rows]),
            "boxes": np.array([people[name][frame] for frame, _, name in rows], np.float32),
        }
        size = columns["boxes"][:, None, 2:] - columns["boxes"][:, None, :2]
        confidence = np.full((len(rows), 17), 0.6, np.float32)
        for row, (frame, _, name) in enumerate(rows):
            if unsure and name == unsure[0] and frame in unsure[1]:
                confidence[row] = 0.05
        points = (columns["boxes"][:, None, :2] + size * STANDING).astype(np.float32)
        columns |= {"points": points, "confidence": confidence}
        criteria = {"lc": np.ones(len(rows), np.float32)}
        place_estimates(project, video.id, 0, columns, criteria, dict(enumerate(people, 1)))
        change(project)
        return check_tracks(project, video)

    yield look
    for project in opened:
        project.close()


def boxes(at, frames=range(FRAMES), width: float = 40, height: float = 120) -> dict[int, tuple]:
    """at: frame -> left edge."""
    return {n: (at(n), 40, at(n) + width, 40 + height) for n in frames}


def still(x: float, frames=range(FRAMES)) -> dict[int, tuple]:
    return boxes(lambda _: x, frames)


def test_people_who_stand_walk_and_run_are_not_listed(listed):
    running = boxes(lambda n: 10 + 14 * (n - 60), range(60, 88))  # 3 heights a second, out of the picture
    walking = boxes(lambda n: 340 - 3 * n)
    assert (
        listed({"Ann": still(300), "Bob": walking, "Cy": boxes(lambda n: 3 + 3.2 * n), "Di": running}) == []
    )


def test_somebody_hardly_seen_is_listed_unless_a_human_looked(listed):
    (one,) = listed({"Ann": still(100)}, ("Ann", range(20, 40)))
    assert (one.name, one.first, one.last) == ("Ann", 20, 39)
    assert one.sentence == "Ann, frames 20–39: hardly to be seen for 0.8 s, the mean confidence is 0.05."


def test_a_moment_is_not_a_stretch_and_accepted_labels_are_sure(listed):
    def accept(project: Project) -> None:
        label(project, *((1, n) for n in range(20, 40, 4)))

    assert listed({"Ann": still(100)}, ("Ann", range(20, 40)), accept) == []


def test_a_box_that_jumps_or_swells_is_listed(listed):
    jumping = boxes(lambda n: 20 if n < 50 else 110)
    swelling = {n: (250, 40, 300, 40 + (60 if n < 30 else 140)) for n in range(FRAMES)}
    found = listed({"Ann": jumping, "Bob": swelling})
    assert sorted(one.name for one in found) == ["Ann", "Bob"]
    for one in found:
        assert "the box jumps" in one.reason
        assert abs(one.worst - (50 if one.name == "Ann" else 30)) <= 8


def test_who_is_lost_in_the_middle_is_listed_and_who_leaves_is_not(listed):
    found = listed(
        {
            "Ann": still(150, range(50)),
            "Bob": boxes(lambda n: 300 + 2 * n, range(30)),  # out of the picture
            "Cy": still(250, range(40, FRAMES)),
        }
    )
    assert [(one.name, one.worst, one.reason) for one in found] == [
        ("Ann", 49, "ends in the middle of the picture"),
        ("Cy", 40, "begins in the middle of the picture"),
    ]


def test_who_follows_in_the_same_place_is_named(listed):
    found = listed({"Ann": still(150, range(50)), "Bob": still(152, range(55, FRAMES))})
    assert [one.reason for one in found] == [
        "ends in the middle of the picture, where Bob begins: the same person?",
        "begins in the middle of the picture",
    ]


def test_a_gap_in_the_middle_is_listed(listed):
    found = listed({"Ann": still(150, [*range(40), *range(70, FRAMES)])})
    assert [(one.worst, one.times) for one in found] == [(39, 2)]
    assert found[0].sentence.endswith("The same 1 time more.")


def test_short_ones_are_listed(listed):
    (one,) = listed({"Ann": still(100), "Bob": still(0, range(60, 75))})
    assert one.sentence == "Bob, frames 60–74: there for 0.6 s only."


def test_many_short_ones_are_one_warning(listed):
    ghosts = {f"Ghost {n}": still(10 + 45 * n, range(10 * n, 10 * n + 5)) for n in range(7)}
    found = listed({"Ann": still(340), **ghosts})
    assert [one.kind for one in found] == ["short"]
    assert "there for less than 1 s, as 6 others are" in found[0].sentence


def test_warnings_are_one_of_a_kind_and_person_the_weightiest_first(listed):
    jumping = still(100) | {
        n: (100 + 60 * (n % 2), 40, 140 + 60 * (n % 2), 160) for n in (20, 21, 50, 51, 80, 81)
    }
    brief = still(300, range(40, 70))
    found = listed({"Ann": jumping, "Bob": brief})
    assert len({(one.track, one.kind) for one in found}) == len(found)
    assert [one.weight for one in found] == sorted((one.weight for one in found), reverse=True)
    assert found[0].name == "Ann"
    assert found[0].times > 1


def test_twice_the_same_person_is_listed_once(listed):
    (one,) = listed({"Ann": still(100), "Bob": still(104)})
    assert "in the same place as" in one.reason
    assert (one.name, one.first, one.last) == ("Ann", 0, FRAMES - 1)


def test_who_turns_round_where_two_meet_may_have_been_swapped(listed):
    def there_and_back(n: int) -> float:
        return 20 + 3 * min(n, FRAMES - n)

    def towards(n: int) -> float:
        return 340 - 3.2 * min(n, FRAMES - n)

    (one,) = listed({"Ann": boxes(there_and_back), "Bob": boxes(towards)})
    assert one.reason == "may have changed places with Bob where they cross"
    assert 45 <= one.first <= one.last <= 56


def test_who_crosses_and_goes_on_is_well(listed):
    assert listed({"Ann": boxes(lambda n: 20 + 3 * n), "Bob": boxes(lambda n: 340 - 3.2 * n)}) == []


def test_a_drawn_box_may_be_anywhere(listed):
    def draw(project: Project) -> None:
        video = project.videos()[0]
        rows, track = draw_person(project, video, 0, Box(10, 40, 50, 160))
        project.store.exchange(rows)
        for frame, x in ((50, 10), (51, 200), (99, 200)):
            project.store.exchange(draw_person(project, video, frame, Box(x, 40, x + 40, 160), track)[0])

    assert listed({"Ann": still(330)}, change=draw) == []


def test_the_same_stretch_is_listed_for_its_worst_reason_only(listed):
    (one,) = listed({"Ann": still(150, range(50))}, ("Ann", range(30, 50)))
    assert "hardly to be seen" in one.reason
