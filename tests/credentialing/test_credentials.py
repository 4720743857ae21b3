"""Credentials on both databases: kept, found when they expire, renewed only after a review."""

from datetime import date, timedelta
from typing import Any

import pytest

from gate.credentialing.model.credentials import (
    Credential,
    CredentialChange,
    CredentialDraft,
    CredentialFilter,
    CredentialKind,
    ExpiringFilter,
    Renewal,
    RenewalDraft,
    RenewalFilter,
    RenewalStatus,
)
from gate.credentialing.model.paging import PageRequest
from gate.credentialing.model.providers import Provider, ProviderChange
from gate.errors import Conflict, InvalidInput, NotFound, PreconditionFailed
from tests.credentialing.office import TODAY, Office

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def credential(office: Office, provider: Provider, **fields: Any) -> Credential:
    told: dict[str, Any] = {
        "kind": CredentialKind.LICENSE,
        "number": "UT-1",
        "expires_on": TODAY + timedelta(days=100),
    } | fields
    draft = CredentialDraft(provider_id=provider.id, **told)
    return await office.do(office.credentials.create, draft, office.by)


async def renewal_of(office: Office, kept: Credential, **fields: Any) -> Renewal:
    told: dict[str, Any] = {"expires_on": TODAY + timedelta(days=800), "document_reference": "renewed.pdf"} | fields
    return await office.do(office.renewals.submit, kept.id, RenewalDraft(**told), office.by)


async def now(office: Office, kept: Credential) -> Credential:
    return (await office.read(office.credentials.get, kept.id)).listed.credential


async def inbox(office: Office, **wanted: Any) -> list[tuple[str, int | None]]:
    page = await office.read(office.credentials.expiring, ExpiringFilter(**wanted))
    return [(each.credential.number, each.days_remaining) for each in page.items]


async def test_a_credential_is_kept_corrected_and_archived_with_an_entry_in_the_audit_log_each(office: Office) -> None:
    doe = await office.provider()
    kept = await credential(office, doe, state="ut", coordinator="ann")

    change = CredentialChange(number="UT-2")
    assert (await office.do(office.credentials.update, kept.id, change, office.by)).number == "UT-2"
    (listed,) = (await office.read(office.credentials.list, CredentialFilter(provider_id=doe.id))).items
    assert (listed.credential.number, listed.credential.state, listed.provider_name) == ("UT-2", "UT", "Jane Doe")
    await office.do(office.credentials.archive, kept.id, office.by)

    assert (await office.read(office.credentials.list, CredentialFilter(provider_id=doe.id))).items == []
    with pytest.raises(NotFound):
        await office.read(office.credentials.get, kept.id)
    own = [action for action, kind in await office.audited() if kind == "credential"]
    assert own == ["credentialing.created", "credentialing.changed", "credentialing.archived"]


async def test_r31_the_inbox_holds_what_expires_within_the_window_and_what_has_expired_the_earliest_first(
    office: Office,
) -> None:
    doe = await office.provider()
    for days in (121, 120, 30, -5):
        await credential(office, doe, number=f"in {days}", expires_on=TODAY + timedelta(days=days))
    await credential(office, doe, number="for good", expires_on=None)
    await credential(office, doe, number="hers", kind=CredentialKind.DEA, coordinator="bob")

    assert await inbox(office) == [("in -5", -5), ("in 30", 30), ("hers", 100), ("in 120", 120)]
    assert await inbox(office, within_days=30) == [("in -5", -5), ("in 30", 30)]
    assert await inbox(office, kind=CredentialKind.DEA) == await inbox(office, coordinator="bob") == [("hers", 100)]
    assert await inbox(office.of_others()) == []
    first = await office.read(office.credentials.expiring, ExpiringFilter(), PageRequest(3))
    rest = await office.read(office.credentials.expiring, ExpiringFilter(), PageRequest(3, first.next_page_token))
    assert [each.credential.number for each in rest.items] == ["in 120"]


