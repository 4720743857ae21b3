"""Pages of decisions, newest first."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gate.audit.model import AuditAction
from gate.decision.model import DecisionCode, GateMode
from gate.errors import InvalidInput
from gate.ledger.model import LedgerEntry
from gate.ledger.pages import DecisionFilter
from gate.ledger.service import DecisionLedger
from gate.ledger.storing import DatabaseShelf
from gate.persistence.engine import open_engine
from gate.persistence.unit_of_work import Database
from tests.ledger.builders import ADA, NOON, ListedTrail, batch, entry, ids, minutes, shelf_in
from tests.support.databases import SQLITE, migrated_database

OTHER_NPI = "1999999992"
ANY = DecisionFilter()


async def page(
    database: Database,
    ledger: DecisionLedger,
    wanted: DecisionFilter = ANY,
    size: int = 0,
    token: str = "",
) -> tuple[Sequence[LedgerEntry], str]:
    async with database.writing("acme") as unit:
        found = await ledger.list(unit, ADA, wanted, size=size, page_token=token)
    return found.entries, found.next_page_token


async def everything(
    database: Database, ledger: DecisionLedger, wanted: DecisionFilter, size: int
) -> Sequence[LedgerEntry]:
    found, token = await page(database, ledger, wanted, size)
    entries = list(found)
    while token:
        found, token = await page(database, ledger, wanted, size, token)
        assert found, "a page that was announced is empty"
        entries += found
    return entries


def fits(each: LedgerEntry, wanted: DecisionFilter) -> bool:
    named = {"claim_id", "npi", "state", "code", "mode"}
    return (
        all(getattr(each, name) == value for name in named if (value := getattr(wanted, name)))
        and (wanted.from_time is None or each.evaluated_at >= wanted.from_time)
        and (wanted.until_time is None or each.evaluated_at < wanted.until_time)
    )


instants = st.integers(0, 5).map(lambda seconds: NOON + timedelta(seconds=seconds))
decisions = st.builds(
    entry,
    instants,
    claim_id=st.sampled_from(["", "CLM-1", "CLM-2"]),
    npi=st.sampled_from([OTHER_NPI, "1234567893"]),
    state=st.sampled_from(["TX", "CA"]),
    code=st.sampled_from(DecisionCode),
    mode=st.sampled_from(GateMode),
)
filters = st.builds(
    DecisionFilter,
    claim_id=st.sampled_from(["", "", "CLM-1"]),
    npi=st.sampled_from(["", "", OTHER_NPI]),
    state=st.sampled_from(["", "", "TX"]),
    code=st.none() | st.sampled_from(DecisionCode),
    mode=st.none() | st.sampled_from(GateMode),
    from_time=st.none() | st.integers(0, 2).map(lambda seconds: NOON + timedelta(seconds=seconds)),
    until_time=st.none() | st.integers(3, 6).map(lambda seconds: NOON + timedelta(seconds=seconds)),
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(decisions, max_size=12), filters, st.integers(1, 5))
async def test_the_pages_together_are_everything_that_fits_newest_first(
    tmp_path_factory: pytest.TempPathFactory, kept: list[LedgerEntry], wanted: DecisionFilter, size: int
) -> None:
    engine = open_engine(await migrated_database(SQLITE, tmp_path_factory.mktemp("ledger")))
    database = Database(engine)
    await shelf_in(database).store(batch(*kept))

    found = await everything(database, DecisionLedger(ListedTrail(), lambda: NOON), wanted, size)

    newest_first = sorted(kept, key=lambda each: (each.evaluated_at, each.decision_id), reverse=True)
    assert found == [each for each in newest_first if fits(each, wanted)]
    await engine.dispose()


@pytest.mark.parametrize(
    "wanted",
    [
        DecisionFilter(),
        DecisionFilter(claim_id="CLM-1"),
        DecisionFilter(npi=OTHER_NPI),
        DecisionFilter(state="CA"),
        DecisionFilter(code=DecisionCode.ENROLLMENT_EXPIRED),
        DecisionFilter(mode=GateMode.ENFORCE),
        DecisionFilter(from_time=NOON + minutes(3), until_time=NOON + minutes(7)),
    ],
    ids=repr,
)
async def test_every_field_of_the_filter_narrows_the_pages_on_either_database(
    database: Database, shelf: DatabaseShelf, ledger: DecisionLedger, wanted: DecisionFilter
) -> None:
    kept = [
        entry(
            NOON + minutes(number // 2),
            claim_id=f"CLM-{number % 3}",
            npi=(OTHER_NPI, "1234567893")[number % 2],
            state=("TX", "CA")[number % 2],
            code=list(DecisionCode)[number % 5],
            mode=list(GateMode)[number % 3],
        )
        for number in range(24)
    ]
    await shelf.store(batch(*kept))

    found = await everything(database, ledger, wanted, 3)

    newest_first = sorted(kept, key=lambda each: (each.evaluated_at, each.decision_id), reverse=True)
    assert ids(found) == ids([each for each in newest_first if fits(each, wanted)])
    assert found


async def test_decisions_that_arrive_meanwhile_neither_repeat_nor_hide_any(
    database: Database, shelf: DatabaseShelf, ledger: DecisionLedger
) -> None:
    kept = [entry(NOON + minutes(number)) for number in range(4)]
    await shelf.store(batch(*kept))

    first, token = await page(database, ledger, size=2)
    await shelf.store(batch(entry(NOON + minutes(9)), entry(NOON - minutes(9))))
    second, _ = await page(database, ledger, size=2, token=token)

    assert ids([*first, *second]) == ids(kept[::-1])


async def test_a_page_holds_50_unless_another_size_is_asked_for(
    database: Database, shelf: DatabaseShelf, ledger: DecisionLedger
) -> None:
    await shelf.store(batch(*(entry() for _ in range(51))))

    found, token = await page(database, ledger)
    rest, end = await page(database, ledger, token=token)

    assert (len(found), len(rest), end) == (50, 1, "")


@pytest.mark.parametrize(
    ("wanted", "options", "field"),
    [
        (DecisionFilter(), {"size": -1}, "page_size"),
        (DecisionFilter(), {"size": 501}, "page_size"),
        (DecisionFilter(), {"token": "!"}, "page_token"),
        (DecisionFilter(), {"token": "AAAA"}, "page_token"),
        (DecisionFilter(npi="12"), {}, "filter.npi"),
        (DecisionFilter(state="ZZ"), {}, "filter.state"),
        (DecisionFilter(claim_id="x" * 201), {}, "filter.claim_id"),
        (DecisionFilter(from_time=NOON, until_time=NOON), {}, "filter.until_time"),
    ],
)
async def test_what_does_not_fit_is_refused_by_name(
    database: Database, ledger: DecisionLedger, wanted: DecisionFilter, options: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        await page(database, ledger, wanted, **options)

    assert [violation.field for violation in refusal.value.violations] == [field]
    if field == "page_size":
        assert "500" in str(refusal.value)


async def test_a_token_is_good_for_the_filter_it_was_given_for(
    database: Database, shelf: DatabaseShelf, ledger: DecisionLedger
) -> None:
    await shelf.store(batch(entry(), entry()))
    _, token = await page(database, ledger, DecisionFilter(state="tx"), size=1)

    found, _ = await page(database, ledger, DecisionFilter(state="TX"), size=1, token=token)
    with pytest.raises(InvalidInput, match="another list or filter"):
        await page(database, ledger, DecisionFilter(state="CA"), size=1, token=token)

    assert len(found) == 1


async def test_a_list_that_was_read_is_in_the_audit_log_without_the_claims_number(
    database: Database, shelf: DatabaseShelf, ledger: DecisionLedger, trail: ListedTrail
) -> None:
    await shelf.store(batch(entry()))

    await page(database, ledger, DecisionFilter(claim_id="CLM-1", npi="1234567893"))

    (event,) = trail.events
    assert (event.action, event.actor, event.at) == (AuditAction.DECISIONS_READ, ADA, NOON)
    assert event.details["npi"] == "1234567893"
    assert event.details["count"] == 1
    assert "CLM-1" not in repr(event)
