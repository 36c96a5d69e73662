"""What of a file was not taken, in words."""

from collections.abc import Mapping

ONE = {"boxes": "box", "people": "person"}


def not_taken_in_words(passed: Mapping[str, int]) -> list[str]:
    """passed: how many, by what they are, a noun in the plural first."""
    said = []
    for what, count in passed.items():
        noun, _, rest = what.partition(" ")
        noun = ONE.get(noun, noun.removesuffix("s")) if count == 1 else noun
        rest = rest.replace("that are", "that is", 1) if count == 1 else rest
        said.append(
            f"; {count} {noun} {rest}".rstrip() + (" was" if count == 1 else " were") + " passed over"
        )
    return said
