"""The table of faults (`fault_table`) with SQLite beside the gate."""

from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio

from tests.chaos.fault_table import FAULTS, NAMES, SHORT_LIVED, Fault, costs_no_truth_and_loses_nothing
from tests.chaos.site import Site, running_site
from tests.conftest import ROW_OF_FAULTS
from tests.support.databases import SQLITE

pytestmark = [pytest.mark.timeout(120), pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    async with running_site(tmp_path_factory.mktemp("site"), SQLITE, **SHORT_LIVED) as running:
        yield running


@pytest.mark.parametrize("fault", FAULTS, ids=NAMES)
async def test_a_fault_costs_no_truth_and_loses_nothing(
    fault: Fault, site: Site, record_property: Callable[[str, object], None]
) -> None:
    if fault.name == "database_killed":
        pytest.skip("a file is not a process that can be killed; the gate's own death is tried elsewhere")
    record_property(ROW_OF_FAULTS, f"sqlite | {await costs_no_truth_and_loses_nothing(fault, site)}")
