"""A folder of images is read as a video is."""

import os
from pathlib import Path

import numpy as np
import pytest

from core.domain import UserError
from core.video.folder import videos_in
from core.video.imaging import cv2
from core.video.source import FrameUnreadable, content_id, open_video
from tests.clips import make_images, number_in, numbered, write_image

ORIENTATIONS = {  # EXIF tag 274: how the stored image is made from the one to be shown
    2: lambda image: image[:, ::-1],
    3: lambda image: image[::-1, ::-1],
    4: lambda image: image[::-1],
    5: lambda image: image.swapaxes(0, 1),
    6: lambda image: np.rot90(image),
    7: lambda image: np.rot90(image, 2).swapaxes(0, 1),
    8: lambda image: np.rot90(image, -1),
}


def with_orientation(jpeg: bytes, orientation: int) -> bytes:
    """The file with an EXIF segment that says how it is turned."""
    entry = b"\x12\x01" + b"\x03\x00" + b"\x01\x00\x00\x00" + bytes([orientation, 0, 0, 0])
    exif = b"Exif\0\0" + b"II*\0\x08\0\0\0" + b"\x01\x00" + entry + b"\0\0\0\0"
    return jpeg[:2] + b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif + jpeg[2:]


@pytest.mark.parametrize("ending", ["png", "jpg", "bmp", "tiff", "webp"])
def test_frames_are_the_images_in_natural_order(tmp_path: Path, ending: str) -> None:
    with open_video(make_images(tmp_path / "walk", 12, first=5, ending=ending)) as video:
        assert len(video) == video.frame_count == 12
        assert (video.width, video.height) == (160, 96)
        for n in [*range(12), 3, 11, 0]:
            assert number_in(video.read(n)) == video.keyframe_before(n) == n
            assert number_in(video.read_keyframe(n, "rgb")) == n
        assert [(n, number_in(frame.to_array())) for n, frame in video.stream(2, 11, 3)] == [
            (2, 2),
            (5, 5),
            (8, 8),
        ]


def test_pixels_are_those_of_the_image_and_crops_show_the_same_place(tmp_path: Path) -> None:
    image = np.random.default_rng(0).integers(0, 256, (97, 161, 3), np.uint8)
    write_image(tmp_path / "1.png", image)
    with open_video(tmp_path) as video:
        assert np.array_equal(video.read(0, "rgb"), image)
        assert np.array_equal(video.read(0)[..., 2::-1], image)
        _, frame = next(video.stream())
        assert np.array_equal(frame.resample(20, 10, 64, 64, 64, 64), image[10:74, 20:84])


@pytest.mark.parametrize(
    ("name", "rate"),
    [
        ("walk", 25),
        ("walk_30fps", 30),
        ("walk 29.97 FPS", 29.97),
        ("a 5-fps b", 5),
        ("0fps", 25),
        ("trial2_fps60", 60),
        ("trial2_fps", 25),
    ],
)
def test_the_folder_may_name_its_frame_rate(tmp_path: Path, name: str, rate: float) -> None:
    with open_video(make_images(tmp_path / name, 4)) as video:
        np.testing.assert_allclose(video.times, np.arange(4) / rate, rtol=1e-5)
        assert video.fps == pytest.approx(rate, rel=1e-5)


@pytest.mark.parametrize("alone", [False, True])
@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_images_are_turned_and_mirrored_as_their_exif_says(
    tmp_path: Path, orientation: int, alone: bool
) -> None:
    write_image(tmp_path / "plain.jpg", ORIENTATIONS[orientation](numbered(9)))
    (tmp_path / "1.jpg").write_bytes(with_orientation((tmp_path / "plain.jpg").read_bytes(), orientation))
    (tmp_path / "plain.jpg").unlink()
    with open_video(tmp_path / "1.jpg" if alone else tmp_path) as video:
        assert (video.width, video.height) == (160, 96)
        assert number_in(video.read(0)) == 9


def test_an_image_that_does_not_fit_is_a_damaged_frame(tmp_path: Path) -> None:
    folder = make_images(tmp_path / "walk", 6)
    (folder / "walk 0.png").write_bytes(b"no image")
    (folder / "walk 3.png").write_bytes(b"")
    write_image(folder / "walk 4.png", numbered(4, width=80))
    with open_video(folder) as video:
        assert (len(video), video.width) == (6, 160)
        assert [n for n, _ in video.stream()] == [1, 2, 5]
        with pytest.raises(FrameUnreadable, match=r"Frame 3 is missing: .*walk 3.png is not an image"):
            video.read(3)
        with pytest.raises(
            FrameUnreadable, match=r"walk 4.png is 80 x 96 pixels, the first image .* 160 x 96"
        ):
            video.read_keyframe(4)
        assert number_in(video.read(5)) == 5


def test_a_huge_image_is_refused(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "1.png"), np.zeros((10_100, 10_000), np.uint8))
    with pytest.raises(UserError, match=r"1\.png has more than 100 megapixels"):
        open_video(tmp_path)


def test_folders_that_are_no_video(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    (tmp_path / "._1.jpg").touch()
    with pytest.raises(UserError, match="is a folder without images"):
        open_video(tmp_path)
    (tmp_path / "1.jpg").touch()
    with pytest.raises(UserError, match=r"cannot be used\. .*1\.jpg is not an image"):
        open_video(tmp_path)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="everything may be read")
def test_a_folder_that_may_not_be_read(tmp_path: Path) -> None:
    folder = make_images(tmp_path / "walk", 1)
    folder.chmod(0)
    with pytest.raises(UserError, match="permissions"):
        open_video(folder)
    folder.chmod(0o700)


def test_a_moved_folder_is_recognised_and_another_image_is_noticed(tmp_path: Path) -> None:
    folder = make_images(tmp_path / "walk")
    identity = content_id(folder)
    moved = folder.rename(tmp_path / "moved")
    assert content_id(moved) == identity
    (moved / "notes.txt").touch()
    assert content_id(moved) == identity
    (moved / "walk 12.png").write_bytes((moved / "walk 0.png").read_bytes())
    assert content_id(moved) != identity


def test_videos_of_a_folder_come_in_natural_order(tmp_path: Path) -> None:
    for name in ("take 10.mp4", "take 9.MOV", "Take 1.mkv", "notes.txt", "._take 1.mp4"):
        (tmp_path / name).touch()
    (tmp_path / "folder.mp4").mkdir()
    assert [path.name for path in videos_in(tmp_path)] == ["Take 1.mkv", "take 9.MOV", "take 10.mp4"]
