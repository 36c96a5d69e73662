"""Writing where the disk may refuse."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from safetensors import SafetensorError

from core.domain import UserError


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Makes the folder for what is written inside. Raises UserError when the disk refuses."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except (OSError, SafetensorError) as error:
        raise UserError(
            f"The estimator could not be written to {folder} ({error}). Free disk space or make the "
            "folder writable, then try again; nothing was changed."
        ) from error
