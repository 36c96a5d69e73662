"""The five steps of the loop: where the user is, what can be done, and what to do next."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.session import Session


@dataclass(frozen=True)
class Facts:
    """What decides about the steps. busy: the job that runs; stop: labelling more is not expected to pay."""

    estimated: bool
    pending: int
    accepted: int
    accepted_now: int  # in the present round
    stop: bool
    busy: str | None


@dataclass(frozen=True)
class Step:
    """action: of the table. why: what is missing, empty when enabled."""

    name: str
    action: str
    why: str
    present: bool


@dataclass(frozen=True)
class Offer:
    """The one thing to do next."""

    text: str
    action: str


def facts_of(session: "Session", busy: str | None) -> Facts:
    accepted = [label for label in session.labels.values() if label.accepted]
    latest = session.rounds[-1] if session.rounds else None
    return Facts(
        estimated=session.predictions is not None,
        pending=len(session.pending),
        accepted=len(accepted),
        accepted_now=sum(label.pose.round == session.round for label in accepted),
        stop=latest is not None and latest.advice.stop,
        busy=busy,
    )


def offer(facts: Facts) -> Offer:
    if not facts.estimated:
        return Offer("Estimate all poses", "estimate")
    if facts.pending:
        return Offer(f"Correct the next of {facts.pending}", "next_queued")
    if facts.stop:
        return Offer("Export the poses", "export")
    if facts.accepted_now:
        return Offer(f"Fine-tune on {facts.accepted} {'label' if facts.accepted == 1 else 'labels'}", "finetune")
    return Offer("Propose poses to correct", "propose")


def steps(facts: Facts) -> tuple[Step, ...]:
    present = {"Estimating": "estimate", "Proposing": "propose", "Fine-tuning": "finetune", "Exporting": "export"}.get(
        facts.busy or "", offer(facts).action
    )
    unestimated = "" if facts.estimated else "Estimate the poses first."
    whys = {
        "estimate": _busy(facts),
        "propose": unestimated or _busy(facts),
        "next_queued": unestimated or ("" if facts.pending else "Nothing is waiting: propose a batch first."),
        "finetune": unestimated
        or ("" if facts.accepted else "Accept at least one corrected pose first.")
        or _busy(facts),
        "export": unestimated or _busy(facts),
    }
    names = ("Estimate", "Propose", "Correct", "Fine-tune", "Export")
    return tuple(
        Step(name, action, why, action == present) for name, (action, why) in zip(names, whys.items(), strict=True)
    )


def _busy(facts: Facts) -> str:
    return f"{facts.busy} is still running; wait for it or cancel it." if facts.busy else ""
