"""Files that cannot be read: what they are instead, in words for people."""

from pathlib import Path

POINTER = b"version https://git-lfs"
PAGES = (b"<!doctype", b"<html", b"<?xml")


def what_it_is(path: Path, kind: str) -> str:
    """What a file that is no such kind, or not all of one, looks like, and what to do, as what goes on from
    its name.
    """
    with path.open("rb") as file:
        start = file.read(200)
    if not start:
        return "is empty. Download or export it again."
    if start.startswith(POINTER):
        return "is the pointer that Git LFS keeps in place of the file. Fetch the file with: git lfs pull."
    if start.lstrip().lower().startswith(PAGES):
        return "is a web page. Download the file that it links to."
    return f"is cut short, damaged, or no {kind}. Download or export it again."
