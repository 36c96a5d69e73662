"""The rules of the house, read from the source."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# data goes through the packages in this order; one may use only those before it
ORDER = (
    *("domain", "video", "tracking", "estimation", "evaluation", "refinement", "uncertainty", "selection"),
    *(
        "adaptation",
        "torch_process",
        "formats",
        "project",
        "queries",
        "workflow",
        "export",
        "benchmark",
        "batch",
    ),
)
# and so do the folders of a project; what lies beside them ties them together
PROJECT = ("store", "project", "videos", "recovery", "estimators", "people")
# and the parts of the window; the command line uses none of them
SCREEN = (
    *("style", "shortcuts", "diagnostics", "session", "undo", "frames", "background", "canvas", "timeline"),
    *("panels", "dialogs", "actions", "window", "startup"),
)
# library: the only modules that may import it, a package as a folder
AT_HOME = {
    "av": ["core/video/"],
    "cv2": ["core/video/imaging.py"],
    "onnxruntime": ["core/estimation/"],
    "h5py": ["core/project/store/shards.py", "core/formats/hdf.py"],
    "sqlite3": ["core/project/", "core/queries/doctor.py"],
    "PySide6": ["app/"],
    "pyqtgraph": ["app/"],
    "torch": [
        "core/estimation/architectures/",
        *(f"core/estimation/{name}.py" for name in ("network", "readout", "export", "parity", "half")),
        *(
            f"core/adaptation/{name}.py"
            for name in ("trainer", "train_round", "losses", "reading", "pose_prior")
        ),
        "core/torch_process/",
    ],
}
LONGEST = 450  # lines; at 400 one stops to think whether there are two subjects
RUNS_CODE = {"eval", "exec", "compile", "__import__"}
LOADERS = {"pickle", "cPickle", "dill", "joblib", "shelve", "marshal", "cloudpickle"}
SOURCES = sorted([*ROOT.glob("core/**/*.py"), *ROOT.glob("app/**/*.py"), ROOT / "main.py"])
EVERYTHING = sorted(
    [*SOURCES, ROOT / "bootstrap.py", *ROOT.glob("tests/**/*.py"), *ROOT.glob("benchmarks/**/*.py")]
)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), path.name)


def imports(nodes: Iterator[ast.AST]) -> Iterator[str]:
    """Dotted names of the modules that are imported."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield node.module
            if node.module == "core":
                yield from (f"core.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("package", ORDER)
def test_a_package_uses_only_those_before_it(package: str) -> None:
    allowed = set(ORDER[: ORDER.index(package) + 1])
    for path in (ROOT / "core" / package).rglob("*.py"):
        for module in imports(ast.walk(tree(path))):
            first, *rest = module.split(".")
            assert first != "app", f"{name_of(path)} imports the window"
            if first == "core" and rest:
                assert rest[0] in allowed, f"{name_of(path)} imports {module}, which comes later"


@pytest.mark.parametrize("part", PROJECT)
def test_a_part_of_a_project_uses_only_those_before_it(part: str) -> None:
    allowed = set(PROJECT[: PROJECT.index(part) + 1])
    place = ROOT / "core" / "project"
    for path in [*(place / part).rglob("*.py"), *place.glob(f"{part}.py")]:
        for module in imports(ast.walk(tree(path))):
            if module.startswith("core.project."):
                assert module.split(".")[2] in allowed, f"{name_of(path)} imports {module}, which comes later"


def test_every_package_has_its_place_in_the_order() -> None:
    assert {path.name for path in (ROOT / "core").iterdir() if any(path.glob("*.py"))} == set(ORDER)
    assert {path.parent.name for path in (ROOT / "core" / "project").glob("*/*.py")} <= set(PROJECT)
    assert {path.parent.name for path in (ROOT / "app").glob("*/*.py")} == {*SCREEN, "cli"}


def test_every_folder_says_what_lives_in_it() -> None:
    for root in ("app", "core"):
        for path in (ROOT / root).rglob("__init__.py"):
            assert ast.get_docstring(tree(path)), f"{name_of(path)} has no docstring"


@cache
def graph() -> dict[str, set[str]]:
    """By module of the project, those that it imports: at once, inside of functions, or for types alone."""
    names = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
        for path in SOURCES
    }
    found = {}
    for name, path in names.items():
        imported = set()
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.ImportFrom):
                whole = {f"{node.module}.{alias.name}" for alias in node.names}
                imported |= {one if one in names else node.module for one in whole}
            elif isinstance(node, ast.Import):
                imported |= {alias.name for alias in node.names}
        found[name] = {one for one in imported if one in names and one != name}
    return found


def test_no_module_imports_itself_in_a_circle() -> None:
    try:
        TopologicalSorter(graph()).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def test_a_part_of_the_screen_uses_only_those_before_it() -> None:
    for name, imported in graph().items():
        if name.count(".") > 1 and name.startswith("app."):
            part = name.split(".")[1]
            allowed = {part} if part == "cli" else {*SCREEN[: SCREEN.index(part) + 1]}
            wrong = [one for one in imported if one.startswith("app.") and one.split(".")[1] not in allowed]
            assert not wrong, f"{name} imports {wrong}"


@pytest.mark.parametrize("library", AT_HOME)
def test_a_library_stays_where_it_is_at_home(library: str) -> None:
    for path in SOURCES:
        if any(module.split(".")[0] == library for module in imports(ast.walk(tree(path)))):
            assert name_of(path).startswith(tuple(AT_HOME[library])), f"{name_of(path)} imports {library}"


HEAVY = ("torch", "onnxruntime", "onnx", "trackers", "supervision")


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        (
            "core.workflow.estimate, core.workflow.fine_tune, core.export.export, core.queries.doctor",
            ("torch", "PySide6"),
        ),
        ("app.cli.run", (*HEAVY, "PySide6", "av", "cv2", "h5py")),
        ("main", (*HEAVY, "PySide6", "av", "cv2", "h5py", "numpy")),
        ("app.startup.main", ("torch", "onnxruntime", "onnx")),
    ],
)
def test_what_is_heavy_is_imported_late(module: str, absent: tuple[str, ...]) -> None:
    code = f"import sys, {module}; print(*(name for name in {absent!r} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


@pytest.mark.parametrize("path", EVERYTHING, ids=name_of)
def test_no_file_is_long(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_data_never_runs_as_code(path: Path) -> None:
    module = tree(path)
    assert LOADERS.isdisjoint(name.split(".")[0] for name in imports(ast.walk(module)))
    for call in (node for node in ast.walk(module) if isinstance(node, ast.Call)):
        if isinstance(call.func, ast.Name):
            assert call.func.id not in RUNS_CODE, f"line {call.lineno}"
        for keyword in call.keywords:
            value = getattr(keyword.value, "value", None)
            assert (keyword.arg, value) not in {("weights_only", False), ("allow_pickle", True)}, (
                f"line {call.lineno}"
            )
        if ast.unparse(call.func) == "torch.load":
            assert any(keyword.arg == "weights_only" for keyword in call.keywords), f"line {call.lineno}"
