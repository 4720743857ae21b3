"""The laws of the chain: whatever is done to it is found; a chain that nobody touched is never doubted."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from typing import Any

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gate.audit.chain import NO_HASH, AuditEntry, UnknownFormat, hash_of, linked
from gate.audit.model import Actor, AuditAction, AuditEvent, Via
from gate.audit.verification import BreakKind, Verification, verify
from tests.audit.builders import NOW, TENANT, anchor_of, chain, event

any_text = st.text(st.characters(exclude_categories=()), max_size=8)
actors = st.builds(
    Actor, tenant=st.just(TENANT), subject=any_text, via=st.sampled_from(Via), request_id=any_text, address=any_text
)
events = st.builds(
    AuditEvent,
    actor=actors,
    action=st.sampled_from(AuditAction),
    object=any_text,
    at=st.datetimes(min_value=datetime(1970, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - hypothesis adds the zone
    details=st.dictionaries(any_text, st.none() | st.booleans() | st.integers() | any_text, max_size=3),
)
chains = st.lists(events, min_size=1, max_size=8).map(lambda several: chain(*several))
HASHED = tuple(name for name in AuditEntry.__struct_fields__ if name not in {"hash", "sequence", "format"})


def found(entries: Sequence[AuditEntry], *known: AuditEntry) -> BreakKind | None:
    """What a verification finds; `known` are entries of which anchors were taken."""
    verdict = verify(TENANT, entries, map(anchor_of, known))
    return verdict.first_break.kind if verdict.first_break is not None else None


def renumbered(entries: Sequence[AuditEntry]) -> list[AuditEntry]:
    """As somebody leaves them who hides a gap."""
    return [msgspec.structs.replace(entry, sequence=number) for number, entry in enumerate(entries, 1)]


def rewritten(entries: Sequence[AuditEntry], index: int, **changes: Any) -> list[AuditEntry]:
    """As somebody leaves them who knows how entries are hashed, and hashes all that follow anew."""
    forged = list(entries)
    for at in range(index, len(entries)):
        previous = forged[at - 1].hash if at else NO_HASH
        forged[at] = msgspec.structs.replace(forged[at], previous_hash=previous, **(changes if at == index else {}))
        forged[at] = msgspec.structs.replace(forged[at], hash=hash_of(forged[at]))
    return forged


@given(chains, st.data())
def test_an_honest_chain_is_intact_however_it_is_cut_into_pieces(
    entries: list[AuditEntry], data: st.DataObject
) -> None:
    cut = data.draw(st.integers(0, len(entries)))
    verification = Verification(TENANT, [anchor_of(data.draw(st.sampled_from(entries)))])

    assert verification.follow(entries[:cut])
    assert verification.follow(entries[cut:])

    verdict = verification.verdict()
    assert verdict.first_break is None
    assert (verdict.entries, verdict.head_hash, verdict.anchors) == (len(entries), entries[-1].hash, 1)


@given(chains, st.data())
def test_any_change_of_an_entry_is_found_at_that_entry(entries: list[AuditEntry], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(entries) - 1))
    name = data.draw(st.sampled_from(HASHED))
    was = getattr(entries[index], name)
    becomes = data.draw(st.integers(-(2**62), 2**62) if name == "at" else any_text)
    assume(becomes != was)
    entries[index] = msgspec.structs.replace(entries[index], **{name: becomes})

    first_break = verify(TENANT, entries).first_break

    assert first_break is not None
    assert (first_break.sequence, first_break.kind) == (index + 1, BreakKind.CHANGED)


@given(chains, st.data())
def test_a_hash_that_does_not_fit_is_a_change(entries: list[AuditEntry], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(entries) - 1))
    entries[index] = msgspec.structs.replace(entries[index], hash=NO_HASH)

    assert found(entries) is BreakKind.CHANGED


@given(chains, st.data())
def test_an_entry_that_was_removed_is_found(entries: list[AuditEntry], data: st.DataObject) -> None:
    assume(len(entries) > 1)
    index = data.draw(st.integers(0, len(entries) - 2))
    del entries[index]

    first_break = verify(TENANT, entries).first_break

    assert first_break is not None
    assert (first_break.sequence, first_break.kind) == (index + 1, BreakKind.REMOVED)
    assert found(renumbered(entries)) is BreakKind.REORDERED


@given(chains, st.data())
def test_entries_that_were_exchanged_are_found(entries: list[AuditEntry], data: st.DataObject) -> None:
    assume(len(entries) > 1)
    one, other = data.draw(st.lists(st.integers(0, len(entries) - 1), min_size=2, max_size=2, unique=True))
    entries[one], entries[other] = entries[other], entries[one]

    first_break = verify(TENANT, renumbered(entries)).first_break

    assert first_break is not None
    assert (first_break.sequence, first_break.kind) == (min(one, other) + 1, BreakKind.REORDERED)


@given(chains, st.data())
def test_an_entry_that_was_repeated_is_found(entries: list[AuditEntry], data: st.DataObject) -> None:
    repeated = data.draw(st.sampled_from(entries))
    entries.insert(data.draw(st.integers(repeated.sequence, len(entries))), repeated)

    assert found(entries) is BreakKind.REORDERED
    assert found(renumbered(entries)) is BreakKind.REORDERED


@given(chains, st.data())
def test_entries_cut_off_at_the_end_are_found_by_an_anchor_and_by_nothing_else(
    entries: list[AuditEntry], data: st.DataObject
) -> None:
    left = data.draw(st.integers(0, len(entries) - 1))
    known = data.draw(st.sampled_from(entries[left:]))

    assert found(entries[:left], known) is BreakKind.CUT_OFF
    assert found(entries[:left]) is None


@given(chains, st.data())
def test_a_chain_rewritten_with_all_its_hashes_is_found_by_any_anchor_taken_after_the_place(
    entries: list[AuditEntry], data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, len(entries) - 1))
    forged = rewritten(entries, index, subject=entries[index].subject + "x")
    known = data.draw(st.sampled_from(entries[index:]))

    assert found(forged, known) is BreakKind.REWRITTEN
    assert found(forged) is None
    assert found(forged, *entries[:index]) is None


@given(chains, st.data())
def test_an_entry_rewritten_with_its_own_hash_only_is_betrayed_by_the_next(
    entries: list[AuditEntry], data: st.DataObject
) -> None:
    assume(len(entries) > 1)
    index = data.draw(st.integers(0, len(entries) - 2))
    entries[index] = rewritten(entries[: index + 1], index, subject=entries[index].subject + "x")[index]

    first_break = verify(TENANT, entries).first_break

    assert first_break is not None
    assert (first_break.sequence, first_break.kind) == (index + 1, BreakKind.REWRITTEN)


def test_entries_of_another_tenant_do_not_fit() -> None:
    theirs = chain(event(tenant="globex"), event(tenant="globex"))
    entries = [msgspec.structs.replace(entry, tenant=TENANT) for entry in theirs]

    assert found(entries) is BreakKind.CHANGED


def test_an_anchor_of_another_tenant_says_nothing() -> None:
    theirs = anchor_of(chain(event(tenant="globex"))[0])

    verdict = verify(TENANT, [], [theirs])

    assert (verdict.anchors, verdict.first_break) == (0, None)


def test_a_chain_that_begins_in_the_middle_is_found() -> None:
    late = linked([event()], sequence=0, previous_hash="a" * 64)

    assert found(late) is BreakKind.REWRITTEN


def test_what_is_broken_is_told_in_words() -> None:
    entries = chain(*(event(f"provider/{number}") for number in range(6)))

    def words(*damaged: AuditEntry) -> str:
        first_break = verify(TENANT, damaged, [anchor_of(entries[5])]).first_break
        assert first_break is not None
        return first_break.explanation

    assert words(*entries[2:]) == "entries 1 to 2 are missing: after the beginning comes entry 3"
    assert words(*entries[:2], *entries[3:]) == "entry 3 is missing: after entry 2 comes entry 4"
    assert words(*entries[:4]) == (
        "the log ends with entry 4, but there were 6 when an anchor was taken at 2026-03-01 12:00:00Z: "
        "the end was cut off"
    )


def test_a_chain_that_an_earlier_release_wrote_verifies() -> None:
    """This hash was written down when format 1 was introduced. It may never change; a new form is a new format."""
    (entry,) = chain(
        event("provider/1234567893", details={"states": "TX", "count": 2, "as_of": None, "fresh": True, "name": "Zoë"})
    )

    assert entry.details == '{"as_of":null,"count":2,"fresh":true,"name":"Zo\\u00eb","states":"TX"}'
    assert (entry.format, entry.at) == (1, 1_772_366_400_123_456)
    canonical = (
        f'["{"0" * 64}",1,"acme",1,1772366400123456,"provider.read","provider/1234567893","ada","token","req-1",'
        '"ipv4:192.0.2.1:5000",'
        r'"{\"as_of\":null,\"count\":2,\"fresh\":true,\"name\":\"Zo\\u00eb\",\"states\":\"TX\"}"]'
    )
    assert entry.hash == sha256(canonical.encode()).hexdigest()
    assert entry.hash == "6efefae83bc3ea1edf63f16760307ad6993f3a82f6756a0f230b2b6b32cf621a"


def test_a_format_of_a_later_release_is_not_judged() -> None:
    (entry,) = chain(event())

    with pytest.raises(UnknownFormat, match="entry 1 "):
        verify(TENANT, [msgspec.structs.replace(entry, format=2)])


def test_the_same_instant_in_another_zone_is_the_same_entry() -> None:
    elsewhere = NOW.astimezone(timezone(timedelta(hours=-6)))

    assert chain(event(at=elsewhere)) == chain(event(at=NOW))
    assert chain(event(at=NOW))[0].instant == NOW


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        chain(event(at=NOW.replace(tzinfo=None)))
