"""One table of everything a user can do; menus, tool bar, shortcut presets and the cheat sheet are made from it."""

from dataclasses import dataclass
from enum import Enum

from app.style.choices import curve_name
from core.uncertainty.criteria import CRITERIA


class Scope(Enum):
    """When an action can be used."""

    WINDOW = "always"
    PROJECT = "with a project open"


@dataclass(frozen=True)
class Action:
    """keys: of the default preset. handler: the method of Handlers that it calls with args. hold: repeats while the key is
    held down.
    """

    id: str
    text: str
    keys: tuple[str, ...]
    menu: str
    tooltip: str
    handler: str
    args: tuple = ()
    icon: str | None = None
    scope: Scope = Scope.PROJECT
    hold: bool = False
    separator: bool = False  # above it in the menu
    checkable: bool = False  # the handler receives whether it is on; remembered between two starts
    on: bool = False  # at the first start


def _window(id: str, text: str, keys: tuple[str, ...], menu: str, tooltip: str, handler: str, **more) -> Action:
    return Action(id, text, keys, menu, tooltip, handler, scope=Scope.WINDOW, **more)


def _step(id: str, text: str, keys: tuple[str, ...], by: int, icon: str | None = None, separator=False) -> Action:
    tooltip = f"Go {abs(by)} {'frame' if abs(by) == 1 else 'frames'} {'forward' if by > 0 else 'back'}"
    return Action(id, text, keys, "Go", tooltip, "step", (by,), icon, hold=True, separator=separator)


def _nudge(direction: str, dx: int, dy: int) -> tuple[Action, ...]:
    sizes = (("", "Shift", 1.0), ("_fine", "Ctrl+Shift", 0.25), ("_far", "Alt+Shift", 10.0))
    return tuple(
        Action(
            f"nudge_{direction}{suffix}",
            f"Nudge {direction} by {size:g} px",
            (f"{modifier}+{direction.title()}",),
            "Nudge",
            f"Move the selected joint {size:g} px {direction}",
            "nudge",
            (dx * size, dy * size),
            hold=True,
        )
        for suffix, modifier, size in sizes
    )


def _curve(name: str, title: str) -> Action:
    text, tooltip = f"{curve_name(name)} · {title}", f"Show it in a lane of the timeline: {title}"
    shown = name in ("thc", "wpu", "chosen")
    return _window(f"curve_{name}", text, (), "Curves", tooltip, "show_curve", args=(name,), checkable=True, on=shown)


PANELS = ("people", "joints", "queue", "rounds", "review", "timeline")


def _panel(name: str) -> Action:
    title = name.capitalize()
    return _window(
        f"panel_{name}", title, (), "Panels", f"Show or hide the panel {title}", "show_panels", checkable=True, on=True
    )


