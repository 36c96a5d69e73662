"""A file or folder that somebody gives, looked into as far as it takes to tell what it is."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from core.domain import UserError
from core.formats.records import parse_any, read_text
from core.formats.sheet import read_sheet

TABLES = (".csv", ".tsv")
MOST_FILES = 1_000_000


@dataclass(frozen=True)
class Given:
    """path: absolute or not. Raises UserError where it is not there or cannot be read."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def ending(self) -> str:
        """In lower case, '' for a folder."""
        return "" if self.path.is_dir() else self.path.suffix.lower()

    @cached_property
    def text(self) -> str:
        return read_text(self.path)

    @cached_property
    def json(self) -> Any:
        """What a JSON file holds; None for another file."""
        return parse_any(self.text, self.name) if self.ending == ".json" else None

    @property
    def object(self) -> dict:
        """The same where it is an object, else an empty one."""
        return self.json if isinstance(self.json, dict) else {}

    @property
    def objects(self) -> list[dict]:
        """The same where it is a list of objects, else an empty one."""
        whole = isinstance(self.json, list) and all(isinstance(one, dict) for one in self.json)
        return self.json if whole else []

    @cached_property
    def lines(self) -> list[list[str]]:
        """The cells of a table; none of another file."""
        return read_sheet(self.text, self.name) if self.ending in TABLES else []

    def files(self, ending: str) -> list[Path]:
        """Those in a folder, by their names."""
        found = sorted(self.path.glob(f"*{ending}")) if self.path.is_dir() else []
        if len(found) > MOST_FILES:
            raise UserError(f"{self.path} has {len(found)} files, more than the {MOST_FILES} that are read.")
        return found
