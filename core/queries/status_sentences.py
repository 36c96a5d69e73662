"""What is to be said of a project's state, in sentences; '' where there is nothing to say."""

from core.domain.skeleton import USUAL_SIGMA
from core.project.project import Project
from core.project.video_names import shown_names
from core.queries.status import RoundStatus
from core.queries.stray_poses import Strays, in_doubt
from core.uncertainty.pose_unnaturalness import PoseUnnaturalness

NAMED = 3  # in a sentence, at most
MOST = 0.75  # of the steps: so many do nearly as well as all
OFTEN = 0.1  # of all poses: whoever has fewer may well go without a label


def audit_in_words(rounds: list[RoundStatus]) -> str:
    """What the latest random check says, and of which round where that is not the present one; '' without
    any.
    """
    entry = next((entry for entry in reversed(rounds) if entry.audit), None)
    if entry is None or entry.audit is None:
        return ""
    sentence = entry.audit.sentence
    return sentence if entry is rounds[-1] else f"In round {entry.round}, {sentence[0].lower()}{sentence[1:]}"


def strays_in_words(rounds: list[RoundStatus]) -> str:
    """Poses of the present round that cannot be right, unless the advice counts them, and labels that are not
    learned from; '' without any.
    """
    if not rounds:
        return ""
    strays, labels = rounds[-1].strays, len(rounds[-1].doubtful)
    counted = bool(strays.sentence) and strays.sentence in rounds[-1].advice.sentence
    sentences = []
    if strays.on_neighbour and not counted:
        sentences.append(f"{Strays(strays.on_neighbour).sentence}: proposed first.")
    unsure = Strays(0, strays.on_nobody, strays.unsure).sentence
    if unsure and not counted:
        sentences.append(
            f"{unsure}: look at them{', or say that nobody is there' if strays.on_nobody else ''}."
        )
    if labels:
        it = "it is" if labels == 1 else "they are"
        sentences.append(
            f"{in_doubt(labels)}: {it} not learned from until corrected or accepted a second time."
        )
    return " ".join(sentences)


def refused_in_words(rounds: list[RoundStatus]) -> str:
    """Why what was last fine-tuned was not kept; '' where a new round came of it."""
    return rounds[-1].refused if rounds else ""


def hurried_in_words(rounds: list[RoundStatus]) -> str:
    """That the latest training had time for few of its steps; '' where it had most or all of them."""
    latest = rounds[-1] if rounds else None
    if latest is None or not latest.wanted or not latest.steps or latest.steps >= MOST * latest.wanted:
        return ""
    sentence = f"There was time for {latest.steps} of the {latest.wanted} steps that fine-tuning would take"
    if latest.adapted is not None and latest.adapted < 1:
        say = f"{latest.adapted:.0%}" if latest.adapted >= 0.01 else "next to nothing"
        sentence += f", so what it learned counts for {say}"
    minutes = max(1.0, (latest.seconds or 0) / latest.steps * latest.wanted / 60)
    return (
        f"{sentence}. All of them take about {minutes:.0f} min here: give {latest.wanted} as Fine-tuning "
        "steps in the settings, or as --steps."
    )


def unlabelled_in_words(project: Project) -> str:
    """Who is often seen and has no label while others have, nor a pose that waits for one, and of several
    videos in which; '' without anybody.
    """
    labelled = {sample.track for sample in project.labels()}
    if not labelled:
        return ""
    labelled |= {item.sample.track for item in project.queue() if not item.skipped}
    videos = project.videos()
    tracks = {video: project.tracks(video.id) for video in videos}
    often = OFTEN * sum(len(track.frames) for own in tracks.values() for track in own)
    called, parts, count = shown_names(videos), [], 0
    for video, own in tracks.items():
        names = [track.name for track in own if track.id not in labelled and len(track.frames) >= often]
        if names:
            parts.append(listed(names, "more") + (f" of {called[video.id]}" if len(videos) > 1 else ""))
        count += len(names)
    if not parts:
        return ""
    has = "has" if count == 1 else "have"
    who = listed(parts, "more videos")
    return f"{who} {has} no label yet: fine-tuning on the others may make them worse."


def listed(names: list[str], further: str) -> str:
    """At most NAMED of them; further: what those left out are called."""
    if len(names) > NAMED:
        names = [*names[: NAMED - 1], f"{len(names) - NAMED + 1} {further}"]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def parity_in_words(rounds: list[RoundStatus]) -> str:
    """How far the present estimator's ONNX file is from what was trained; '' where that was not kept."""
    parity = rounds[-1].parity if rounds else None
    return f"The exported estimator was checked against torch: {parity.sentence}." if parity else ""


def estimation_only_in_words(rounds: list[RoundStatus]) -> str:
    """That the present estimator cannot be fine-tuned, and why; '' where it can."""
    why = rounds[-1].untrainable if rounds else ""
    return (
        f"This estimator is for estimation only, because {why}. Fine-tuning needs a project with another."
        if why
        else ""
    )


def criterion_in_words(project: Project) -> str:
    """Why poses are not proposed by the usual criterion; '' where they may be."""
    why = PoseUnnaturalness.unavailable(project.skeleton)
    return (
        f"Unlikely postures (WPU) are not noticed, because {why}; poses are proposed by "
        f"{project.setting('criterion')}."
        if why
        else ""
    )


def sigmas_in_words(project: Project) -> str:
    """That OKS is rough where nothing is known of how exactly a joint can be told; '' where that is known
    of all.
    """
    skeleton = project.skeleton
    usual = [
        joint for joint, sigma in zip(skeleton.joints, skeleton.sigmas, strict=True) if sigma == USUAL_SIGMA
    ]
    if not usual:
        return ""
    names = f"{', '.join(usual[:3])}{' …' if len(usual) > 3 else ''}"
    return (
        "Which poses are right, and the advice to stop, are rough: nothing is known of how exactly one "
        f"can tell {names} (σ is {USUAL_SIGMA:g}, as of most joints)."
    )
