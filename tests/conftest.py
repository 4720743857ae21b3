"""What holds for every test: no deadline for generated examples, because machines differ; nothing from outside."""

import atexit
import gc
import os

# Tests fork to start servers, and only to start them. gRPC's preparations for children that go on using it, made while
# its threads work, now and then crash the child. Said before anything imports gRPC.
os.environ["GRPC_ENABLE_FORK_SUPPORT"] = "0"

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("everywhere", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("everywhere")

# Collecting imports everything there is, and nothing of it is garbage: looking for some takes a third of that time.
gc.disable()

for name in [name for name in os.environ if name.startswith("GATE_")]:
    del os.environ[name]

pytest_plugins = ("tests.support.runaways",)
ROW_OF_FAULTS = "row of the table of faults"
WAITING = ("chaos", "browser", "cli", "tenancy")
"""Rooms whose tests wait for other processes most of the time. They begin first, because their files take longest."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: while one test waits for processes another computes."""
    return 1 + (len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort the tests of `WAITING` rooms to the front; the others follow in their order."""
    rooms = [*WAITING, ""]
    items.sort(key=lambda item: min(rooms.index(room) for room in rooms if not room or room in item.path.parts))


def pytest_collection_finish() -> None:
    """What was imported stays, and is not looked through for garbage by any test."""
    gc.freeze()
    gc.enable()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what the tests of bad days measured (tests/chaos/fault_table.py)."""
    rows = [
        value
        for report in terminalreporter.getreports("passed")
        for name, value in getattr(report, "user_properties", ())
        if name == ROW_OF_FAULTS and getattr(report, "when", "") == "call"
    ]
    if rows:
        terminalreporter.section("faults: answers | ledger | latency | true again after")
        for row in rows:
            terminalreporter.write_line(str(row))


if "PYTEST_XDIST_WORKER" in os.environ:
    # A worker has told its results by then. Taking the interpreter down under gRPC's threads, after hundreds of servers
    # and channels in one process, now and then ends in a segmentation fault; leaving at once does not.
    atexit.register(os._exit, 0)
