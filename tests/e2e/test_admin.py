"""`GateAdmin`: a tenant's configuration and its switches of mode."""

import asyncio
from itertools import chain
from typing import Any

import grpc
import pytest
from google.protobuf.json_format import MessageToDict

from gate.v1 import decision_pb2, gate_admin_pb2
from tests.e2e.bundled import ENROLLED, SUSPENDED
from tests.e2e.providers import ALL_STATES
from tests.support.callers import CALL_SECONDS, Caller, claim, code_of, fields_in, status_in
from tests.support.gates import GateInProcess

pytestmark = pytest.mark.asyncio(loop_scope="module")

AUDIT, ENFORCE, OFF = decision_pb2.GATE_MODE_AUDIT, decision_pb2.GATE_MODE_ENFORCE, decision_pb2.GATE_MODE_OFF
STRICT = gate_admin_pb2.CHECK_STRICTNESS_STRICT
EVERYTHING: dict[str, Any] = {
    "enabled_states": ["CA", "TX"],
    "gate_mode": ENFORCE,
    "cache_ttl_seconds": 1_800,
    "negative_ttl_seconds": 60,
    "max_stale_seconds": 7_200,
    "outage_action": gate_admin_pb2.OUTAGE_ACTION_PASS_THROUGH,
    "partial_failure": gate_admin_pb2.PARTIAL_FAILURE_NOT_FOUND,
    "national_fallback": gate_admin_pb2.NATIONAL_FALLBACK_ADVISORY,
    "past_due_action": gate_admin_pb2.PAST_DUE_ACTION_PEND,
    "dos_rule": gate_admin_pb2.DOS_RULE_ALL,
    "taxonomy_check": STRICT,
    "lob_check": STRICT,
    "npi_check_digit": STRICT,
    "revalidation_warning_days": [120, 90, 30],
    "umbrella_covers": ["CHIP", "STAR"],
    "overrides": [gate_admin_pb2.PolicyOverride(state="TX", line_of_business="CHIP", gate_mode=OFF, lob_check=STRICT)],
}
"""Every field but the tenant's own contracts with sources."""


async def stored(caller: Caller) -> gate_admin_pb2.GetTenantConfigResponse:
    return await caller.admin.GetTenantConfig(
        gate_admin_pb2.GetTenantConfigRequest(), metadata=caller.metadata, timeout=CALL_SECONDS
    )


async def update(caller: Caller, config: gate_admin_pb2.TenantConfig) -> gate_admin_pb2.UpdateTenantConfigResponse:
    request = gate_admin_pb2.UpdateTenantConfigRequest(config=config, reason="test")
    return await caller.admin.UpdateTenantConfig(request, metadata=caller.metadata, timeout=CALL_SECONDS)


async def changes(caller: Caller, size: int = 0, token: str = "") -> gate_admin_pb2.ListModeChangesResponse:
    request = gate_admin_pb2.ListModeChangesRequest(page_size=size, page_token=token)
    return await caller.admin.ListModeChanges(request, metadata=caller.metadata, timeout=CALL_SECONDS)


async def test_where_nothing_is_stored_version_0_is_read_with_the_deployment_s_defaults_in_force(
    caller: Caller, tenant: str
) -> None:
    read = await stored(caller)

    assert MessageToDict(read.config) == {"tenant": tenant}
    assert (read.effective.gate_mode, read.effective.cache_ttl_seconds) == (AUDIT, 3_600)
    assert list(read.effective.enabled_states) == []
    assert list(read.effective.revalidation_warning_days) == [90, 60, 30]


async def test_every_field_comes_back_as_it_was_stored(caller: Caller, tenant: str) -> None:
    wanted = gate_admin_pb2.TenantConfig(**EVERYTHING)
    unsaid = {field.name for field in wanted.DESCRIPTOR.fields} - {field.name for field, _ in wanted.ListFields()}
    assert unsaid == {"tenant", "version", "sources"}  # or a new field needs a value above

    await update(caller, wanted)
    read = (await stored(caller)).config

    assert (read.tenant, read.version) == (tenant, 1)
    read.ClearField("tenant")
    read.ClearField("version")
    assert read == wanted


async def test_what_was_read_can_be_changed_and_stored_and_an_older_version_no_longer(caller: Caller) -> None:
    await caller.configure(enabled_states=["TX"])
    first = (await stored(caller)).config
    second = gate_admin_pb2.TenantConfig()
    second.CopyFrom(first)
    second.enabled_states.append("NY")

    assert (await update(caller, second)).config.version == 2
    for outdated in (first, gate_admin_pb2.TenantConfig(version=0), gate_admin_pb2.TenantConfig(version=7)):
        with pytest.raises(grpc.aio.AioRpcError) as refusal:
            await update(caller, outdated)
        assert refusal.value.code() is grpc.StatusCode.ABORTED
    assert list((await stored(caller)).config.enabled_states) == ["NY", "TX"]


