"""The criteria by name. A new one is a file beside this and a line here."""

from core.domain import UserError

# name -> (what it is called in the window, variants)
CRITERIA = {
    "thc": ("Temporal heatmap change", ("ours", "paper")),
    "wpu": ("Pose oddness", ("ours", "paper")),
    "lc": ("Least confidence", ()),
    "mpe": ("Multiple peak entropy", ()),
    "tpc": ("Temporal pose jumps", ("ours", "paper")),
    "entropy": ("Heatmap entropy", ()),
    "margin": ("Peak margin", ()),
    "influence": ("Distance to the pool", ()),
    "dropout": ("MC dropout", ()),
    "ensemble": ("Ensemble disagreement", ()),
}
FURTHER_PASSES = ("dropout", "ensemble")  # computed only where they are asked for: they take longer than the estimate
VARIANTS = ("ours", "paper")


def further_passes(criterion: str) -> frozenset[str]:
    """What a sum of criteria needs beyond one forward pass."""
    return frozenset(name for name in criterion.lower().replace(" ", "").split("+") if name in FURTHER_PASSES)


def parse(criterion: str, variant: str) -> list[str]:
    """'thc+wpu' -> ['thc.ours', 'wpu.ours']: the stored columns that make up a sum of criteria.

    Raises UserError for an unknown name or variant.
    """
    if variant not in VARIANTS:
        raise UserError(f"There is no variant {variant!r}. Choose ours or paper.")
    columns = []
    for name in criterion.lower().split("+"):
        name = name.strip()
        if name not in CRITERIA:
            raise UserError(
                f"There is no criterion {name!r}. Choose one of {', '.join(CRITERIA)}, or a sum like thc+wpu."
            )
        columns.append(f"{name}.{variant}" if CRITERIA[name][1] else name)
    return columns
