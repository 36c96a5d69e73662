import itertools

from core.domain.colours import person_colour


def test_16_people_who_follow_one_another_can_be_told_apart() -> None:
    colours = [bytes.fromhex(person_colour(place)[1:]) for place in range(16)]
    apart = [
        sum(abs(a - b) for a, b in zip(*pair, strict=True)) for pair in itertools.combinations(colours, 2)
    ]
    assert min(apart) > 60
    assert person_colour(16) == person_colour(0)
