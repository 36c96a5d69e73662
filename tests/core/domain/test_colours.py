import itertools

from core.domain.colours import person_colour


def test_16_people_who_follow_one_another_can_be_told_apart() -> None:
    colours = [bytes.fromhex(person_colour(track)[1:]) for track in range(1, 17)]
    apart = [sum(abs(a - b) for a, b in zip(*pair, strict=True)) for pair in itertools.combinations(colours, 2)]
    assert min(apart) > 60
    assert person_colour(17) == person_colour(1)
