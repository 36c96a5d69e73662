"""Hints that several scopes give."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.session.session import Session
    from app.shortcuts.shortcuts import Shortcuts


def say_select_first(session: "Session", shortcuts: "Shortcuts") -> None:
    session.hint.emit(
        f"Select a person in this frame first: click one, or take the first{shortcuts.first('person_1')}."
    )


def say_estimate_first(session: "Session", shortcuts: "Shortcuts", then: str = "") -> None:
    """then: how the sentence goes on."""
    session.hint.emit(f"Estimate the poses first{shortcuts.first('estimate')}{then}.")
