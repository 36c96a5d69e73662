"""What of the video is estimated, for the strip that shows all of it."""

import numpy as np

from core.project.store.coverage import NEVER, Coverage
from core.queries.coverage import percent


def frames_covered(coverage: Coverage) -> tuple[np.ndarray, np.ndarray]:
    """(n,) bool each: frames that the present round has estimated, and those that only an earlier one has."""
    lengths = coverage.stop - coverage.start
    present = coverage.rounds == coverage.number
    older = (coverage.rounds != NEVER) & ~present
    return np.repeat(present, lengths), np.repeat(older, lengths)


def in_words(coverage: Coverage, filling: bool) -> str:
    """'' where everything is estimated by the present round."""
    if coverage.done == coverage.frames:
        return ""
    text = f"Round {coverage.number}: {percent(coverage.share)} estimated"
    return f"{text} · filling in" if filling else text


def explained(coverage: Coverage) -> str:
    """For a tooltip."""
    earlier = coverage.seen - coverage.done
    parts = [f"{coverage.done:,} of {coverage.frames:,} frames are estimated by round {coverage.number}"]
    if earlier:
        parts.append(f"{earlier:,} are as earlier rounds estimated them, drawn with dots")
    if coverage.frames > coverage.seen:
        parts.append(f"{coverage.frames - coverage.seen:,} are not estimated yet")
    return (
        "; ".join(parts)
        + ". The rest is filled in while nothing else runs, or with Batch → Estimate everything."
    )
