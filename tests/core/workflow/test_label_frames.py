from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import sleap_io

from core.domain import COCO17, Silent, UserError
from core.export.export import export
from core.formats.coco import CocoDataset, CocoImage, CocoPerson, write
from core.project.project import Project
from core.project.store.predictions import Predictions
from core.video.imaging import encoded
from core.workflow.annotate import annotate
from core.workflow.label_frames import Miscounted, Numbering, video_called
from tests.clips import make_clip, numbered
from tests.core.conftest import FRAMES, HEIGHT, WIDTH, fill, standing
from tests.core.labels import label

BOX = (10, 10, 60, 90)


@pytest.fixture
def two(tmp_path: Path) -> Project:
    """Two videos called walk."""
    with Project(tmp_path / "project", create=True) as project:
        for n, camera in enumerate(("left", "right")):
            (tmp_path / camera).mkdir()
            path = make_clip(tmp_path / camera / "walk.mp4", FRAMES, width=WIDTH, height=HEIGHT, gop=4 + n)
            fill(project, path, {f"Ann {camera}": standing(*BOX)}, seed=n)
        yield project


def moving(make: Callable, speed: float = 7.0, frames: int = FRAMES) -> Project:
    boxes = standing(*BOX) + np.float32(speed) * np.sin(np.arange(frames, dtype=np.float32))[:, None]
    return make({"Ann": boxes.astype(np.float32)})


def predictions_of(project: Project) -> Predictions:
    return project.predictions(1, project.latest_round())


def file_of(
    path: Path, project: Project, number: Callable[[int], int], frames: range, video: str | None = None
) -> Path:
    """What is predicted, as labels; number: of a frame."""
    found = predictions_of(project)
    images, people = {}, []
    for n in frames:
        images[n + 1] = CocoImage(n + 1, f"img_{number(n)}.png", number(n), video)
        row = found.rows_at(n).start
        people.append(CocoPerson(n + 1, n + 1, found.points[row].astype(float), np.full(17, 2, np.int8)))
    path.write_text(write(CocoDataset(COCO17, images, people)))
    return path


@pytest.mark.parametrize("format", ["coco", "csv", "dlc", "yolo", "sleap", "posetrack"])
@pytest.mark.parametrize("videos", [{1}, {2}, {1, 2}])
def test_two_videos_of_one_name_come_back(
    two: Project, tmp_path: Path, format: str, videos: set[int]
) -> None:
    label(two, *((track, 3) for track in videos))
    out = tmp_path / ("out.csv" if format == "csv" else "out.slp" if format == "sleap" else "out")
    export(two, format, out, Silent())
    sources = sorted(out.glob("*.json")) if format == "posetrack" else [out]
    sources = [out / "annotations.json"] if format == "coco" else sources
    if format == "posetrack" and 1 in videos:
        pytest.skip("a file for one video speaks of that alone, so it is asked which")
    for source in sources:
        result = annotate(two, source, any_sample=True)
        assert result.labelled == len(videos)
        assert {one.sample.track for one in result.labels} == videos


def test_a_name_that_several_videos_have_is_asked_about(two: Project, tmp_path: Path) -> None:
    path = file_of(tmp_path / "labels.json", two, lambda n: n, range(3), "walk")
    content = path.read_text().replace('"Labelled with PoseTailor"', '""')
    path.write_text(content)
    with pytest.raises(UserError, match=r"several videos are called so .*Say with --video"):
        annotate(two, path, any_sample=True)
    for video, track in (("left/walk.mp4", 1), ("right/walk.mp4", 2), ("walk-2", 2)):
        result = annotate(two, path, any_sample=True, video=video)
        assert {one.sample.track for one in result.labels} == {track}
    path.write_text(content.replace('"walk"', '"right/walk.mp4"'))
    assert {one.sample.track for one in annotate(two, path, any_sample=True).labels} == {2}


def test_videos_by_name_and_path(two: Project) -> None:
    assert video_called(two.videos(), "right/walk.mp4").id == 2
    assert video_called(two.videos(), str(two.videos()[0].path)).id == 1
    assert video_called(two.videos(), "walk").id == 1  # as exports call it
    with pytest.raises(UserError, match="No video is called so: run"):
        video_called(two.videos(), "run")
    with pytest.raises(UserError, match=r"Several videos are called so: walk\.mp4"):
        video_called(two.videos(), "walk.mp4")


def test_a_file_of_a_renamed_video(project: Project, tmp_path: Path) -> None:
    path = file_of(tmp_path / "labels.json", project, lambda n: n, range(3), "C:\\Videos\\before.avi")
    with pytest.raises(
        UserError, match=r"its images are of C:.Videos.before.avi\. Say which one it is of with --video"
    ):
        annotate(project, path, any_sample=True)
    assert annotate(project, path, any_sample=True, video="walk").labelled == 3


