"""Counts that a migration makes of the rows that are there."""

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from gate.persistence.engine import open_engine
from gate.persistence.migrate import downgrade, upgrade
from tests.bench.credentialing_planting import BEFORE_COUNTS, fill
from tests.bench.credentialing_rows import Population
from tests.support.databases import SQLITE, empty_database, with_driver
from tests.support.servers import postgres_server

PEOPLE = (Population("acme", 12, 5, date(2026, 3, 10)), Population("globex", 4, 3, date(2026, 3, 10)))
KEPT_AND_COUNTED = {
    "SELECT tenant, application_status, applications FROM application_counts": """
        SELECT tenant, application_status, count(*) FROM payer_applications WHERE archived_at IS NULL GROUP BY 1, 2""",
    "SELECT tenant, payer_id, from_status, days, stays FROM application_stay_counts": """
        SELECT tenant, payer_id, from_status, days_in_from, count(*) FROM application_events
        WHERE days_in_from IS NOT NULL GROUP BY 1, 2, 3, 4""",
    "SELECT tenant, payer_id, contracts, bookable FROM contract_counts": """
        SELECT tenant, payer_id, count(*), sum(CASE WHEN is_bookable THEN 1 ELSE 0 END) FROM payer_contracts
        WHERE end_date IS NULL GROUP BY 1, 2""",
    "SELECT tenant, day, enrollments, tasks, applications FROM due_counts": """
        SELECT tenant, day, sum(enrollment), sum(task), sum(application) FROM (
            SELECT tenant, recert_due_on AS day, 1 AS enrollment, 0 AS task, 0 AS application FROM provider_enrollments
            WHERE archived_at IS NULL AND recert_due_on IS NOT NULL AND status = 'enrolled'
            UNION ALL SELECT tenant, due_date, 0, 1, 0 FROM credentialing_tasks
            WHERE archived_at IS NULL AND due_date IS NOT NULL AND task_status NOT IN ('completed', 'not_applicable')
            UNION ALL SELECT tenant, expected_by, 0, 0, 1 FROM payer_applications
            WHERE archived_at IS NULL AND expected_by IS NOT NULL
        ) AS due GROUP BY 1, 2""",
}


async def counts_are_right(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        for kept, counted in KEPT_AND_COUNTED.items():
            found = {tuple(row) for row in await connection.execute(text(kept))}
            assert {row[0] for row in found} == {"acme", "globex"}
            assert found == {tuple(row) for row in await connection.execute(text(counted))}


async def made_and_made_again(url: str, privileged_url: str) -> None:
    await upgrade(url, BEFORE_COUNTS)
    await fill(privileged_url, *PEOPLE)
    engine = open_engine(privileged_url)
    await upgrade(url)
    await counts_are_right(engine)

    await downgrade(url, BEFORE_COUNTS)
    await upgrade(url)
    await counts_are_right(engine)
    await engine.dispose()


async def test_what_was_there_before_is_counted(tmp_path: Path) -> None:
    url = empty_database(SQLITE, tmp_path)

    await made_and_made_again(url, url)


@pytest.mark.parametrize("options", ["SUPERUSER", "CREATEROLE"])
async def test_what_was_there_before_is_counted_for_all_tenants_whoever_migrates(options: str) -> None:
    with postgres_server() as server:
        server.program("psql", "--quiet", said=f"CREATE ROLE migrates LOGIN {options}")
        server.program("createdb", "--owner=migrates", "gate")
        url = server.url("gate").replace("postgres@", "migrates@")

        await made_and_made_again(with_driver(url), with_driver(server.url("gate")))