ACTIONS: tuple[Action, ...] = (
    _window("open_video", "Open video…", ("Ctrl+O",), "File",
            "Open a video to adapt to", "open_video", icon="movie-open-outline"),
    _window("open_project", "Open project…", ("Ctrl+Shift+O",), "File",
            "Open a project's folder", "open_folder", args=("Open a project's folder",), icon="folder-open-outline"),
    _window("open_images", "Open a folder of images…", (), "File",
            "Images that follow one another as the frames of a video do", "open_folder", args=("Open a folder of images",)),
    Action("add_video", "Add videos…", (), "File",
           "More videos; one estimator learns from all of them", "add_video", icon="movie-plus-outline"),
    Action("add_images", "Add a folder of images…", (), "File", "As one more video", "add_images"),
    _window("open_demo", "Open the demo clip", (), "File",
            "Try everything on a clip that comes along", "open_demo", icon="play-box-outline"),
    Action("estimators", "Estimators…", ("Ctrl+Shift+E",), "File",
           "Choose, import and compare estimators", "show_estimators", icon="brain", separator=True),
    Action("export", "Export…", ("Ctrl+E",), "File",
           "Write the poses to a file other tools read", "export", icon="export-variant", separator=True),
    Action("import_labels", "Import labels…", ("Ctrl+I",), "File",
           "Take labels that were made with another tool", "import_labels", icon="import"),
    Action("settings", "Settings…", ("Ctrl+,",), "File",
           "How this project estimates, proposes and fine-tunes", "show_settings", icon="cog-outline"),
    Action("close_project", "Close the project", ("Ctrl+W",), "File",
           "Back to the welcome page; everything is saved", "leave_project"),
    _window("quit", "Quit", ("Ctrl+Q",), "File", "Close the window; everything is saved", "quit", separator=True),
    Action("undo", "Undo", ("Ctrl+Z",), "Edit", "Take the last change back", "undo", icon="undo", hold=True),
    Action("redo", "Redo", ("Ctrl+Shift+Z", "Ctrl+Y"), "Edit",
           "Do again what was taken back", "redo", icon="redo", hold=True),
    Action("cycle_visibility", "Visible → occluded → missing", ("Q",), "Edit",
           "Change the joint under the cursor, or the selected one", "cycle_visibility", icon="eye-outline", separator=True),
    Action("swap_person", "Swap left and right", ("M",), "Edit",
           "Exchange all left and right joints of the person", "swap_sides", (False,), icon="swap-horizontal"),
    Action("swap_limb", "Swap left and right of the limb", ("Shift+M",), "Edit",
           "Exchange left and right of the selected joint and those beyond it", "swap_sides", (True,)),
    Action("copy_previous", "Pose from the previous frame", ("C",), "Edit",
           "Take over the person's pose in the frame before", "copy_pose", (-1,), icon="content-copy"),
    Action("copy_next", "Pose from the next frame", ("Shift+C",), "Edit",
           "Take over the person's pose in the frame after", "copy_pose", (1,)),
    Action("interpolate", "Interpolate between labels", ("I",), "Edit",
           "The pose between the person's nearest accepted labels before and after", "interpolate", icon="vector-line"),
    Action("interpolate_all", "Interpolate all between labels", ("Shift+I",), "Edit",
           "Labels for all frames between the person's nearest accepted labels before and after", "interpolate_all",
           icon="chart-timeline-variant"),
    Action("remove_label", "Remove the label", ("Delete",), "Edit",
           "Back to what the estimator says", "remove_label", icon="eraser"),
    Action("draw_person", "Draw a box", ("N",), "People",
           "Drag a box around somebody who has none in this frame; the pose in it is estimated at once", "draw_person",
           icon="vector-square-plus"),
    Action("estimate_again", "Estimate again in the box", ("P",), "People",
           "A new pose from the present box, moved or scaled; labels stay", "estimate_again", icon="refresh"),
    Action("only_person", "Only this person matters", ("K",), "People",
           "Everyone else becomes context: kept and shown faintly, neither estimated further, proposed nor exported; "
           "again on anybody, or on the same, to bring them back", "only_person", icon="account-star-outline",
           separator=True),
    Action("choose_people", "Choose who matters…", ("Shift+K",), "People",
           "Everyone who was found, the largest and longest first: pick those who matter", "choose_people",
           icon="account-group-outline"),
    Action("everyone_matters", "Everyone matters", (), "People",
           "Nobody is context any more", "everyone_matters"),
    Action("rename_person", "Rename", ("F2",), "People",
           "Give the selected person another name", "rename_person", icon="rename-outline"),
    Action("merge_person", "Merge into…", ("Ctrl+M",), "People",
           "This person and another, who are never in one frame, are the same; all who are selected become one",
           "merge_person", icon="call-merge",
           separator=True),
    Action("split_person", "Split from this frame on", (), "People",
           "From here on it is somebody new", "split_person", icon="call-split"),
    Action("swap_people", "Swap from this frame on with…", (), "People",
           "From here on this person and another are each other", "swap_people", icon="swap-horizontal-bold"),
    Action("find_people", "Find people again…", (), "People",
           "Detect and follow people anew in some frames, with other settings; what you drew and labelled stays",
           "find_people", icon="account-search-outline", separator=True),
    Action("next_suspect", "Next doubtful track", ("Shift+N",), "People",
           "Go to the next person who looks wrong: hardly seen, jumping, lost, swapped or there twice", "next_suspect",
           icon="account-alert-outline"),
    Action("same_person", "The same person", ("Y",), "People",
           "Go to somebody who is probably one of the others; there: yes, they are the same", "same_person",
           icon="account-check-outline"),
    Action("other_person", "Two people", ("Shift+Y",), "People",
           "No, they are not the same: it is not asked again", "other_person", icon="account-multiple-outline"),
    Action("nobody_here", "Nobody here", ("Backspace",), "People",
           "Nobody is here, nor in the frames about it that look the same: delete them, and go to the next of the queue",
           "nobody_here", icon="account-cancel-outline", separator=True),
    Action("delete_in_frame", "Delete in this frame", (), "People",
           "Nobody is there in this frame", "delete_in_frame", icon="account-remove-outline"),
    Action("delete_person", "Delete in all frames", ("Shift+Delete",), "People",
           "Nobody is there at all, of all who are selected", "delete_person", icon="account-off-outline"),
    _step("previous_frame", "Previous frame", ("Left", "A"), -1, "chevron-left"),
    _step("next_frame", "Next frame", ("Right", "D"), 1, "chevron-right"),
    _step("back_10", "10 frames back", ("Ctrl+Left",), -10),
    _step("forward_10", "10 frames forward", ("Ctrl+Right",), 10),
    _step("back_100", "100 frames back", ("PgUp",), -100),
    _step("forward_100", "100 frames forward", ("PgDown",), 100),
    Action("first_frame", "First frame", ("Home",), "Go",
           "To the first frame", "go_to_end", (False,), "skip-previous"),
    Action("last_frame", "Last frame", ("End",), "Go", "To the last frame", "go_to_end", (True,), "skip-next"),
    Action("go_to_frame", "Go to frame…", ("Ctrl+G",), "Go",
           "To a frame by its number, or a time such as 1:23.4", "go_to_frame", icon="numeric"),
    Action("next_video", "Next video", ("Ctrl+PgDown",), "Go", "The next of the project's videos", "change_video", (1,)),
    Action("previous_video", "Previous video", ("Ctrl+PgUp",), "Go",
           "The one of the project's videos before", "change_video", (-1,)),
    Action("play", "Play or pause", ("Ctrl+Space",), "Go", "Play in real time, or stop", "play", icon="play"),
    Action("slower", "Slower", ("[",), "Go", "Play at half the speed", "change_speed", (-1,)),
    Action("faster", "Faster", ("]",), "Go", "Play at twice the speed", "change_speed", (1,)),
    Action("next_queued", "Next queued sample", ("Space",), "Go",
           "To the next sample that waits for a label", "go_to_queued", (1,), icon="page-next-outline", separator=True),
    Action("previous_queued", "Previous queued sample", ("Shift+Space",), "Go",
           "To the previous sample that waits for a label", "go_to_queued", (-1,), icon="page-previous-outline"),
    Action("next_doubtful", "Next doubtful joint", ("Tab",), "Go",
           "Select the most doubtful joint, then the others as doubt falls", "step_doubt", (1,), hold=True, separator=True),
    Action("previous_doubtful", "Previous doubtful joint", ("Shift+Tab",), "Go",
           "Select the joint that is a little more doubtful", "step_doubt", (-1,), hold=True),
    Action("next_joint", "Next joint", ("S",), "Go", "Select the next joint", "step_joint", (1,), hold=True),
    Action("previous_joint", "Previous joint", ("W",), "Go", "Select the previous joint", "step_joint", (-1,), hold=True),
    *(
        Action(f"person_{n}", f"Person {n}", (str(n),), "Go to person",
               f"Select person {n} of the frame", "select_person", (n - 1,))
        for n in range(1, 10)
    ),
    *_nudge("left", -1, 0),
    *_nudge("right", 1, 0),
    *_nudge("up", 0, -1),
    *_nudge("down", 0, 1),
    Action("estimate", "Estimate", ("Ctrl+R",), "Batch",
           "Find the people and estimate their poses, evenly over all videos, for as long as the settings say", "estimate",
           icon="human"),
    Action("estimate_video", "Estimate this video only", ("Ctrl+Alt+E",), "Batch",
           "The same for the video on screen alone", "estimate_video"),
    Action("finish", "Estimate everything", ("Ctrl+Alt+R",), "Batch",
           "What the present round has not estimated yet, in all videos", "finish", icon="progress-check"),
    Action("want_span", "Only the marked span matters", ("Ctrl+K",), "Batch",
           "Drag with Shift on the timeline to mark frames; only marked ones are estimated and proposed from then on, in as "
           "many spans as you like", "want_span", icon="select-drag"),
    Action("want_everything", "All frames matter", ("Ctrl+Shift+K",), "Batch",
           "Forget which spans of the video were marked as all that matters", "want_everything"),
    Action("propose", "Propose the next batch", ("B",), "Batch",
           "Choose the poses that are worth correcting", "propose", icon="lightbulb-on-outline"),
    Action("accept", "Accept the pose", ("Return", "Enter"), "Batch",
           "The pose is right: make it a label and go to the next", "accept", icon="check"),
    Action("skip", "Skip the sample", ("X",), "Batch",
           "Leave it without a label and go to the next", "skip", icon="debug-step-over"),
    Action("postpone", "Postpone the sample", ("Shift+X",), "Batch",
           "Move it to the end of the queue and go to the next", "postpone", icon="arrow-collapse-down"),
    Action("enqueue", "Add to the queue", ("E",), "Batch",
           "Queue the selected person in this frame", "enqueue", icon="playlist-plus"),
    Action("finetune", "Fine-tune", ("Ctrl+L",), "Batch",
           "Adapt the estimator to the accepted labels, then estimate again", "finetune", icon="tune-variant"),
    Action("adapt", "Adapt without labels", ("Ctrl+Alt+L",), "Batch",
           "Before the first label: learn from the poses that are sure, then estimate again", "adapt", icon="auto-fix"),
    Action("go_back", "Go back to an earlier round…", (), "Batch",
           "The next round has an earlier one's estimator; labels and the rounds between stay", "go_back", icon="history"),
    Action("finish_training", "Stop training, keep what it learned", ("Ctrl+Shift+L",), "Batch",
           "End the fine-tuning now and go on with what it learned so far", "finish_training", icon="flag-checkered"),
    Action("cancel_job", "Cancel what runs", ("Ctrl+.",), "Batch",
           "Stop the running work; what is estimated by then stays", "cancel_job", icon="close-circle-outline"),
    Action("review", "Review the round", ("Shift+R",), "Batch",
           "What the last fine-tuning changed, and what it doubts", "show_review", icon="clipboard-check-outline"),
    Action("next_doubted", "Next doubted label", ("Shift+D",), "Batch",
           "Go to the next label that the estimator does not agree with", "next_doubted", icon="account-question-outline"),
    Action("zoom_person", "Zoom to the person", ("Z",), "View",
           "Fill the view with the selected person", "zoom_person", icon="magnify-plus-outline"),
    Action("zoom_frame", "Whole frame", ("Shift+Z",), "View",
           "Show the whole frame", "zoom_frame", icon="fit-to-page-outline"),
    Action("hide_people", "Hide the people", ("H",), "View",
           "Hold to see the picture without skeletons", "hide_people", icon="eye-off-outline"),
    Action("show_neighbours", "Neighbouring frames' poses", ("O",), "View",
           "Hold to see the poses of the frame before (dotted) and after", "show_neighbours", icon="layers-outline"),
    Action("show_before", "Poses of the round before", ("Shift+O",), "View",
           "Hold to see where the poses were before the last fine-tuning", "show_before", icon="history"),
    Action("show_heatmap", "Heatmap of the joint", ("J",), "View",
           "Show or hide where the selected joint may be; it snaps to the peaks", "show_heatmap", icon="blur"),
    _window("brighten", "Brighten", ("Shift+B",), "View",
            "Show dark pictures lighter; nothing but the display changes", "brighten", checkable=True),
    *(_panel(name) for name in PANELS),
    _window("reset_panels", "All in their places", (), "Panels",
            "Put every panel back where it was at the first start", "reset_panels", separator=True),
    *(_curve(name, criterion.title) for name, criterion in CRITERIA.items()),
    _curve("chosen", "What poses are proposed by"),
    _window("theme_system", "Dark or light as the system", (), "View",
            "Follow the system's dark or light style", "set_theme", args=("system",), separator=True),
    _window("theme_dark", "Dark", (), "View", "Light text on a dark window", "set_theme", args=("dark",)),
    _window("theme_light", "Light", (), "View", "Dark text on a light window", "set_theme", args=("light",)),
    _window("cheat_sheet", "Keys", ("F1", "?"), "Help",
            "Every key on one page", "show_keys", icon="keyboard-outline"),
    _window("change_keys", "Change keys…", (), "Help",
            "Keys of your own, or as in another tool", "change_keys", icon="keyboard-settings-outline"),
    _window("show_log", "Log", (), "Help", "What went wrong, in full", "show_log", icon="text-box-outline"),
)  # fmt: skip

MENUS = ("File", "Edit", "People", "Go", "Batch", "View", "Help")
SUBMENUS = {"Nudge": "Edit", "Go to person": "Go", "Curves": "View", "Panels": "View"}


def action(id: str) -> Action:
    return next(a for a in ACTIONS if a.id == id)
