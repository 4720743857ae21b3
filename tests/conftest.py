"""What holds for every test: no deadline for generated examples, because machines differ; nothing from outside."""

import atexit
import os

# Tests fork to start servers, and only to start them. gRPC's preparations for children that go on using it, made while
# its threads work, now and then crash the child. Said before anything imports gRPC.
os.environ["GRPC_ENABLE_FORK_SUPPORT"] = "0"

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("everywhere", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("everywhere")

for name in [name for name in os.environ if name.startswith("GATE_")]:
    del os.environ[name]

ROW_OF_FAULTS = "row of the table of faults"


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
