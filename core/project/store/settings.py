"""Every setting that a project keeps: its name, the types it may have, its default and what it means."""

from typing import Any, NamedTuple

GIVEN_BOXES = "given_boxes"
GIVEN_POSES = "given_poses"
POSE_NETWORKS = "pose_networks"
FINDING = "finding"
SPANS = "spans"
ASKED = "asked"
INTEREST = "of_interest"
APART = "apart"
LAST_TRACK = "last_track"
LOOKED = "looked"
CONFIRMED = "confirmed"


class Setting(NamedTuple):
    """By video: by its number, as text."""

    types: tuple[type, ...]
    default: Any
    meaning: str


SETTINGS = {
    # chosen by the user
    "estimator": Setting((str,), "thunder", "what is adapted: a shipped one, a file, or another project"),
    "device": Setting((str,), "auto", "auto, cuda or cpu"),
    "criterion": Setting((str,), None, "the uncertainty that poses are proposed by; else the sampler's own"),
    "sampler": Setting((str,), "duw", "how a batch is put together"),
    "variant": Setting((str,), "ours", "of the formulas: ours or paper"),
    "tau": Setting((int, float), 0.7, "the OKS from which a pose is right"),
    "audit": Setting((int, float), 0.0, "random check: share of a batch that is drawn at random besides"),
    "prior": Setting((int, float), 0.0, "share of what confidence lets expect in G before the first label"),
    "size": Setting((int, type(None)), None, "poses of a batch; None: 5 % of all"),
    "steps": Setting((int, type(None)), None, "of a fine-tuning; None: what the method asks for"),
    "budget": Setting((int, float, type(None)), 45.0, "seconds that a round estimates for; None: to the end"),
    "fill": Setting((int,), 1, "whether the rest is estimated while nothing else runs: 1 or 0"),
    # remembered of the videos
    "skeleton": Setting((dict,), None, "of the estimator; COCO-17 before there is one"),
    GIVEN_BOXES: Setting((list,), [], "videos whose boxes came from a file"),
    GIVEN_POSES: Setting((dict,), None, "by video, the name of the file that its poses of round 0 came from"),
    POSE_NETWORKS: Setting((dict,), None, "by video, the file in estimators/ that gives its first poses"),
    FINDING: Setting((dict,), None, "by video, how its people are found"),
    SPANS: Setting((dict,), None, "by video, first frame and frame after the last of each wanted span"),
    ASKED: Setting((list,), None, "videos that were to be estimated, also those that no time was left for"),
    # remembered of people and labels
    INTEREST: Setting((list,), None, "tracks of the people who matter; None: everyone does"),
    APART: Setting((list,), None, "pairs of tracks of whom the user said that they are two people"),
    LAST_TRACK: Setting((int,), 0, "the highest number that a track has ever had"),
    LOOKED: Setting((list,), None, "fingerprints of labels accepted as estimated after a look at them"),
    CONFIRMED: Setting((list,), None, "fingerprints of doubtful labels that were accepted a second time"),
}
BEGUN_WITH = {"sampler": "facility-location"}  # of a new project; one without began with an earlier version
