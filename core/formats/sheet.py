"""Tables as text, as spreadsheets save them: with commas, semicolons, tabs or bars, quotes, spaces and
decimal commas.
"""

import csv
import io
import re

from core.domain import UserError

SEPARATORS = ",;\t|"
TOLD = re.compile(r"\s*sep=(.)\n", re.IGNORECASE)  # in a first line of its own, for Excel
DECIMAL_COMMA = re.compile(r"([+-]?\d+),(\d+(?:[eE][+-]?\d+)?)")


def read_sheet(text: str, name: str) -> list[list[str]]:
    """The cells of each line, without spaces around them and with decimal points; a line without any is
    empty.

    name: the file's. Raises UserError.
    """
    told = TOLD.match(text)
    text = text[told.end() :] if told else text
    separator = told[1] if told else separator_of(text)
    try:
        lines = list(csv.reader(io.StringIO(text), delimiter=separator, skipinitialspace=True))
    except csv.Error as error:
        raise UserError(f"{name} is no table: {error}.") from error
    return [[_cell(cell, separator) for cell in line] if any(map(str.strip, line)) else [] for line in lines]


def separator_of(text: str) -> str:
    """What is there most often in the first line, outside of quotes."""
    first = re.sub(r'"[^"]*"', "", text.lstrip().partition("\n")[0])
    return max(SEPARATORS, key=first.count)


def _cell(cell: str, separator: str) -> str:
    cell = cell.strip()
    if separator != "," and (found := DECIMAL_COMMA.fullmatch(cell)):
        return f"{found[1]}.{found[2]}"
    return cell


def is_empty(cell: str) -> bool:
    """Whether nothing, or the word for it that pandas and R write, stands there."""
    return cell.casefold() in ("", "nan", "na", "none", "null")
