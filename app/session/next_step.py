"""The five steps of the loop: where the user is, what can be done, and what to do next."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.domain import SampleId, UserError

if TYPE_CHECKING:
    from app.session.session import Session

CHANGING = ("estimate", "finish", "propose", "finetune", "adapt", "go_back", "find_people", "import_poses")
NOTHING_LEFT = "Nothing is left to propose: every pose is labelled, queued or skipped."


@dataclass(frozen=True)
class Facts:
    """What decides about the steps. exhausted: nothing is left to propose; busy: the job that runs; stop:
    labelling more is not expected to pay; read_only: why nothing may change, if so; untrainable: why the
    estimator cannot be fine-tuned.
    """

    estimated: bool
    pending: int
    accepted: int
    accepted_now: int  # of them those the present estimator has not learned
    stop: bool
    round: int | None
    busy: str | None
    read_only: str = ""
    untrainable: str = ""
    exhausted: bool = False
    incomplete: bool = False


@dataclass(frozen=True)
class Step:
    """action: of the table. why: what is missing, empty when enabled."""

    name: str
    action: str
    why: str
    present: bool


@dataclass(frozen=True)
class Offer:
    """The one thing to do next. why: as of a step."""

    text: str
    action: str
    why: str


def facts_of(session: "Session", busy: str | None) -> Facts:
    from core.queries.status import learned
    from core.queries.status_sentences import estimation_only_in_words

    accepted = [
        label
        for label in session.labels.values()
        if label.accepted and label.sample.track not in session.context
    ]
    latest = session.rounds[-1] if session.rounds else None
    return Facts(
        estimated=session.predictions is not None,
        pending=len(session.pending),
        accepted=len(accepted),
        accepted_now=len(accepted) - len(learned(accepted, session.present)),
        round=session.round,
        stop=latest is not None and latest.advice.stop,
        busy=busy,
        read_only=session.project.store.why_read_only if session.read_only else "",
        untrainable=estimation_only_in_words(session.rounds),
        exhausted=exhausted(session),
        incomplete=is_incomplete(session),
    )


def is_incomplete(session: "Session") -> bool:
    """Whether the present round has not estimated all that is wanted, in videos that were begun."""
    return any(one.share < 1 for one in session.coverage)


def exhausted(session: "Session") -> bool:
    """Whether every pose was taken already."""
    if (
        session.predictions is None
        or len(session.labels) + len(session.queue) < session.predictions.count_computed()
    ):
        return False
    from core.workflow.propose import is_exhausted

    try:
        return is_exhausted(session.project, session.labels.keys() | {item.sample for item in session.queue})
    except UserError:  # damaged files, which was said
        return False


def waiting_beside(session: "Session", sample: SampleId | None, direction: int) -> SampleId | None:
    """The nearest pending sample after or before one of the queue, itself where there is no other."""
    queue = [item.sample for item in session.queue]
    pending = {item.sample for item in session.pending}
    places = [place for place, waiting in enumerate(queue) if waiting in pending]
    if not places:
        return None
    here = queue.index(sample) if sample in queue else -1
    if direction > 0:
        return queue[next((p for p in places if p > here), places[0])]
    return queue[next((p for p in reversed(places) if p < here), places[-1])]


def offer(facts: Facts) -> Offer:
    text, action = _next(facts)
    return Offer(text, action, why_not(facts, action))


def _next(facts: Facts) -> tuple[str, str]:
    if not facts.estimated:
        return "Estimate all poses", "estimate"
    if facts.pending:
        return f"Correct the next of {facts.pending}", "next_queued"
    if facts.stop or (facts.exhausted and not (facts.accepted_now and not facts.untrainable)):
        return "Export the poses", "export"
    if facts.accepted_now and not facts.untrainable:
        return f"Fine-tune on {facts.accepted} {'label' if facts.accepted == 1 else 'labels'}", "finetune"
    return "Propose poses to correct", "propose"


STEPS = {
    "Estimate": "estimate",
    "Propose": "propose",
    "Correct": "next_queued",
    "Fine-tune": "finetune",
    "Review": "review",
}
JOBS = {"Estimating": "estimate", "Proposing": "propose", "Fine-tuning": "finetune"}


def steps(facts: Facts) -> tuple[Step, ...]:
    present = JOBS.get(facts.busy or "") or _present(facts)
    return tuple(
        Step(name, action, why_not(facts, action), action == present) for name, action in STEPS.items()
    )


def _present(facts: Facts) -> str:
    """A round that nobody has gone on from is to be reviewed, and one that is good enough."""
    _, action = _next(facts)
    untouched = bool(facts.round) and not facts.pending and not facts.accepted_now
    return "review" if untouched or action == "export" else action


def why_not(facts: Facts, action: str) -> str:
    """What is missing for a step or the export; empty when it can be done."""
    if facts.read_only and action in CHANGING:
        return f"{facts.read_only}."
    if not facts.estimated and action not in ("estimate", "find_people", "import_poses"):
        return "Estimate the poses first."
    if action == "finish" and not facts.incomplete:
        return f"Round {facts.round} has estimated everything that is wanted."
    if action == "go_back" and not facts.round:
        return "There is no earlier round to go back to yet: fine-tune first."
    if action == "propose" and facts.exhausted:
        return NOTHING_LEFT
    if action == "next_queued":
        return "" if facts.pending else "Nothing is waiting: propose a batch first."
    if action in ("finetune", "adapt") and facts.untrainable:
        return facts.untrainable
    if action == "adapt" and facts.accepted:
        return "There are labels to learn from already: fine-tune on them."
    if action == "finetune" and not facts.accepted:
        return "Accept at least one corrected pose first."
    if action == "review" or not facts.busy:
        return ""
    return f"{facts.busy} is still running; wait for it or cancel it."
