"""Poses as NWB: what pynwb and sleap-io read of them."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import sleap_io

from core.domain import COCO17
from core.formats import interchange
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
        series = people["track=Ann (1)"].pose_estimation_series["nose"]
        assert series.timestamps[:] == pytest.approx(np.arange(FRAMES) / 25)
        assert series.confidence[3] == 1


def test_sleap_io_counts_frames_of_nwb_as_the_video_does(tmp_path: Path) -> None:
    """It takes for frames the times that are there, so none may be left out where nobody is."""
    points = np.random.default_rng(0).uniform(10, 90, (2, 17, 2))
    rows = PoseRows.empty(2, 17)
    rows.frame[:], rows.track[:], rows.points[:], rows.confidence[:] = (3, 7), 1, points, 0.5
    film = interchange.Film(Path("Gehen zurück.mp4"), (100, 100), np.arange(FRAMES) / 25, {1: "Änne"}, rows)
    assert interchange.write_nwb([film], COCO17, tmp_path / "a.nwb") == 2 * 17
    frames = sleap_io.load_nwb(str(tmp_path / "a.nwb")).labeled_frames
    assert [frame.frame_idx for frame in frames] == [3, 7]
    np.testing.assert_allclose(frames[0].instances[0].numpy(), points[0], atol=1e-4)


def test_nwb_takes_names_that_it_cannot_hold(project: Project, write: Callable) -> None:
    joints = ["nose/tip:end", *COCO17.joints[1:]]
    project.store.set_setting("skeleton", COCO17.to_json() | {"name": "nose/tip", "joints": joints})
    label(project, (1, 3))
    out = write("nwb")
    from pynwb import NWBHDF5IO

    with NWBHDF5IO(str(out), "r", load_namespaces=True) as file:
        people = file.read().processing["SLEAP_VIDEO_000_walk"].data_interfaces
        assert "nose_tip_end" in people["track=Ann (1)"].pose_estimation_series
