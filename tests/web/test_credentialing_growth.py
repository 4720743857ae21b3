"""Lists of credentialing records take no longer where there are more records: by the databases' own account.

Time is not measured. Told are steps of SQLite's machine and pages that PostgreSQL looked at, the same on every machine.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest
import pytest_asyncio

from gate.credentialing.repository import enrollments
from tests.bench.credentialing_plans import reader, reading
from tests.bench.credentialing_planting import plant, plant_inbox
from tests.bench.credentialing_questions import questions
from tests.bench.credentialing_rows import Population
from tests.bench.credentialing_site import Statement, site, statements
from tests.support.databases import KINDS, POSTGRESQL, SQLITE, empty_database

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(400)]

PAYERS = 20
FEW, MANY = 80, 800
"""Providers."""
LARGE_TABLES = (
    *("provider_enrollments", "payer_applications", "application_events", "credentialing_tasks", "payer_contracts"),
    *("observations", "observed_answers"),
    *("provider_credentials", "alerts"),
)
OTHER_TABLES = (
    "providers",
    "payers",
    "payer_workflows",
    "application_counts",
    "application_stay_counts",
    "contract_counts",
    "due_counts",
    "alert_counts",
    "renewal_counts",
)
ALIKE = ("in_progress", "under_review", "on_hold", "withdrawn", "not_applicable", "inactive", "census", "bookable")
"""Filters and orders that are another one's again."""
MOST_STATEMENTS = 20
A_GOOD_PART = {("mismatches", "payer_contracts"), ("mismatches", "observations")}
"""A page of providers has a sixteenth of all there is of these, and PostgreSQL is right to read them so."""
ALWAYS = {SQLITE: 30_000, POSTGRESQL: 600}
"""A list may take so much anyway: a page of records, and their names, each by a look into an index."""


class Asked(NamedTuple):
    """A list, and what the database says of the statements behind it."""

    name: str
    statements: int
    work: int
    plan: list[str]


class Practice(NamedTuple):
    """What all lists of an organisation took."""

    kind: str
    asked: dict[str, Asked]


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=KINDS)
async def practices(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[dict[int, Practice]]:
    """By how many providers they have."""
    kind = request.param
    with pytest.MonkeyPatch.context() as patch:
        # What a search collects at most before it goes about it the other way; with few records it has them all.
        patch.setattr(enrollments, "_MANY", 100)
        yield {count: await practice_of(kind, count, tmp_path_factory.mktemp(kind)) for count in (FEW, MANY)}


async def practice_of(kind: str, providers: int, folder: Path) -> Practice:
    people = Population("acme", providers, PAYERS, datetime.now(UTC).date())
    url = empty_database(kind, folder)
    await plant(url, people)
    await plant_inbox(url)
    async with AsyncExitStack() as stack:
        at = await stack.enter_async_context(site(folder, url, people.tenant))
        asked = await stack.enter_async_context(reader(url, people.tenant))
        found = {}
        for question in questions(people):
            if any(each in question.name for each in ALIKE):
                continue
            doors = [ask for _, ask in at.ways(question)]
            # The first page where most is read for it, which is the portal; another one where least is done beside it.
            for page, token, ask in (("", "", doors[0]), (", far down", question.deep, doors[-1])):
                if page and not (question.is_paged and token):
                    continue
                with statements() as sent:
                    await ask(token)
                own = [each for each in reading(sent) if is_of_records(each)]
                accounts = [await asked.account(each) for each in own]
                found[question.name + page] = Asked(
                    name=question.name + page,
                    statements=len(own),
                    work=sum(account.work for account in accounts),
                    plan=[step for account in accounts for step in account.plan],
                )
    return Practice(kind, found)


def is_of_records(statement: Statement) -> bool:
    """And not of who asks."""
    return any(f" {table}" in statement.text for table in (*LARGE_TABLES, *OTHER_TABLES))


async def test_no_list_reads_a_large_table_from_one_end_to_the_other(practices: dict[int, Practice]) -> None:
    for asked in practices[MANY].asked.values():
        for step in asked.plan:
            for table in LARGE_TABLES:
                if (asked.name.partition(",")[0], table) not in A_GOOD_PART:
                    assert f"Seq Scan on {table}" not in step, asked.name
                assert not step.startswith(f"SCAN {table}"), asked.name


async def test_a_list_takes_few_statements_however_many_records_there_are(practices: dict[int, Practice]) -> None:
    for asked in practices[MANY].asked.values():
        assert asked.statements <= MOST_STATEMENTS, asked.name


async def test_ten_times_the_records_are_not_three_times_the_work(practices: dict[int, Practice]) -> None:
    few, many = practices[FEW], practices[MANY]

    grown = {
        name: (few.asked[name].work, asked.work)
        for name, asked in many.asked.items()
        if asked.work > max(3 * few.asked[name].work, ALWAYS[many.kind])
    }

    assert grown == {}
