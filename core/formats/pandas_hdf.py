"""Tables that pandas wrote into HDF5, in both of its layouts, without pandas and without running what is in
them.

"fixed": the labels of both axes as levels and codes beside the values. "table": rows of a PyTables table; the
names of its columns are a pickled list of tuples of texts, of which the texts alone are read.
"""

import pickletools
from typing import NamedTuple

import numpy as np

from core.formats.hdf import Group, groups, has, numbers, text, texts


class Frame(NamedTuple):
    """columns: the labels of each, all equally many; rows: those of each row; values: (rows, columns)
    float64.
    """

    columns: list[tuple[str, ...]]
    rows: list[tuple[str, ...]]
    values: np.ndarray


def find_frame(root: Group) -> Group | None:
    """The first table in a file."""
    return next((one for one in groups(root) if has(one, "table") or has(one, "block0_values")), None)


def read_frame(group: Group) -> Frame:
    """Raises ValueError, KeyError or TypeError for what is no such table."""
    return _table(group) if has(group, "table") else _fixed(group)


def _fixed(group: Group) -> Frame:
    columns, rows = _axis(group, "axis0"), _axis(group, "axis1")
    values = np.full((len(rows), len(columns)), np.nan)
    place = {label: at for at, label in enumerate(columns)}
    for block in range(int(group.attrs["nblocks"])):
        own = numbers(group, f"block{block}_values").astype(np.float64)
        values[:, [place[label] for label in _axis(group, f"block{block}_items")]] = own
    return Frame(columns, rows, values)


def _axis(group: Group, name: str) -> list[tuple[str, ...]]:
    if has(group, name):
        return [(one,) for one in _labels(group, name)]
    levels = []
    for level in range(int(group.attrs[f"{name}_nlevels"])):
        known, codes = _labels(group, f"{name}_level{level}"), numbers(group, f"{name}_label{level}")
        levels.append([known[code] if code >= 0 else "" for code in codes.tolist()])
    return list(zip(*levels, strict=True))


def _labels(group: Group, name: str) -> list[str]:
    return (
        texts(group, name)
        if group[name].dtype.kind in "SO"
        else [str(one) for one in numbers(group, name).tolist()]
    )


def _table(group: Group) -> Frame:
    table, attributes = numbers(group, "table"), group["table"].attrs
    names = list(table.dtype.names or ())
    fields = [name for name in names if name.startswith("values_block_")]
    columns: list[tuple[str, ...]] = []
    for field in fields:
        count = table[field].shape[1] if table[field].ndim > 1 else 1
        columns += _tuples(bytes(attributes[f"{field}_kind"]), count)
    values = np.concatenate(
        [table[field].reshape(len(table), -1).astype(np.float64) for field in fields], axis=1
    )
    others = [name for name in names if name not in fields]
    rows = list(zip(*([text(one) for one in table[name].tolist()] for name in others), strict=True))
    return Frame(columns, rows, values)


def _tuples(pickled: bytes, count: int) -> list[tuple[str, ...]]:
    """count: of the tuples."""
    words = _words(pickled)
    width, rest = divmod(len(words), count)
    if rest or not width:
        raise ValueError("the names of its columns are not told")
    return [tuple(words[at : at + width]) for at in range(0, len(words), width)]


def _words(pickled: bytes) -> list[str]:
    """The texts of a pickled list in their order, those that are only referred to as well."""
    words: list[str] = []
    memo: dict[int, str | None] = {}
    last: str | None = None
    for operation, argument, _ in pickletools.genops(pickled):
        name = operation.name
        if name == "MEMOIZE":
            memo[len(memo)] = last
        elif name.endswith("PUT"):
            memo[_number(argument)] = last
        elif name.endswith("GET"):
            last = memo.get(_number(argument))
            words += [last] if last is not None else []
        else:
            last = argument if "UNICODE" in name or "STRING" in name else None
            words += [last] if isinstance(last, str) else []
    return words


def _number(argument: object) -> int:
    return int(str(argument))
