"""The last word on a COCO export has the library that its readers use."""

import io
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval


def self_evaluation(annotations: Path, sigmas: tuple[float, ...]) -> float | None:
    """Keypoint AP of the annotations taken as results against themselves, 1.0 for a sound file; None
    without any.
    """
    with redirect_stdout(io.StringIO()):
        truth = COCO(str(annotations))
        results = [
            {
                "image_id": a["image_id"],
                "category_id": a["category_id"],
                "keypoints": a["keypoints"],
                "score": 1.0,
            }
            for a in truth.dataset["annotations"]
        ]
        if not results:
            return None
        evaluation = COCOeval(truth, truth.loadRes(results), "keypoints")
        evaluation.params.kpt_oks_sigmas = np.array(sigmas)
        evaluation.params.maxDets = [max(map(len, truth.imgToAnns.values()))]  # 20 otherwise
        evaluation.evaluate()
        evaluation.accumulate()
    # thresholds, recalls, category, any area, detections
    precision = evaluation.eval["precision"][:, :, 0, 0, 0]
    return float(precision.mean())


def count_results(image_info: Path, results: Path) -> int:
    """How many results pycocotools reads; every one must belong to an image."""
    with redirect_stdout(io.StringIO()):
        return len(COCO(str(image_info)).loadRes(str(results)).anns)
