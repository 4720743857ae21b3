"""Where a run's processor time goes, by file: ``pytest -p tests.support.processor_time``.

Wall-clock time says little on a machine that others use too. Counted is what the tests' process used up, the children
it waited for, and the fork server with its own; not what outlives its parent, as the drainer of a killed gate does.
"""

import os
import resource
from collections import defaultdict
from collections.abc import Generator
from pathlib import Path
from typing import Final

import pytest

from tests.support.commands import fork_server

_USED: Final = "processor seconds"
_BEFORE: Final = pytest.StashKey[float]()
_SHOWN: Final = 30


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, None, None]:
    """Begin to count. A fixture of a wider scope counts for the test that it is made for, or ends after."""
    item.stash[_BEFORE] = _used()
    yield


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, None, None]:
    """The sum travels in the report, from wherever the test ran."""
    yield
    item.user_properties.append((_USED, _used() - item.stash[_BEFORE]))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the files that cost most."""
    files: defaultdict[str, float] = defaultdict(float)
    for report in terminalreporter.getreports(""):
        files[report.nodeid.partition("::")[0]] += sum(
            float(str(value)) for name, value in report.user_properties if name == _USED
        )
    terminalreporter.section(f"{_USED}: {sum(files.values()):.0f} in all")
    for file, used in sorted(files.items(), key=lambda file: -file[1])[:_SHOWN]:
        terminalreporter.write_line(f"{used:8.1f} {file}")


def _used() -> float:
    usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in usage) + _used_by_forks()


def _used_by_forks() -> float:
    stat = Path(f"/proc/{fork_server()}/stat")
    if not stat.exists():
        return 0.0
    of_itself_and_children = stat.read_text(encoding="ascii").rpartition(")")[2].split()[11:15]
    return sum(map(int, of_itself_and_children)) / os.sysconf("SC_CLK_TCK")
