"""A skeleton from a file is checked before anything rests on it."""

import pytest

from core.domain import COCO17, Skeleton, UserError
from core.domain.skeleton import MOST_JOINTS, USUAL_SIGMA

GOOD = {
    "name": "Three",
    "joints": ["a", "b", "c"],
    "edges": [[0, 1]],
    "flip_pairs": [[1, 2]],
    "sigmas": [0.1, 0.1, 1],
}


def test_a_skeleton_comes_back():
    assert Skeleton.from_json(COCO17.to_json()) == COCO17
    assert Skeleton.from_json(GOOD).to_json() == GOOD


def test_sigmas_left_out_are_cocos_by_name_or_the_usual_one():
    skeleton = Skeleton.from_json({"joints": ["nose", "tail"]})
    assert skeleton.sigmas == (0.026, USUAL_SIGMA)
    assert (skeleton.edges, skeleton.flip_pairs) == ((), ())


def test_joints_are_found_by_name():
    assert COCO17.places_of(("left_hip", "tail", "nose")).tolist() == [11, -1, 0]
    assert COCO17.places_of(("LHip", "tail", "Nose")).tolist() == [11, -1, 0]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"joints": []}, "needs between 1 and 512 joints"),
        ({"joints": [f"j{n}" for n in range(MOST_JOINTS + 1)]}, "needs between 1 and 512 joints"),
        ({"joints": "abc"}, "joints must be a list"),
        ({"joints": ["a", 2, "c"]}, "number 2 is 2"),
        ({"joints": ["a", "b", "  "]}, "number 3 is '  '"),
        ({"joints": ["a", "b\nb", "c"]}, "number 2 is 'b\\nb'"),
        ({"joints": ["a", "b", "c" * 300]}, "a name of 1 to 100 printed characters; number 3 is"),
        ({"name": ["a"]}, "name is text of 1 to 100 characters"),
        ({"sigmas": [0.1, 1e308, 0.1]}, "from 0.0001 to 10"),
        ({"sigmas": [0.1, 1e-300, 0.1]}, "from 0.0001 to 10"),
        ({"sigmas": [0.1, 10**400, 0.1]}, "from 0.0001 to 10"),
        ({"joints": ["a", "b", "b"]}, "more than one joint 'b'"),
        ({"edges": [[0, 3]]}, "edges holds"),
        ({"edges": [[0, -1]]}, "edges holds"),
        ({"edges": [[0, 1.5]]}, "edges holds"),
        ({"edges": [7]}, "edges holds 7"),
        ({"flip_pairs": [[1, 1]]}, "flip_pairs holds"),
        ({"flip_pairs": [[0, 1], [1, 2]]}, "'b' in more than one of its flip_pairs"),
        ({"sigmas": [0.1]}, "a sigma above 0 for each of its 3 joints"),
        ({"sigmas": [0.1, 0, 0.1]}, "a sigma above 0"),
        ({"sigmas": [0.1, float("nan"), 0.1]}, "a sigma above 0"),
        ({"sigmas": [0.1, True, 0.1]}, "a sigma above 0"),
    ],
)
def test_what_breaks_a_rule_is_refused(change, sentence):
    with pytest.raises(UserError) as refused:
        Skeleton.from_json(GOOD | change)
    assert sentence in str(refused.value)


@pytest.mark.parametrize("data", [None, [], "skeleton", 3])
def test_what_is_no_object_is_refused(data):
    with pytest.raises(UserError, match="A skeleton is a JSON object"):
        Skeleton.from_json(data)
