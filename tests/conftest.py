import gc
import os

import pytest
from hypothesis import settings

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# files of tests run side by side: threads of one that wait for each other would take the other's core
os.environ.setdefault("OMP_NUM_THREADS", "1")

# the same examples on every run, and no failing because a machine is busy
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")


LONGEST = (
    "tests/cli/test_end_to_end.py",
    "tests/core/benchmark/test_simulation.py",
    "tests/core/project/estimators/test_own_estimator.py",
    "tests/core/test_api.py",
    "tests/gui/test_end_to_end.py",
    "tests/gui/test_many_people.py",
    "tests/recovery/test_kill_finetuning.py",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="slow tests too, and kill the work far more often")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "long: goes through a whole path once more; run with --long")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    # what takes longest first, or one core works on it at the end while the other has nothing to do
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))
    if not config.getoption("--long"):
        for item in items:
            if item.get_closest_marker("long"):
                item.add_marker(pytest.mark.skip(reason="long: run with --long"))


def pytest_collection_finish() -> None:
    """What is there for good is not looked through each time that a closed project is collected."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def kills(request: pytest.FixtureRequest) -> int:
    """How often a test is to kill the work."""
    return 50 if request.config.getoption("--long") else 2
