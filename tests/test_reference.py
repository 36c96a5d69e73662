import numpy as np

from core.formats.coco import read, read_file, write
from tests.reference import ASSISTED, upside_down

WIDTH, HEIGHT = 1088, 1920


def test_the_reference_has_both_people_in_every_frame() -> None:
    dataset = read_file(ASSISTED)
    assert [image.frame for image in dataset.images.values()] == list(range(100))
    assert [(p.track, dataset.images[p.image].frame) for p in dataset.people] == [
        (track, frame) for frame in range(100) for track in (1, 2)
    ]
    for person in dataset.people:
        assert (person.visibility > 0).sum() >= 8
        placed = person.points[person.visibility > 0]
        assert ((placed >= 0) & (placed < (WIDTH, HEIGHT))).all()


def test_upside_down_twice_is_upright() -> None:
    dataset = read_file(ASSISTED)
    turned = upside_down(dataset, WIDTH, HEIGHT)
    again = upside_down(read(write(turned), "turned.json"), WIDTH, HEIGHT)
    for before, between, after in zip(dataset.people, turned.people, again.people, strict=True):
        np.testing.assert_allclose(after.points, before.points, atol=1e-9)
        np.testing.assert_allclose(after.box, before.box, atol=1e-9)
        placed = before.visibility > 0
        np.testing.assert_allclose(
            between.points[placed] + before.points[placed], [[WIDTH - 1, HEIGHT - 1]] * placed.sum()
        )
        assert (between.visibility == before.visibility).all()
        assert (between.points[before.visibility == 0] == 0).all()
