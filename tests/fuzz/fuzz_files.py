"""Searches for files from strangers that end in anything but a sentence: python -m tests.fuzz.fuzz_files KIND
[OPTIONS].

KIND: database, computed, estimator, weights, video, coco, posetrack, jrdb or boxes. Needs atheris (pip
install atheris), which the suite does not; OPTIONS are libFuzzer's, such as -max_total_time=300 -max_len=200
-len_control=0. Ends with a traceback at the first finding.
"""

import shutil
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import atheris
import numpy as np

with atheris.instrument_imports(include=["core"]):
    from core.domain import Silent, UserError
    from core.estimation.architectures.checkpoints import read_checkpoint
    from core.estimation.architectures.foreign import read_foreign
    from core.estimation.session import EstimatorSession
    from core.export.export import export
    from core.formats import boxes, coco, jrdb, posetrack
    from core.project.project import DATABASE, Project
    from core.project.recovery.repair import repair
    from core.queries.status import status
    from core.video.source import FrameUnreadable, open_video

from core.project.estimators.models import SHIPPED, shipped_model
from tests.clips import make_clip
from tests.projects import make_project

SCRATCH = Path(tempfile.mkdtemp(prefix="fuzz-"))
TEXTS: dict[str, Callable[[str], object]] = {
    "coco": lambda text: coco.read(text, "a.json"),
    "posetrack": lambda text: posetrack.read(text, "a.json"),
    "jrdb": lambda text: jrdb.read(text, "a.json"),
    "boxes": lambda text: (boxes.read(text, "a.json", 100, 25), boxes.read(text, "a.txt", 100, 25)),
}


def use_project(folder: Path) -> None:
    with Project(folder) as project:
        status(project)
        for video in project.videos():
            project.tracks(video.id)
            if project.predictions(video.id) is not None:
                project.embeddings(video.id, project.latest_round())
        export(project, "coco", SCRATCH / "out", Silent())


def use_estimator(path: Path) -> None:
    read_foreign(path)
    session = EstimatorSession(path, "cpu")
    session.run(np.zeros((1, session.spec.height, session.spec.width, 3), np.uint8))


def use_video(path: Path) -> None:
    with open_video(path) as video:
        for n in range(min(len(video), 10)):
            with suppress(FrameUnreadable):
                video.read(n)


def in_project(
    name: str, further: Callable[[Path], object] = lambda folder: None
) -> tuple[bytes, Callable[[bytes], None]]:
    """The valid content of a file in a project, and what uses a project with another content there."""
    template = make_project(SCRATCH / "template", make_clip(SCRATCH / "walk.mp4", 12))
    place = next(template.rglob(name)).relative_to(template)

    def use(content: bytes) -> None:
        folder = SCRATCH / "project"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(template, folder)
        (folder / place).write_bytes(content)
        for work in (use_project, further):
            with suppress(UserError):
                work(folder)

    return (template / place).read_bytes(), use


def in_file(valid: Path, use: Callable[[Path], object]) -> tuple[bytes, Callable[[bytes], None]]:
    path = SCRATCH / f"fuzzed{valid.suffix}"

    def try_out(content: bytes) -> None:
        path.write_bytes(content)
        use(path)

    return valid.read_bytes(), try_out


def target(kind: str) -> tuple[bytes, Callable[[bytes], None]]:
    if kind == "database":
        return in_project(DATABASE, repair)
    if kind == "computed":
        return in_project("samples-0.h5")
    if kind == "estimator":
        return in_file(shipped_model("lightning", Silent()), use_estimator)
    if kind == "weights":
        return in_file(SHIPPED["lightning"][1], read_checkpoint)
    if kind == "video":
        return in_file(make_clip(SCRATCH / "walk.mp4", 12), use_video)
    example = '{"images": [{"id": 1, "file_name": "a_000001.jpg"}], "annotations": [], "categories": []}'
    return example.encode(), lambda content: TEXTS[kind](content.decode("utf-8", "replace"))


def main() -> None:
    kind, *options = sys.argv[1:]
    valid, use = target(kind)

    def one(data: bytes) -> None:
        """data: changes of the valid file as (place, byte), or for texts the file itself."""
        content = bytearray(data if kind in TEXTS else valid)
        if kind not in TEXTS:
            provider = atheris.FuzzedDataProvider(data)
            while provider.remaining_bytes() > 4:
                place = provider.ConsumeIntInRange(0, len(content) - 1)
                length = provider.ConsumeIntInRange(0, 8)
                content[place : place + length] = provider.ConsumeBytes(length)
        with suppress(UserError):
            use(bytes(content))

    atheris.Setup([sys.argv[0], *options], one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
