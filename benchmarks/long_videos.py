"""From a video to a proposed batch, and through a following round, whatever the length of the video.

python benchmarks/long_videos.py [CLIP] [--minutes 2,20] [--budget 45] [--estimator lightning] [--most 1.3]

The clip is looped without encoding it again, as often as it takes. Printed are seconds, what was covered and
the largest memory of any process; the longest video may take so many times as long as the shortest (--most),
else the exit status is 1.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import av

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from core.domain import LabelledPose, Visibility  # noqa: E402
from core.project.project import Project  # noqa: E402
from core.project.store.store import Label  # noqa: E402

LABELS = 12


def loop(clip: Path, target: Path, minutes: float) -> None:
    """Its packets again and again, with the times moved on."""
    with av.open(str(target), "w") as out:
        stream, moved = None, 0
        while stream is None or moved * stream.time_base < 60 * minutes:
            with av.open(str(clip)) as source:
                video = source.streams.video[0]
                stream = stream or out.add_stream_from_template(video)
                last = 0
                for packet in source.demux(video):
                    if packet.dts is None:
                        continue
                    last = max(last, packet.pts + (packet.duration or 1))
                    packet.pts, packet.dts, packet.stream = packet.pts + moved, packet.dts + moved, stream
                    out.mux(packet)
                moved += last


def run(*arguments: object) -> tuple[float, float]:
    """Seconds that a command took, and the largest memory of it and its children in MB."""
    meter = (
        "import resource, subprocess, sys;"
        "code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode;"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss); sys.exit(code)"
    )
    command = [sys.executable, "-c", meter, sys.executable, ROOT / "main.py", *arguments, "--quiet"]
    started = time.monotonic()
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=True)
    return time.monotonic() - started, int(done.stdout.split()[-1]) / 1024


def accept(folder: Path) -> None:
    """Labels what was proposed, a few pixels off what was estimated, as a correction is."""
    with Project(folder) as project:
        labels = []
        for sample in project.queued()[:LABELS]:
            predictions = project.predictions(project.video_of_track()[sample.track])
            row = predictions.row(sample)
            seen, pose = [Visibility.VISIBLE] * predictions.points.shape[1], predictions.pose(row)
            box, points = predictions.box(row), predictions.points[row].astype(float) + 1.5
            labels.append(Label(sample, LabelledPose(points, seen, box, pose, predictions.round), True))
        project.store.set_labels(labels)


def measure(video: Path, folder: Path, budget: float, estimator: str) -> dict[str, float]:
    estimate, memory = run(
        "estimate", video, "--project", folder, "--estimator", estimator, "--budget", budget
    )
    propose, other = run("propose", "--project", folder, "--size", LABELS)
    accept(folder)
    round_, third = run("finetune", "--project", folder, "--budget", budget)
    with Project(folder) as project:
        if not project.latest_round():
            raise SystemExit("The round was not kept, so nothing is known of the one that follows.")
        trained = sum(entry.summary.get("seconds", 0) for entry in project.store.rounds())
        covered = [project.coverage(1, number).share for number in range(project.latest_round() + 1)]
    return {
        "to_a_batch": estimate + propose,
        "following_round": round_ - trained,
        "covered": covered[0],
        "covered_next": covered[-1],
        "memory": max(memory, other, third),
    }


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("clip", nargs="?", type=Path, default=ROOT / "resources/clips/assisted_cam04.mp4")
    parser.add_argument("--minutes", default="2,20")
    parser.add_argument("--budget", type=float, default=45.0)
    parser.add_argument("--estimator", default="lightning")
    parser.add_argument("--most", type=float, default=1.3)
    arguments = parser.parse_args()
    minutes = sorted(map(float, arguments.minutes.split(",")))
    found = []
    with tempfile.TemporaryDirectory() as place:
        for number, length in enumerate(minutes):
            video = Path(place) / f"{length:g}-minutes{arguments.clip.suffix}"
            loop(arguments.clip, video, length)
            found.append(
                measure(video, Path(place) / f"project-{number}", arguments.budget, arguments.estimator)
            )
            print(
                f"{length:g} minutes:",
                json.dumps({name: round(v, 3) for name, v in found[-1].items()}),
                flush=True,
            )
            video.unlink()
    ratios = {name: found[-1][name] / found[0][name] for name in ("to_a_batch", "following_round")}
    print(
        f"{minutes[-1]:g} against {minutes[0]:g} minutes:", {name: round(v, 2) for name, v in ratios.items()}
    )
    return int(max(ratios.values()) > arguments.most)


if __name__ == "__main__":
    sys.exit(main())
