"""The loop in ten lines of Python, as the documentation has it."""

import doctest
import os
import subprocess
import sys
from pathlib import Path

import av
import pytest

from app.session.project_opening import DEMO_CLIP
from core import api

ROOT = Path(__file__).parents[2]
REFERENCE = DEMO_CLIP.with_suffix(".json")


@pytest.mark.long  # the examples of each function go the same way
def test_the_documented_script_runs(tmp_path: Path):
    """With the clip's first frames and a few steps, or it would take minutes."""
    with av.open(str(DEMO_CLIP)) as source, av.open(str(tmp_path / "dance.mp4"), "w") as target:
        stream = target.add_stream("libx264", rate=source.streams.video[0].average_rate)
        stream.width, stream.height, stream.pix_fmt = 544, 960, "yuv420p"
        for number, frame in enumerate(source.decode(video=0)):
            if number == 12:
                break
            target.mux(
                stream.encode(
                    av.VideoFrame.from_ndarray(frame.to_ndarray(width=544, height=960, format="rgb24"))
                )
            )
        target.mux(stream.encode())
    lines = api.__doc__.split("\n\n")[1:3]
    script = "\n\n".join(part.replace("\n    ", "\n").removeprefix("    ") for part in lines)
    assert len([line for line in script.splitlines() if line.strip()]) <= 11
    script = script.replace(
        "estimate(project, video.id)", 'estimate(project, video.id, estimator="lightning")'
    )
    script = script.replace("size=20", "size=3").replace("finetune(project)", "finetune(project, steps=2)")
    script = script.replace('"corrected.json"', "labels_of(project)")
    (tmp_path / "script.py").write_text(f"{HELPER}\n{script}\n")
    done = subprocess.run(
        [sys.executable, "script.py"], cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)}, text=True,
        capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "propose a batch and correct it" in done.stdout  # round 1 is there, and nobody labelled in it yet
    assert (tmp_path / "poses" / "annotations.json").is_file()


HELPER = '''
import json

def labels_of(project):
    """What a human might have made of the queued poses: a COCO file of the estimates themselves."""
    video = project.videos()[0]
    predictions = project.predictions(video.id)
    images, people = {}, []
    for sample in project.queued():
        pose = predictions.pose(predictions.row(sample))
        x0, y0, x1, y1 = map(float, predictions.box(predictions.row(sample)))
        name = f"frame_{sample.frame:06d}.png"
        images[sample.frame] = {"id": sample.frame + 1, "file_name": name, "frame_id": sample.frame,
                                "width": video.width, "height": video.height}
        points = [v for x, y in pose.points.tolist() for v in (x, y, 2)]
        people.append({"id": len(people) + 1, "image_id": sample.frame + 1, "category_id": 1,
                       "keypoints": points, "bbox": [x0, y0, x1 - x0, y1 - y0],
                       "area": (x1 - x0) * (y1 - y0), "iscrowd": 0,
                       "num_keypoints": 17, "track_id": sample.track})
    category = {"id": 1, "name": "person", "keypoints": list(project.skeleton.joints), "skeleton": []}
    data = {"images": list(images.values()), "annotations": people, "categories": [category]}
    with open("corrected.json", "w") as file:
        json.dump(data, file)
    return "corrected.json"
'''


def test_the_examples_of_every_function_go_on_from_one_another(tmp_path: Path):
    with api.Project(tmp_path / "project", create=True) as project:
        project.add_video(DEMO_CLIP)
        known = {**vars(api), "project": project, "corrected": REFERENCE, "folder": tmp_path}
        documented = [name for name in api.__all__ if name not in ("Project", "UserError")]
        order = [
            "estimate",
            "predictions",
            "uncertainty",
            "propose",
            "annotate",
            "labels",
            "finetune",
            "status",
            "review",
        ]
        assert {*order, "export"} == set(documented), "every name has an example"
        for name in (*order, "export"):
            example = doctest.DocTestParser().get_doctest(getattr(api, name).__doc__, known, name, None, 0)
            assert example.examples
            said: list[str] = []
            result = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(
                example, out=said.append, clear_globs=False
            )
            known = example.globs
            assert not result.failed, "".join(said)