async def test_r33_an_uploaded_renewal_changes_nothing_and_r32_its_approval_does(office: Office) -> None:
    kept = await credential(office, await office.provider())

    renewal = await renewal_of(office, kept, number="UT-9")
    assert await now(office, kept) == kept
    detail = await office.read(office.credentials.get, kept.id)
    assert (detail.listed.is_renewal_waiting, detail.renewals) == (True, (renewal,))
    assert await inbox(office) == [("UT-1", 100)]

    after = await office.do(office.renewals.approve, renewal.id, office.by)
    assert (after.number, after.expires_on) == ("UT-9", TODAY + timedelta(days=800))
    assert await now(office, kept) == after
    assert await inbox(office) == []
    with pytest.raises(PreconditionFailed):
        await office.do(office.renewals.approve, renewal.id, office.by)
    kinds = [kind for _, kind in await office.audited()]
    assert kinds[-3:] == ["renewal", "renewal", "credential"]


async def test_r33_a_rejected_renewal_leaves_the_old_dates_and_lets_another_come(office: Office) -> None:
    kept = await credential(office, await office.provider())
    renewal = await renewal_of(office, kept)
    with pytest.raises(Conflict):
        await renewal_of(office, kept)

    rejected = await office.do(office.renewals.reject, renewal.id, "unreadable", office.by)

    assert (rejected.status, rejected.rejection_reason) == (RenewalStatus.REJECTED, "unreadable")
    assert await now(office, kept) == kept
    second = await renewal_of(office, kept)
    waiting = await office.read(office.renewals.list, RenewalFilter())
    assert [(each.renewal.id, each.credential.id, each.provider_name) for each in waiting.items] == [
        (second.id, kept.id, "Jane Doe")
    ]
    everything = await office.read(office.renewals.list, RenewalFilter(status=None, credential_id=kept.id))
    assert [each.renewal.status.value for each in everything.items] == ["rejected", "submitted"]


async def test_what_is_put_off_is_back_on_its_day_by_itself_and_a_new_date_brings_it_back_too(office: Office) -> None:
    kept = await credential(office, await office.provider())
    await office.do(office.credentials.snooze, [kept.id], TODAY + timedelta(days=2), office.by)
    assert (await inbox(office), await inbox(office, is_snoozed=True)) == ([], [("UT-1", 100)])

    office.later(1)
    assert await inbox(office) == []
    office.later(1)
    assert await inbox(office) == [("UT-1", 98)]
    await office.do(office.credentials.snooze, [kept.id], office.today + timedelta(days=90), office.by)
    change = CredentialChange(expires_on=TODAY + timedelta(days=50))
    await office.do(office.credentials.update, kept.id, change, office.by)
    assert await inbox(office) == [("UT-1", 48)]


async def test_credentials_are_given_to_somebody_all_or_none(office: Office) -> None:
    doe = await office.provider()
    one, other = await credential(office, doe), await credential(office, doe)

    nobody = "01920000-0000-7000-8000-000000000000"
    with pytest.raises(NotFound):
        await office.do(office.credentials.assign, [one.id, nobody], "bob", office.by)
    assert (await now(office, one)).coordinator == ""
    await office.do(office.credentials.assign, [one.id, other.id], "bob", office.by)
    assert {(await now(office, one)).coordinator, (await now(office, other)).coordinator} == {"bob"}
    with pytest.raises(InvalidInput):
        await office.do(office.credentials.assign, [], "bob", office.by)


async def test_another_tenant_s_credentials_and_renewals_are_not_there(office: Office) -> None:
    kept = await credential(office, await office.provider())
    renewal = await renewal_of(office, kept)
    others = office.of_others()

    with pytest.raises(NotFound):
        await credential(others, await office.provider())
    for act, record_id in ((others.credentials.get, kept.id), (others.credentials.get, "x")):
        with pytest.raises(NotFound):
            await others.read(act, record_id)
    with pytest.raises(NotFound):
        await others.do(others.renewals.approve, renewal.id, others.by)
    with pytest.raises(NotFound):
        await others.do(others.credentials.snooze, [kept.id], None, others.by)


async def test_a_provider_s_attestation_is_kept(office: Office) -> None:
    doe = await office.provider(caqh_attested_on=date(2026, 1, 5))
    assert (await office.read(office.providers.get, doe.id)).caqh_attested_on == date(2026, 1, 5)

    change = ProviderChange(caqh_attested_on=None)
    assert (await office.do(office.providers.update, doe.id, change, office.by)).caqh_attested_on is None
    with pytest.raises(InvalidInput):
        await office.provider(caqh_attested_on=date(9999, 1, 1))
