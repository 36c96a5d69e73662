import os

import pytest
from hypothesis import settings

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

# the same examples on every run, and no failing because a machine is busy
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="kill the work far more often, for a quarter of an hour")


@pytest.fixture
def kills(request: pytest.FixtureRequest) -> int:
    """How often a test is to kill the work."""
    return 50 if request.config.getoption("--long") else 3
