"""COCO keypoint average precision at given OKS thresholds, by pycocotools."""

import contextlib
import io
from collections.abc import Sequence

import numpy as np


def average_precision(
    points: np.ndarray,
    scores: np.ndarray,
    truth: np.ndarray,
    labelled: np.ndarray,
    boxes: np.ndarray,
    image: np.ndarray,
    sigmas: Sequence[float] | np.ndarray,
    thresholds: Sequence[float],
    areas: np.ndarray | None = None,
) -> np.ndarray:
    """AP of N predictions against as many references (https://cocodataset.org/#keypoints-eval), one for each
    threshold.

    points, truth: (N, K, 2) image pixels; scores: (N,) that rank the predictions; labelled: (N, K) bool;
    boxes: (N, 4) of the people; image: (N,) int, predictions match references of their image only; sigmas:
    (K,); areas: (N,) square pixels, width x height of the boxes where not given. Returns (len(thresholds),)
    in 0..1.
    """
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    people, found = [], []
    keypoints = np.concatenate([np.where(labelled[..., None], truth, 0), 2.0 * labelled[..., None]], 2)
    placed = np.concatenate([points, np.ones_like(labelled[..., None], float)], 2)
    for i in range(len(points)):
        x0, y0, x1, y1 = map(float, boxes[i])
        area = (x1 - x0) * (y1 - y0) if areas is None else float(areas[i])
        box = {"bbox": [x0, y0, x1 - x0, y1 - y0], "area": area}
        common = {"id": i + 1, "image_id": int(image[i]), "category_id": 1, **box}
        people.append(
            common
            | {
                "keypoints": keypoints[i].ravel().tolist(),
                "num_keypoints": int(labelled[i].sum()),
                "iscrowd": 0,
            }
        )
        found.append(common | {"keypoints": placed[i].ravel().tolist(), "score": float(scores[i])})
    images = [{"id": int(i)} for i in np.unique(image)]
    with contextlib.redirect_stdout(io.StringIO()):
        reference, results = COCO(), COCO()
        for side, annotations in ((reference, people), (results, found)):
            side.dataset = {
                "images": images,
                "annotations": annotations,
                "categories": [{"id": 1, "name": "person"}],
            }
            side.createIndex()
        evaluation = COCOeval(reference, results, "keypoints")
        parameters = evaluation.params
        parameters.kpt_oks_sigmas = np.asarray(sigmas, float)
        parameters.iouThrs = np.asarray(thresholds, float)
        parameters.maxDets = [int(np.unique(image, return_counts=True)[1].max())]
        parameters.areaRng, parameters.areaRngLbl = [[0, 1e10]], ["all"]
        evaluation.evaluate()
        evaluation.accumulate()
    precision = evaluation.eval["precision"][:, :, 0, 0, 0]  # (thresholds, recall steps)
    return np.where(precision < 0, np.nan, precision).mean(1)
