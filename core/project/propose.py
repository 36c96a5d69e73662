"""Which samples to label next."""


def default_size(pool: int) -> int:
    """max(5, 5 % of the pool), at most 40 (method, section 3)."""
    return min(40, max(5, round(0.05 * pool)))
