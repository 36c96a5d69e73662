import numpy as np
import pytest

from core.domain import COCO17
from core.domain.colours import person_colour
from core.video.overlay import Drawn, write_overlay
from core.video.source import open_video
from tests.clips import make_clip


@pytest.mark.parametrize(("kind", "size"), [({"vfr": True}, (160, 96)), ({"pix_fmt": "yuv444p"}, (161, 97))])
def test_the_pace_of_the_original_is_kept(tmp_path, kind: dict, size: tuple[int, int]) -> None:
    """Also at a variable frame rate and with odd sizes."""
    clip = make_clip(tmp_path / "clip.mp4", 20, width=size[0], height=size[1], **kind)
    done: list[int] = []
    with open_video(clip) as source:
        written = write_overlay(
            source, tmp_path / "out.mp4", COCO17, lambda _: [], np.linspace(0, 1, 20), done.append
        )
        with open_video(tmp_path / "out.mp4") as again:
            assert written == len(again) == len(source) == done[-1]
            assert np.abs(again.times - source.times).max() < 1e-3


def test_a_person_is_drawn_in_their_colour(tmp_path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", 5, picture=lambda _: np.zeros((96, 160, 3), np.uint8))
    points = np.full((17, 2), np.nan)
    points[[5, 6]] = (120, 50), (30, 50)
    person = Drawn(3, "Ann", points, np.zeros(17, bool), labelled=True)
    with open_video(clip) as source:
        write_overlay(
            source, tmp_path / "out.mp4", COCO17, lambda n: [person] * (n == 2), None, lambda _: None
        )
    with open_video(tmp_path / "out.mp4") as again:
        wanted = [int(person_colour(3)[i : i + 2], 16) for i in (1, 3, 5)]
        assert np.abs(again.read(2, "rgb")[50, 75].astype(int) - wanted).max() < 60
        assert again.read(3, "rgb").max() < 30
