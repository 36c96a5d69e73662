"""Strict reading of what other programs wrote: whatever is wrong becomes one sentence that names the
record.
"""

import codecs
import json
import reprlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from core.domain import UserError
from core.domain.unreadable import POINTER, what_it_is

LARGEST_FILE = 1 << 30  # bytes
LARGEST_NUMBER = 1_000_000  # pixels; beyond any image, and small enough that areas stay exact
LARGEST_INTEGER = 2**53  # what every reader of JSON keeps exactly
LARGEST_FRAME = 10**9
BEGIN_WITH_POSES = "begin a project with its poses (Import poses…, or main.py estimate VIDEO --poses FILE)"


BYTE_ORDER_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_text(path: Path) -> str:
    """The whole of a text file in UTF-8, with or without a byte order mark, or in UTF-16 with one; its lines
    end in \\n, whatever they end in there.
    """
    try:
        size = path.stat().st_size
        if size > LARGEST_FILE:
            raise UserError(
                f"{path} has {size / 2**30:.1f} GiB, more than the 1 GiB that is read; give a part of it."
            )
        content = path.read_bytes()
        if content.startswith(POINTER):
            raise UserError(f"{path.name} {what_it_is(path, 'text file')}")
        text = content.decode("utf-16" if content.startswith(BYTE_ORDER_MARKS) else "utf-8-sig")
        return text.replace("\r\n", "\n").replace("\r", "\n")
    except FileNotFoundError as error:
        raise UserError(f"There is no file {path}; check the path.") from error
    except IsADirectoryError as error:
        raise UserError(f"{path} is a folder; choose a file in it.") from error
    except OSError as error:
        raise UserError(
            f"{path} cannot be read ({error.strerror or error}); check its permissions."
        ) from error
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not a text file in UTF-8; choose another or convert it.") from error


def parse(text: str, name: str) -> "Record":
    """The object that a JSON file is. name: the file's, for messages."""
    content = parse_any(text, name)
    if not isinstance(content, dict):
        raise UserError(
            f"{name} holds a JSON {_kind(content)}; an object with images and annotations is needed."
        )
    return Record(content, name, name)


def parse_any(text: str, name: str) -> Any:
    """What a JSON file holds. name: the file's, for messages."""
    try:
        return json.loads(text)
    except RecursionError as error:
        raise UserError(f"{name} is nested too deeply to be an annotation file.") from error
    except json.JSONDecodeError as error:
        raise UserError(
            f"{name} is not JSON: {error.msg} in line {error.lineno}, column {error.colno}."
        ) from error
    except ValueError as error:  # a number of more digits than Python converts
        raise UserError(f"{name} holds a number that is too long to be read.") from error


@dataclass(frozen=True)
class Record:
    """One JSON object. where: what a message calls it, e.g. 'annotation 17 in labels.json'; file: the
    file's name.
    """

    fields: dict
    where: str
    file: str

    def fail(self, rule: str) -> NoReturn:
        raise UserError(f"{self.where}: {rule}.")

    def has(self, key: str) -> bool:
        return self.fields.get(key) is not None

    def integer(self, key: str, smallest: int = -LARGEST_INTEGER, largest: int = LARGEST_INTEGER) -> int:
        value = self._required(key)
        if isinstance(value, bool) or not isinstance(value, int):
            self.fail(f"{key} is {reprlib.repr(value)}, a whole number is needed")
        if value < smallest:
            self.fail(f"{key} is {reprlib.repr(value)}, at least {smallest} is needed")
        if value > largest:
            self.fail(f"{key} is {reprlib.repr(value)}, at most {largest} is allowed")
        return value

    def number(self, key: str) -> float:
        return self._number(key, self._required(key), "is")

    def numbers(self, key: str) -> list[float]:
        """Finite numbers up to LARGEST_NUMBER."""
        return [self._number(key, value, "holds") for value in self._list(key)]

    def text(self, key: str) -> str:
        value = self._required(key)
        if not isinstance(value, str):
            self.fail(f"{key} is {reprlib.repr(value)}, a text is needed")
        return value

    def texts(self, key: str) -> list[str]:
        values = self._list(key)
        for value in values:
            if not isinstance(value, str):
                self.fail(f"{key} holds {reprlib.repr(value)}, texts are needed")
        return values

    def identity(self, key: str) -> str | int | None:
        """A number or a text that tells something apart from others; None where there is none."""
        value = self.fields.get(key)
        if value is not None and not isinstance(value, str | int):
            self.fail(f"{key} is {reprlib.repr(value)}, a number or a text is needed")
        return value

    def pairs(self, key: str) -> list[tuple[float, float]]:
        """x and y of several places, one after the other."""
        values = self.numbers(key)
        if len(values) % 2:
            self.fail(f"{key} has {len(values)} numbers, two are needed for each place")
        return list(zip(values[::2], values[1::2], strict=True))

    def record(self, key: str) -> "Record":
        value = self._required(key)
        if not isinstance(value, dict):
            self.fail(f"{key} is {reprlib.repr(value)}, an object is needed")
        return Record(value, f"{key} of {self.where}", self.file)

    def records(self, key: str, noun: str) -> list["Record"]:
        """The objects of a list, called by their id where they have one."""
        result = []
        for position, value in enumerate(self._list(key), 1):
            where = f"{noun} number {position} in {self.file}"
            if not isinstance(value, dict):
                raise UserError(f"{where}: it is {reprlib.repr(value)}, an object is needed.")
            if type(value.get("id")) is int:
                where = f"{noun} {reprlib.repr(value['id'])} in {self.file}"
            result.append(Record(value, where, self.file))
        return result

    def _required(self, key: str) -> Any:
        if not self.has(key):
            self.fail(f"{key} is missing")
        return self.fields[key]

    def _list(self, key: str) -> list:
        value = self._required(key)
        if not isinstance(value, list):
            self.fail(f"{key} is {reprlib.repr(value)}, a list is needed")
        return value

    def _number(self, key: str, value: object, verb: str) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.fail(f"{key} {verb} {reprlib.repr(value)} where a number is needed")
        if not abs(value) <= LARGEST_NUMBER:  # also refuses NaN
            self.fail(f"{key} {verb} {reprlib.repr(value)}, numbers up to {LARGEST_NUMBER} are allowed")
        return float(value)


def _kind(content: object) -> str:
    return {list: "list", str: "text", type(None): "null", bool: "truth value"}.get(type(content), "number")