async def test_of_several_who_change_the_same_version_at_once_exactly_one_succeeds(caller: Caller) -> None:
    await caller.configure(enabled_states=["TX"])
    wanted = [gate_admin_pb2.TenantConfig(version=1, cache_ttl_seconds=60 + number) for number in range(8)]

    ended = await asyncio.gather(*(update(caller, each) for each in wanted), return_exceptions=True)

    refusals = [each for each in ended if isinstance(each, grpc.aio.AioRpcError)]
    assert {refusal.code() for refusal in refusals} == {grpc.StatusCode.ABORTED}
    assert len(refusals) == len(wanted) - 1
    assert (await stored(caller)).config.version == 2


async def test_everybody_who_switches_the_mode_at_once_succeeds_one_after_the_other(caller: Caller) -> None:
    await caller.configure(enabled_states=["TX"], gate_mode=AUDIT)

    switched = await asyncio.gather(*(caller.set_mode(ENFORCE if n % 2 else AUDIT) for n in range(8)))

    assert sorted(each.change.config_version for each in switched) == list(range(2, 10))
    last = max((each.change for each in switched), key=lambda change: change.config_version)
    assert (await caller.check(claim(ENROLLED))).mode == last.to_mode


async def test_everything_malformed_is_named_by_its_path_and_nothing_is_stored(caller: Caller) -> None:
    wanted = gate_admin_pb2.TenantConfig(
        enabled_states=["TX", "ZZ"],
        cache_ttl_seconds=-1,
        revalidation_warning_days=[30, 60],
        overrides=[gate_admin_pb2.PolicyOverride(gate_mode=OFF), gate_admin_pb2.PolicyOverride(state="QQ")],
        sources=[gate_admin_pb2.TenantSource(name="no_such_source", base_url="http://roster.example")],
    )

    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await update(caller, wanted)

    assert refusal.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert set(fields_in(status_in(refusal.value))) == {
        "config.enabled_states[1]",
        "config.cache_ttl_seconds",
        "config.revalidation_warning_days",
        "config.overrides[0]",
        "config.overrides[1].state",
        "config.sources[0].name",
        "config.sources[0].credential",
        "config.sources[0].base_url",
    }
    assert (await stored(caller)).config.version == 0


async def test_a_change_is_in_force_for_the_next_claim(caller: Caller) -> None:
    await caller.configure(enabled_states=["TX"], gate_mode=ENFORCE)
    assert code_of(await caller.check(claim(SUSPENDED))) == "ENROLLMENT_INACTIVE"

    await caller.set_mode(OFF)

    decision = await caller.check(claim(SUSPENDED))
    assert (decision.detail, decision.config_version) == ("MODE_OFF", 2)


async def test_a_switch_for_a_part_speaks_for_that_part_and_leaves_the_rest(caller: Caller) -> None:
    await caller.configure(enabled_states=ALL_STATES, gate_mode=AUDIT, taxonomy_check=STRICT)

    await caller.set_mode(ENFORCE, state="ca")
    await caller.set_mode(OFF, state="TX", lob="chip")

    config = (await stored(caller)).config
    assert (config.gate_mode, config.taxonomy_check, config.version) == (AUDIT, STRICT, 3)
    assert [(each.state, each.line_of_business, each.gate_mode) for each in config.overrides] == [
        ("CA", "", ENFORCE),
        ("TX", "CHIP", OFF),
    ]


async def test_switches_of_mode_come_in_pages_newest_first_each_once(caller: Caller) -> None:
    await caller.configure(enabled_states=["TX"])
    for number in range(5):
        await caller.set_mode(ENFORCE if number % 2 == 0 else AUDIT, reason=f"switch {number}")

    pages, token = [], ""
    while True:
        page = await changes(caller, 2, token)
        pages.append([change.reason for change in page.changes])
        token = page.next_page_token
        if not token:
            break

    assert pages == [["switch 4", "switch 3"], ["switch 2", "switch 1"], ["switch 0"]]
    assert [change.reason for change in (await changes(caller)).changes] == [*chain.from_iterable(pages)]
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await changes(caller, token="nonsense")
    assert fields_in(status_in(refusal.value)) == ["page_token"]


async def test_a_tenant_sees_its_own_switches_and_itself_alone(gate: GateInProcess, caller: Caller) -> None:
    other = gate.of("payer-with-switches")
    await other.configure(enabled_states=["TX"], gate_mode=ENFORCE)

    assert not (await changes(caller)).changes
    listed = await caller.admin.ListTenants(gate_admin_pb2.ListTenantsRequest(), metadata=caller.metadata)
    assert [summary.tenant for summary in listed.tenants] == [caller.tenant]


async def test_an_enforced_state_that_nobody_speaks_for_is_warned_about(caller: Caller) -> None:
    audited = await caller.configure(enabled_states=["TX", "WA"], gate_mode=AUDIT)
    enforced = await caller.set_mode(ENFORCE)

    assert not audited.warnings
    (warning,) = enforced.warnings
    assert "WA" in warning
    assert "TX" not in warning