def test_every_fifth_frame_counted_one_by_one(new_project: Callable, tmp_path: Path) -> None:
    project = moving(new_project)
    path = file_of(tmp_path / "labels.json", project, lambda n: n // 2, range(0, FRAMES, 2))
    with pytest.raises(
        Miscounted, match=r"every 2 frames, from 0: .* Say --every 2 --first-frame 0 .* --first-frame 0 if"
    ):
        annotate(project, path, any_sample=True)
    result = annotate(project, path, any_sample=True, numbering=Numbering(0, 2))
    assert sorted(one.sample.frame for one in result.labels) == list(range(0, FRAMES, 2))
    as_they_are = annotate(project, path, any_sample=True, numbering=Numbering())
    assert sorted(one.sample.frame for one in as_they_are.labels) == list(range(FRAMES // 2))


def test_frames_counted_from_one(new_project: Callable, tmp_path: Path) -> None:
    project = moving(new_project)
    path = file_of(tmp_path / "labels.json", project, lambda n: n + 1, range(FRAMES - 1))
    with pytest.raises(Miscounted, match=r"count from 1: .* Say --first-frame 1") as raised:
        annotate(project, path, any_sample=True)
    result = annotate(project, path, any_sample=True, numbering=raised.value.ways[0])
    assert [one.sample.frame for one in result.labels] == list(range(FRAMES - 1))


@pytest.mark.parametrize("frames", [range(FRAMES), range(2, FRAMES), range(0, FRAMES, 2)])
def test_frames_that_are_numbered_as_they_are(new_project: Callable, tmp_path: Path, frames: range) -> None:
    project = moving(new_project)
    path = file_of(tmp_path / "labels.json", project, lambda n: n, frames)
    assert annotate(project, path, any_sample=True).labelled == len(frames)


def test_what_the_window_says_has_no_options_of_the_command_line(
    new_project: Callable, tmp_path: Path
) -> None:
    project = moving(new_project)
    for count in (FRAMES - 1, FRAMES):
        path = file_of(tmp_path / "labels.json", project, lambda n: n + 1, range(count))
        with pytest.raises(Miscounted) as raised:
            annotate(project, path, any_sample=True)
        assert "--first-frame" in str(raised.value)
        assert "--" not in raised.value.sentence


def test_a_number_beyond_the_end_hints_at_counting_from_one(project: Project, tmp_path: Path) -> None:
    path = file_of(tmp_path / "labels.json", project, lambda n: n + 1, range(FRAMES))
    with pytest.raises(
        UserError, match=r"frames that do not exist.*Say --first-frame 1 if the file counts from 1"
    ):
        annotate(project, path, any_sample=True)
    assert annotate(project, path, any_sample=True, numbering=Numbering(1)).labelled == FRAMES


def test_a_list_of_images_in_a_sleap_file_is_read_by_their_names(tmp_path: Path) -> None:
    folder = tmp_path / "frames"
    folder.mkdir()
    files = [folder / f"frame_{n:04d}.png" for n in range(FRAMES)]
    for n, file in enumerate(files):
        file.write_bytes(encoded(numbered(n, WIDTH, HEIGHT), ".png"))
    with Project(tmp_path / "project", create=True) as project:
        fill(project, folder, {"Ann": standing(*BOX)})
        found = predictions_of(project)
        nodes = sleap_io.Skeleton(list(COCO17.joints))
        listed = [file.as_posix() for file in files[1::5]]
        video = sleap_io.Video.from_filename(listed)
        frames = [
            sleap_io.LabeledFrame(
                video=video,
                frame_idx=i,
                instances=[
                    sleap_io.Instance.from_numpy(found.points[found.rows_at(1 + 5 * i).start], skeleton=nodes)
                ],
            )
            for i in range(len(listed))
        ]
        sleap_io.save_slp(
            sleap_io.Labels(labeled_frames=frames, videos=[video], skeletons=[nodes]),
            str(tmp_path / "list.slp"),
        )
        result = annotate(project, tmp_path / "list.slp", any_sample=True)
        assert sorted(one.sample.frame for one in result.labels) == [1, 6, 11]


def test_predictions_of_a_model_become_no_labels(project: Project, tmp_path: Path) -> None:
    export(project, "dlc", tmp_path / "dlc", Silent())
    with pytest.raises(UserError, match=r"walk\.csv has likelihoods, so it holds predictions of a model"):
        annotate(project, tmp_path / "dlc/predictions/walk.csv", any_sample=True)
    export(project, "csv", tmp_path / "all.csv", Silent())
    with pytest.raises(UserError, match=r"holds no labels of a human; \d+ rows of a model were passed over"):
        annotate(project, tmp_path / "all.csv", any_sample=True)
    export(project, "sleap", tmp_path / "all.slp", Silent())
    with pytest.raises(UserError, match=r"holds no (labels|people)|No image"):
        annotate(project, tmp_path / "all.slp", any_sample=True)
    assert project.store.labels(accepted_only=False) == {}
