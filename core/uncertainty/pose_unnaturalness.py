"""WPU: how unlike a body a pose is, by what an autoencoder of poses cannot reproduce."""

import numpy as np

from core.domain import Skeleton
from core.uncertainty.criterion import Criterion, Estimated
from core.uncertainty.features import as_coco, why_no_prior


class PoseUnnaturalness(Criterion):
    name = "wpu"
    short = "unlikely posture"
    title = "Whole-body pose unnaturalness (WPU): few people stand or move like that"
    variants = ("ours", "paper")
    of_poses = True

    @classmethod
    def unavailable(cls, skeleton: Skeleton) -> str:
        return why_no_prior(skeleton)

    def values(self, estimated: Estimated, variant: str) -> np.ndarray:
        points, confidence, known = as_coco(estimated.points, estimated.confidence, estimated.skeleton)
        return estimated.priors[variant].unnaturalness(points, confidence, estimated.heights, known)
