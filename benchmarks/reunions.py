"""Who is taken for whom over gaps and cuts, and how many questions about it are right, on a video whose
people are known.

python benchmarks/reunions.py VIDEO REFERENCE [--budget 45] [--estimator thunder]

REFERENCE: who is where, as COCO keypoints JSON with track_id. Somebody found is whom most of their boxes are
of.
"""

import argparse
import sys
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.nobody import LIMB, run  # noqa: E402
from core.domain.overlap import iou  # noqa: E402
from core.formats import coco  # noqa: E402
from core.project.project import Project  # noqa: E402
from core.queries.reunions import reunions  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("video", type=Path)
    parser.add_argument("reference", type=Path)
    parser.add_argument("--budget", default="45")
    parser.add_argument("--estimator", default="thunder")
    arguments = parser.parse_args()
    dataset = coco.read_file(arguments.reference)
    known: dict[int, list] = {}
    for person in dataset.people:
        known.setdefault(dataset.images[person.image].frame, []).append((person.track, *person.box))
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "project"
        estimate = ("estimate", arguments.video, "--project", folder, "--estimator", arguments.estimator)
        run(*estimate, "--budget", arguments.budget)
        with Project(folder) as project:
            (video,) = project.videos()
            assignments = project.assignments(video.id)
            whose: dict[int, Counter] = {track: Counter() for track in assignments.rows_by_track}
            for track, frame, box in zip(
                assignments.track.tolist(), assignments.frame.tolist(), assignments.boxes, strict=True
            ):
                there = np.array(known.get(frame, ())).reshape(-1, 5)
                overlap = iou(box[None].astype(float), there[:, 1:])[0]
                if overlap.max(initial=0.0) >= LIMB:
                    whose[track][int(there[overlap.argmax(), 0])] += 1
            main_one = {
                track: votes.most_common(1)[0][0] if votes else None for track, votes in whose.items()
            }
            wrong = sum(votes.total() - max(votes.values(), default=0) for votes in whose.values())
            asked = reunions(project, video)
    right = sum(main_one[one.track] == main_one[one.other] is not None for one in asked)
    boxes = sum(votes.total() for votes in whose.values())
    print(
        f"{len(whose)} people found of {len(set(main_one.values()) - {None})}; {wrong} of {boxes} boxes "
        "are of another"
    )
    print(f"{len(asked)} questions, {right} right")


if __name__ == "__main__":
    main()
