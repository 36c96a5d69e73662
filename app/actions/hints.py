"""Hints that several scopes give."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.actions.shortcuts import Shortcuts
    from app.session.session import Session


def say_estimate_first(session: "Session", shortcuts: "Shortcuts", then: str = "") -> None:
    """then: how the sentence goes on."""
    session.hint.emit(f"Estimate the poses first{shortcuts.first('estimate')}{then}.")
