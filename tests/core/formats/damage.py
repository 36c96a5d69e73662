"""Annotation files with something wrong in them, and what may come of one."""

import copy
import json
from collections.abc import Callable

import numpy as np
from hypothesis import strategies as st

from core.domain import UserError
from core.formats.coco import CocoDataset, CocoPerson

NAME = "labels.json"
garbage = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just(10**400),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=6,
)


def changed(content: dict) -> st.SearchStrategy[str]:
    """The file with one thing in it dropped or replaced by garbage."""

    def change(place: tuple, value: object, drop: bool) -> str:
        whole = copy.deepcopy(content)
        parent = whole
        for key in place[:-1]:
            parent = parent[key]
        if drop:
            del parent[place[-1]]
        else:
            parent[place[-1]] = value
        return json.dumps(whole)

    return st.builds(change, st.sampled_from(places(content)[1:]), garbage, st.booleans())


def torn(content: dict) -> st.SearchStrategy[list[str]]:
    """The file cut off somewhere, and with something put in at the same place."""
    text = json.dumps(content)
    return st.builds(
        lambda position, inserted: [text[:position], text[:position] + inserted + text[position:]],
        st.integers(0, len(text)),
        st.text(max_size=3),
    )


def places(content: object, path: tuple = ()) -> list[tuple]:
    """The path to everything in a JSON value."""
    items = (
        content.items()
        if isinstance(content, dict)
        else enumerate(content)
        if isinstance(content, list)
        else ()
    )
    return [path, *(place for key, value in items for place in places(value, (*path, key)))]


def read_or_refused(read: Callable[[str, str], CocoDataset], text: str) -> list[CocoPerson]:
    """The people, none where it was refused: one line that names the file; anything but a UserError is a
    fault.
    """
    try:
        people = read(text, NAME).people
    except UserError as error:
        people, refusal = [], str(error)
    else:
        refusal = NAME
    assert NAME in refusal
    assert "\n" not in refusal
    assert all(np.isfinite(person.points).all() for person in people)
    return people
