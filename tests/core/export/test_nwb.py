"""Poses as NWB: what pynwb and sleap-io read of them."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import sleap_io

from core.domain import COCO17
from core.formats import interchange
from core.formats.pose_files import OfVideo, read_poses
from core.formats.poses import PoseRows
from core.project.project import Project
from tests.core.conftest import FRAMES
from tests.core.export.test_export import label


def test_nwb_has_the_times_of_the_video(project: Project, write: Callable) -> None:
    label(project, (1, 3))
    out = write("nwb")
    from pynwb import NWBHDF5IO

    with NWBHDF5IO(str(out), "r", load_namespaces=True) as file:
        people = file.read().processing["SLEAP_VIDEO_000_walk"].data_interfaces
        series = people["track0"].pose_estimation_series["nose"]
        assert series.timestamps[:] == pytest.approx(np.arange(FRAMES) / 25)
        assert series.confidence[3] == 1


def test_sleap_io_counts_frames_of_nwb_as_the_video_does(tmp_path: Path) -> None:
    """It takes for frames the times that are there, so none may be left out where nobody is."""
    film = film_of(Path("Gehen zurück.mp4"), {1: "Änne", 2: "Bob"})
    points = film.rows.points
    film.rows.frame[:], film.rows.track[:] = (3, 7), 1
    assert interchange.write_nwb([film], COCO17, tmp_path / "a.nwb") == 2 * 17
    frames = sleap_io.load_nwb(str(tmp_path / "a.nwb")).labeled_frames
    assert [frame.frame_idx for frame in frames] == [3, 7]
    np.testing.assert_allclose(frames[0].instances[0].numpy(), points[0], atol=1e-4)


def film_of(path: Path, names: dict[int, str]) -> interchange.Film:
    """All of them in frame 2."""
    rows = PoseRows.empty(len(names), 17)
    rows.frame[:], rows.track[:], rows.confidence[:] = 2, list(names), 0.5
    rows.points[:] = np.random.default_rng(0).uniform(10, 90, rows.points.shape)
    return interchange.Film(path, (100, 100), np.arange(FRAMES) / 25, names, rows)


def test_people_of_nwb_keep_who_they_are(tmp_path: Path) -> None:
    """sleap-io keeps people apart where they are track0, track1, in the order of letters."""
    names = {n: f"Ann/Bob: {n}" for n in range(1, 13)}
    films = [film_of(tmp_path / "walk.mp4", names), film_of(tmp_path / "other.mp4", {1: "Cleo"})]
    interchange.write_nwb(films, COCO17, tmp_path / "a.nwb")
    (frame, _) = sleap_io.load_nwb(str(tmp_path / "a.nwb")).labeled_frames
    assert [one.track.name for one in frame.instances] == [f"track{n}" for n in range(12)]
    points = films[0].rows.points
    np.testing.assert_allclose([one.numpy() for one in frame.instances], points, atol=1e-4)
    again = read_poses(tmp_path / "a.nwb", OfVideo("walk", "walk", (100, 100)))
    assert again.person == list(names.values())
    by_name = [again.joints.index(joint) for joint in COCO17.joints]
    np.testing.assert_allclose(again.points[:, by_name], points, atol=1e-9)
    assert again.passed == {"poses of other videos": 1}


def test_nwb_takes_names_that_it_cannot_hold(project: Project, write: Callable) -> None:
    joints = ["nose/tip:end", *COCO17.joints[1:]]
    project.store.set_setting("skeleton", COCO17.to_json() | {"name": "nose/tip", "joints": joints})
    label(project, (1, 3))
    out = write("nwb")
    from pynwb import NWBHDF5IO

    with NWBHDF5IO(str(out), "r", load_namespaces=True) as file:
        people = file.read().processing["SLEAP_VIDEO_000_walk"].data_interfaces
        assert "nose_tip_end" in people["track0"].pose_estimation_series
