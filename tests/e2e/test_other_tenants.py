"""One tenant asks for everything with another's ids, by every RPC and every route, and learns nothing of the other.

Every text, every number and every form field that a caller may send is listed here with what the other tenant's would
be. A new one that is not listed fails a test, so that nobody adds a way in without an attempt at it.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import AsyncExitStack
from datetime import timedelta
from itertools import chain, count
from pathlib import Path
from typing import Any, Final, NamedTuple

import grpc
import pytest
import pytest_asyncio
from google.protobuf import descriptor_pool
from google.protobuf.descriptor import Descriptor, FieldDescriptor, MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from gate.auth.permissions import Role
from gate.clock import system_clock
from gate.rpc.messages import instant_message
from gate.today.acts import ASSIGNABLE, SNOOZABLE
from gate.today.model import MatterKind
from gate.v1 import (
    access_pb2,
    audit_log_pb2,
    decision_pb2,
    enrollment_gate_pb2,
    gate_admin_pb2,
)
from gate.web.portal import pages
from tests.e2e.providers import BOTH, ENROLLED, few_providers
from tests.e2e.test_callers import NEEDS
from tests.e2e.their_deliveries import BODIES as DELIVERY_BODIES
from tests.e2e.their_deliveries import PAGES as DELIVERY_PAGES
from tests.e2e.their_deliveries import PARAMETERS as DELIVERY_PARAMETERS
from tests.e2e.their_deliveries import ROUTES as DELIVERY_ROUTES
from tests.e2e.their_deliveries import Deliveries, keep_deliveries
from tests.e2e.their_records import (
    ABOUT_NO_RECORD,
    BODIES,
    PAGES,
    PARAMETERS,
    TELLS_OF_EACH,
    Named,
    Records,
    keep_records,
    plain_requests,
)
from tests.e2e.their_records import EXAMPLES as RECORD_EXAMPLES
from tests.e2e.their_records import ORDINARY as RECORD_ORDINARY
from tests.e2e.their_records import ROUTES as RECORD_ROUTES
from tests.support.callers import CALL_SECONDS, Caller, Metadata, bearer, claim, token_for
from tests.support.gates import GateInProcess, running_in_process
from tests.support.visitors import PASSWORD, Answer, Visitor, cheap_passwords, hire, visitor
from tests.web.routes import all_routes

pytestmark = pytest.mark.asyncio(loop_scope="module")

MINE, THEIRS = "acme-insurance", "globex-health"
THEIR_OPERATOR, THEIR_PERSON, MY_PERSON = "operator-of-globex", "wanda-of-globex", "ann-of-acme"
THEIR_REASON, THEIR_ROBOT, THEIR_CLAIM = "globex board decision", "globex-nightly", "GLX-CLAIM-20931"
THEIR_REQUEST, THEIR_CORRELATION, THEIR_LOGIN_AGENT = "request-of-globex", "correlation-of-globex", "GlobexBrowser/1.0"
_numbers = count(1)
METRICS_TOKEN: Final = "for prometheus alone"


class Other(NamedTuple):
    """What there is of the other tenant, as somebody might have got hold of it."""

    decision_id: str
    key_id: str
    key: str
    change_id: str
    session_id: str
    session: str
    anchor: audit_log_pb2.AuditAnchor
    pages: Mapping[str, str]
    """Page tokens by the RPC that gave them."""
    records: Records
    deliveries: Deliveries

    def marks(self) -> set[str]:
        """By each of these the other tenant would be recognized."""
        own = {self.decision_id, self.key_id, self.key, self.session_id, self.session, self.anchor.hash, BOTH}
        words = {THEIRS, THEIR_OPERATOR, THEIR_PERSON, THEIR_REASON, THEIR_ROBOT, THEIR_CLAIM, THEIR_REQUEST}
        return own | words | {THEIR_LOGIN_AGENT, THEIR_CORRELATION} | self.of_rooms()

    def of_rooms(self) -> set[str]:
        """What single rooms keep."""
        return self.records.marks() | self.deliveries.marks()


class Site(NamedTuple):
    gate: GateInProcess
    other: Other
    me: Visitor
    """Signed in for my tenant, and a member of no other."""
    my_decision_id: str


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    async with AsyncExitStack() as stack:
        stack.enter_context(cheap_passwords())
        gate = await stack.enter_async_context(
            running_in_process(tmp_path_factory.mktemp("gate"), population=few_providers(), metrics_token=METRICS_TOKEN)
        )
        await hire(gate.settings, THEIR_PERSON, {THEIRS: Role.ORG_ADMIN})
        await hire(gate.settings, MY_PERSON, {MINE: Role.ORG_ADMIN})
        them = await stack.enter_async_context(visitor(gate.http_url))
        me = await stack.enter_async_context(visitor(gate.http_url))
        await me.sign_in(MY_PERSON)
        other = await _something_of_theirs(gate, them)
        mine = gate.of(MINE)
        await mine.configure(enabled_states=["TX"], gate_mode=decision_pb2.GATE_MODE_ENFORCE)
        yield Site(gate, other, me, (await mine.check(claim(ENROLLED, claim_id="mine"))).decision_id)


async def _something_of_theirs(gate: GateInProcess, them: Visitor) -> Other:
    caller = gate.of(THEIRS)
    signed = bearer(token_for(gate.data_dir, THEIRS, Role.ORG_ADMIN, subject=THEIR_OPERATOR))
    caller.metadata = (*signed, ("x-request-id", THEIR_REQUEST))
    await caller.configure(enabled_states=["TX"], gate_mode=decision_pb2.GATE_MODE_AUDIT)
    for mode in (decision_pb2.GATE_MODE_ENFORCE, decision_pb2.GATE_MODE_AUDIT):
        switch = await caller.set_mode(mode, reason=THEIR_REASON)
    decisions = [
        await caller.check(claim(BOTH, claim_id=THEIR_CLAIM, correlation_id=THEIR_CORRELATION)) for _ in range(2)
    ]
    keys = [await _their_key(caller) for _ in range(2)]
    records = await keep_records(caller)
    await them.get("/sign-in")
    token = (await them.get("/sign-in")).token
    fields = {"csrf_token": token, "login": THEIR_PERSON, "password": PASSWORD, "next": "/"}
    await them.post("/sign-in", fields, User_Agent=THEIR_LOGIN_AGENT)
    deliveries = await keep_deliveries(gate.settings, THEIRS, them)

    async with asyncio.timeout(CALL_SECONDS):
        while len((await _asked(caller, "ListDecisions")).decisions) < len(decisions):  # noqa: ASYNC110 - no event tells
            await asyncio.sleep(0.05)
    entries = await _asked(caller, "ListEntries", filter=audit_log_pb2.AuditFilter(action="session.signed_in"))
    return Other(
        decision_id=decisions[0].decision_id,
        key_id=keys[0].api_key.key_id,
        key=keys[0].token,
        change_id=switch.change.change_id,
        session_id=entries.entries[0].object.removeprefix("session/"),
        session=them.cookie("gate-session"),
        anchor=(await _asked(caller, "GetAnchor")).anchor,
        pages={
            rpc: (await _asked(caller, rpc, page_size=1)).next_page_token
            for rpc in ("ListDecisions", "ListEntries", "ListApiKeys", "ListModeChanges")
        },
        records=records,
        deliveries=deliveries,
    )


async def _their_key(caller: Caller) -> access_pb2.CreateApiKeyResponse:
    order = access_pb2.CreateApiKeyRequest(
        service_account=THEIR_ROBOT,
        roles=[Role.ORG_ADMIN],
        expires_at=instant_message(system_clock() + timedelta(days=1)),
    )
    return await caller.access.CreateApiKey(order, metadata=caller.metadata, timeout=CALL_SECONDS)


async def _asked(caller: Caller, name: str, **fields: Any) -> Any:
    stub = next(stub for stub in (caller.gate, caller.admin, caller.audit, caller.access) if hasattr(stub, name))
    rpc = next(rpc for rpc in NEEDS if rpc.endswith(f"/{name}"))
    request = GetMessageClass(described(rpc).input_type)(**fields)
    return await getattr(stub, name)(request, metadata=caller.metadata, timeout=CALL_SECONDS)


# What a caller may send by gRPC

Theirs = Callable[[Other], Any]


def _page_of(rpc: str) -> Theirs:
    return lambda other: other.pages[rpc]


def _fixed(value: Any) -> Theirs:
    return lambda _: value


_CLAIM: Final[Mapping[str, Theirs]] = {
    "correlation_id": _fixed(THEIR_CORRELATION),
    "claim_id": _fixed(THEIR_CLAIM),
    "rendering_npi": _fixed(BOTH),
    "billing_npi": _fixed(BOTH),
}
_FILTER: Final[Mapping[str, Theirs]] = {"claim_id": _fixed(THEIR_CLAIM), "npi": _fixed(BOTH)}
_AUDIT_FILTER: Final[Mapping[str, Theirs]] = {
    "subject": _fixed(THEIR_OPERATOR),
    "object": lambda other: f"api_key/{other.key_id}",
}


def _of_records(named: Named) -> Theirs:
    return lambda other: named(other.records)


def _of_deliveries(named: Callable[[Deliveries], Any]) -> Theirs:
    return lambda other: named(other.deliveries)


EXAMPLES: Final[Mapping[str, Theirs]] = {
    **{f"gate.v1.{field}": _of_records(named) for field, named in RECORD_EXAMPLES.items()},
    **{f"gate.v1.Claim.{name}": value for name, value in _CLAIM.items()},
    **{f"gate.v1.DecisionFilter.{name}": value for name, value in _FILTER.items()},
    **{f"gate.v1.AuditFilter.{name}": value for name, value in _AUDIT_FILTER.items()},
    "gate.v1.LookupProviderRequest.npi": _fixed(BOTH),
    "gate.v1.ExplainDecisionRequest.decision_id": lambda other: other.decision_id,
    "gate.v1.ReplayDecisionRequest.decision_id": lambda other: other.decision_id,
    "gate.v1.ListDecisionsRequest.page_token": _page_of("ListDecisions"),
    "gate.v1.TenantConfig.tenant": _fixed(THEIRS),
    "gate.v1.UpdateTenantConfigRequest.reason": _fixed(THEIR_REASON),
    "gate.v1.SetGateModeRequest.tenant": _fixed(THEIRS),
    "gate.v1.SetGateModeRequest.reason": _fixed(THEIR_REASON),
    "gate.v1.ListModeChangesRequest.page_token": _page_of("ListModeChanges"),
    "gate.v1.ListEntriesRequest.page_token": _page_of("ListEntries"),
    "gate.v1.AuditAnchor.tenant": _fixed(THEIRS),
    "gate.v1.AuditAnchor.sequence": lambda other: other.anchor.sequence,
    "gate.v1.AuditAnchor.hash": lambda other: other.anchor.hash,
    "gate.v1.CreateApiKeyRequest.service_account": _fixed(THEIR_ROBOT),
    "gate.v1.ListApiKeysRequest.page_token": _page_of("ListApiKeys"),
    "gate.v1.RevokeApiKeyRequest.key_id": lambda other: other.key_id,
}
"""The other tenant's value of every field by which something of a tenant could be named."""
ORDINARY: Final[Mapping[str, Any]] = {
    **dict.fromkeys((f"gate.v1.{field}" for field in RECORD_ORDINARY), "see tests/e2e/their_records.py"),
    "gate.v1.Claim.line_number": 1,
    "gate.v1.Claim.state": "TX",
    "gate.v1.Claim.taxonomy_code": "207Q00000X",
    "gate.v1.Claim.line_of_business": "STAR",
    "gate.v1.Claim.charge_cents": 100,
    "gate.v1.LookupProviderRequest.states": "TX",
    "gate.v1.DecisionFilter.state": "TX",
    "gate.v1.ListDecisionsRequest.page_size": 500,
    "gate.v1.TenantConfig.version": 1,
    "gate.v1.TenantConfig.enabled_states": "TX",
    "gate.v1.TenantConfig.cache_ttl_seconds": 60,
    "gate.v1.TenantConfig.negative_ttl_seconds": 60,
    "gate.v1.TenantConfig.max_stale_seconds": 60,
    "gate.v1.TenantConfig.revalidation_warning_days": 30,
    "gate.v1.TenantConfig.umbrella_covers": "STAR",
    "gate.v1.PolicyOverride.state": "TX",
    "gate.v1.PolicyOverride.line_of_business": "STAR",
    "gate.v1.PolicyOverride.revalidation_warning_days": 30,
    "gate.v1.TenantSource.name": "tmhp_pems",
    "gate.v1.TenantSource.base_url": "https://pems.example.org",
    "gate.v1.TenantSource.credential": "globex_pems",  # lent to them alone: see tests/e2e/test_sources.py
    "gate.v1.SetGateModeRequest.state": "TX",
    "gate.v1.SetGateModeRequest.line_of_business": "STAR",
    "gate.v1.ListModeChangesRequest.page_size": 500,
    "gate.v1.AuditFilter.action": "api_key.created",
    "gate.v1.ListEntriesRequest.page_size": 500,
    "gate.v1.CreateApiKeyRequest.roles": Role.VIEWER.value,
    "gate.v1.CreateApiKeyRequest.narrowed_to": "gate.admin.view",
    "gate.v1.ListApiKeysRequest.page_size": 500,
}
"""Fields that name nothing of a tenant, each with a value that is taken."""
_NAMING: Final = frozenset(
    {
        FieldDescriptor.CPPTYPE_STRING,  # texts and bytes
        FieldDescriptor.CPPTYPE_INT32,
        FieldDescriptor.CPPTYPE_INT64,
        FieldDescriptor.CPPTYPE_UINT32,
        FieldDescriptor.CPPTYPE_UINT64,
    }
)
_OURS: Final = "gate.v1."
READS: Final = re.compile("/(List|Get|Explain|Replay|Export|Verify)")
"""RPCs that only read, by their names."""


def described(rpc: str) -> MethodDescriptor:
    _, service, name = rpc.split("/")
    return descriptor_pool.Default().FindServiceByName(service).methods_by_name[name]


Path_ = tuple[FieldDescriptor, ...]


def leaves(message: Descriptor, above: Path_ = ()) -> Iterator[Path_]:
    """The way to every field within a request that could name something; dates and instants name nothing."""
    for field in message.fields:
        if field.message_type is not None:
            if field.message_type.full_name.startswith(_OURS):
                yield from leaves(field.message_type, (*above, field))
        elif field.cpp_type in _NAMING:
            yield (*above, field)


def put(message: Message, way: Path_, value: Any) -> None:
    """Set the field at the end of the way; of a list, its first item."""
    *above, last = way
    into: Any = message
    for field in above:
        into = getattr(into, field.name)
        if field.is_repeated:
            into = into[0] if len(into) else into.add()
    if last.is_repeated:
        del getattr(into, last.name)[:]
        getattr(into, last.name).append(value)
    else:
        setattr(into, last.name, value)


def plain_request(rpc: str) -> Message:
    """One of mine that is answered."""
    tomorrow = instant_message(system_clock() + timedelta(days=1))
    tx_claim = claim(ENROLLED, claim_id="mine")
    some: Mapping[str, Message] = {
        **plain_requests(),
        "CheckClaim": enrollment_gate_pb2.CheckClaimRequest(claim=tx_claim, explain=True),
        "CheckClaims": enrollment_gate_pb2.CheckClaimsRequest(claims=[tx_claim]),
        "StreamClaims": enrollment_gate_pb2.CheckClaimsRequest(claims=[tx_claim]),
        "LookupProvider": enrollment_gate_pb2.LookupProviderRequest(npi=ENROLLED),
        "UpdateTenantConfig": gate_admin_pb2.UpdateTenantConfigRequest(reason="mine"),
        "SetGateMode": gate_admin_pb2.SetGateModeRequest(mode=decision_pb2.GATE_MODE_ENFORCE, reason="mine"),
        "VerifyChain": audit_log_pb2.VerifyChainRequest(
            anchors=[audit_log_pb2.AuditAnchor(tenant=MINE, sequence=1, hash="0" * 64, at=tomorrow)]
        ),
        "ExportEntries": audit_log_pb2.ExportEntriesRequest(format=audit_log_pb2.AUDIT_EXPORT_FORMAT_JSONL),
        "CreateApiKey": access_pb2.CreateApiKeyRequest(
            service_account="mine", roles=[Role.VIEWER], expires_at=tomorrow
        ),
    }
    return some.get(rpc.rpartition("/")[2], GetMessageClass(described(rpc).input_type)())


def attempts(rpc: str, other: Other) -> Iterator[Message]:
    """Requests with the other's values: none, each alone, and all of them."""
    ways = [way for way in leaves(described(rpc).input_type) if way[-1].full_name in EXAMPLES]
    yield plain_request(rpc)
    for chosen in chain(([way] for way in ways), [ways]):
        request = plain_request(rpc)
        for way in chosen:
            put(request, way, EXAMPLES[way[-1].full_name](other))
        yield request


class Heard(NamedTuple):
    code: grpc.StatusCode
    text: str
    """Everything that came back: messages, details, metadata."""
    details: str | None


async def call(gate: GateInProcess, rpc: str, request: Message, metadata: Metadata) -> Heard:
    method = described(rpc)
    kind = "stream_stream" if method.client_streaming else "unary_stream" if method.server_streaming else "unary_unary"
    ask: Any = getattr(gate.shared_channel, kind)(
        rpc, response_deserializer=GetMessageClass(method.output_type).FromString
    )
    wire = request.SerializeToString()
    heard = []
    under_way = ask(iter([wire]) if method.client_streaming else wire, metadata=metadata, timeout=CALL_SECONDS)
    try:
        if method.server_streaming:
            heard += [str(message) async for message in under_way]
        else:
            heard.append(str(await under_way))
    except grpc.aio.AioRpcError as error:
        heard.append(f"{error.details()} {error.debug_error_string()}")
    heard.append(f"{await under_way.initial_metadata()} {await under_way.trailing_metadata()}")
    return Heard(await under_way.code(), "\n".join(heard), await under_way.details())


async def newcomer(gate: GateInProcess) -> Caller:
    """Of a tenant that has said nothing yet."""
    caller = gate.of(f"acme-{next(_numbers)}")
    config = gate_admin_pb2.TenantConfig(enabled_states=["TX"], gate_mode=decision_pb2.GATE_MODE_ENFORCE)
    first = gate_admin_pb2.UpdateTenantConfigRequest(config=config, reason="mine")
    await caller.admin.UpdateTenantConfig(first, metadata=caller.metadata, timeout=CALL_SECONDS)
    return caller


async def newcomers(gate: GateInProcess, rpc: str) -> AsyncIterator[Caller]:
    """One for each attempt: what the last one left behind would look like something of theirs.

    It is one for all where nothing is left but a note in the audit log, which the RPC does not show.
    """
    leaves_something = not READS.search(rpc) or "AuditLog" in rpc
    mine = await newcomer(gate)
    while True:
        yield mine
        if leaves_something:
            mine = await newcomer(gate)


def other_end(word: str) -> str:
    """Written alike, and nobody's."""
    return word[:-1] + ("0" if word[-1] != "0" else "1")


def told(text: str, sent: str, marks: Iterable[str]) -> set[str]:
    """What of the other tenant is in an answer, beside what the request itself said."""
    return {mark for mark in marks if mark in text and mark not in sent}


# By gRPC


async def test_every_field_that_a_caller_may_send_is_tried_or_names_nothing() -> None:
    fields = {way[-1].full_name for rpc in NEEDS for way in leaves(described(rpc).input_type)}

    assert fields == EXAMPLES.keys() | ORDINARY.keys()
    assert not EXAMPLES.keys() & ORDINARY.keys()


async def test_whoever_it_belongs_to_is_told_all_of_it(site: Site) -> None:
    """Otherwise the tests below would find nothing because there is nothing."""
    owner = bearer(token_for(site.gate.data_dir, THEIRS, Role.ORG_ADMIN, subject=THEIR_OPERATOR))
    reads = [rpc for rpc in NEEDS if READS.search(rpc)]
    answers = [await call(site.gate, rpc, request, owner) for rpc in reads for request in attempts(rpc, site.other)]
    marks = site.other.marks() - site.other.deliveries.marks()
    found = {mark for mark in marks if any(mark in answer.text for answer in answers)}

    assert found == marks - {site.other.key, site.other.session}, "but what opens doors"


async def test_of_its_deliveries_too_by_http(site: Site) -> None:
    async with visitor(site.gate.http_url) as them:
        them.keep("gate-session", site.other.session)
        pages = [await them.get(path) for path in ("/system/deliveries", "/system/webhooks", "/api/webhooks")]
        pages.append(await them.get("/api/dead-letters"))
    marks = site.other.deliveries.marks()

    assert {mark for mark in marks if any(mark in page.text for page in pages)} == marks - {
        site.other.deliveries.secret
    }


@pytest.mark.parametrize("rpc", NEEDS)
@pytest.mark.parametrize("via", ["token", "API key"])
async def test_c3_no_rpc_tells_anything_of_another_tenant(site: Site, rpc: str, via: str) -> None:
    tried, callers = list(attempts(rpc, site.other)), newcomers(site.gate, rpc)
    # Either kind of credential becomes a principal before a field is read: by the second kind, all fields at once.
    for request in tried if via == "token" else (tried[0], tried[-1]):
        mine = await anext(callers)
        credential = bearer((await mine.make_key(Role.ORG_ADMIN)).token) if via == "API key" else mine.metadata
        for named in ((), (("x-tenant-id", mine.tenant),), (("x-tenant-id", THEIRS),)):
            heard = await call(site.gate, rpc, request, (*credential, *named))
            assert heard.code is not grpc.StatusCode.INTERNAL
            assert not told(heard.text, f"{request} {named}", site.other.marks()), f"{request}\n{heard}"


@pytest.mark.parametrize("rpc", NEEDS)
async def test_another_tenant_s_ids_are_as_good_as_none(site: Site, rpc: str) -> None:
    """A refusal does not tell either whether there is such a thing elsewhere."""
    nobodys = site.other._replace(
        decision_id=other_end(site.other.decision_id),
        key_id=other_end(site.other.key_id),
        anchor=audit_log_pb2.AuditAnchor(sequence=site.other.anchor.sequence, hash=other_end(site.other.anchor.hash)),
        records=site.other.records.others(other_end),
    )
    mine = newcomers(site.gate, rpc)
    for pair in zip(attempts(rpc, site.other), attempts(rpc, nobodys), strict=True):
        answers = [await call(site.gate, rpc, each, (await anext(mine)).metadata) for each in pair]
        assert answers[0].code is answers[1].code
        assert answers[0].details == answers[1].details


async def test_nothing_of_theirs_has_changed_after_all_that(site: Site) -> None:
    """Runs after the tests above, in this module's order."""
    theirs = site.gate.of(THEIRS)
    theirs.metadata = bearer(site.other.key)

    entries = await _asked(theirs, "ListEntries", page_size=500)
    verdict = await _asked(theirs, "VerifyChain", anchors=[site.other.anchor])
    keys = await _asked(theirs, "ListApiKeys")
    config = await _asked(theirs, "GetTenantConfig")

    since = [entry for entry in entries.entries if entry.sequence > site.other.anchor.sequence]
    assert {entry.subject for entry in since} <= {
        THEIR_OPERATOR,
        f"service-account/{THEIR_ROBOT}",
        "gate",
        "ledger-retention",
    }
    assert verdict.anchors == 1
    assert not verdict.HasField("first_break")
    assert [key.revoked_by for key in keys.api_keys] == ["", ""]
    assert config.config.version == 3


# Over HTTP

FORM_EXAMPLES: Final[Mapping[str, Theirs]] = {
    "csrf_token": _fixed("no token of ours"),
    "login": _fixed(THEIR_PERSON),
    "username": _fixed(THEIR_PERSON),
    "password": _fixed("a wrong password"),
    "current_password": _fixed("a wrong password"),
    "new_password": _fixed("nine yellow umbrellas"),
    "new_password_again": _fixed("nine yellow umbrellas"),
    "next": _fixed(f"/?tenant={THEIRS}"),
    "session": lambda other: other.session_id,
    "tenant": _fixed(THEIRS),
    "theme": _fixed("dark"),
    "kind": _fixed("task"),
    "id": lambda other: other.records.task,
    "days": _fixed(7),
}
"""The other tenant's value of every field of the portal's forms."""
PARAMETER_EXAMPLES: Final[Mapping[str, Theirs]] = {
    "next": _fixed(f"/?tenant={THEIRS}"),
    **{name: _of_records(named) for name, named in PARAMETERS.items()},
    "done": _fixed("enrollment-changed"),
    "like": _of_records(PARAMETERS["payer_id"]),
    "page": _of_records(PARAMETERS["pageToken"]),
    "provider": _of_records(PARAMETERS["provider_id"]),
    "payer": _of_records(PARAMETERS["payer_id"]),
    "who": _of_records(PARAMETERS["coordinator"]),
    "due": _fixed("overdue"),
    "secret": lambda other: other.key,
    "sort": _fixed("name"),
    "standing": _fixed("contracted"),
    "tab": _fixed("tasks"),
    "workflow": _fixed("online_portal"),
    **{name: _of_deliveries(named) for name, named in DELIVERY_PARAMETERS.items()},
}
"""The same of what is in addresses."""
ROUTES: Final = {
    "GET /",
    "GET /account",
    "POST /account/password",
    "POST /account/sessions/end",
    "GET /api/openapi.json",
    "HEAD /api/openapi.json",
    "GET /health",
    "GET /healthz",
    "GET /metrics",
    "GET /organisations",
    "POST /organisations",
    "GET /overview",
    "GET /readyz",
    "GET /sign-in",
    "POST /sign-in",
    "GET /sign-in/oidc",
    "GET /sign-in/oidc/return",
    "POST /sign-out",
    "GET /signed-out",
    "GET /status",
    "POST /theme",
    "GET /today",
    "POST /today/snooze",
    "POST /today/take",
    *PAGES,
    *RECORD_ROUTES,
    *DELIVERY_PAGES,
    *DELIVERY_ROUTES,
}
_ABOUT_THE_PAGE: Final = {"viewport", "color-scheme"}
_TEMPLATES: Final = Path(pages.__file__).parent / "templates"


def _parameters(dependant: Any) -> Iterator[str]:
    if dependant is not None:
        yield from (each.alias for each in (*dependant.path_params, *dependant.query_params, *dependant.header_params))
        for above in dependant.dependencies:
            yield from _parameters(above)


def routes() -> Iterator[tuple[str, str, list[str]]]:
    """Method, path, and the parameters that its address may hold."""
    for route in all_routes():
        if not route.methods:
            continue  # files that are the same for everybody
        names = {*_parameters(getattr(route, "dependant", None)), *re.findall(r"{(\w+)", str(route.path))}
        for method in sorted(route.methods):
            yield method, str(route.path), sorted(names)


async def test_every_route_and_everything_it_takes_is_tried() -> None:
    parameters = {name for _, _, names in routes() for name in names}
    named = re.compile(r"""name=["']([\w-]+)["']""")
    in_forms = {name for file in _TEMPLATES.glob("*.html") for name in named.findall(file.read_text(encoding="utf-8"))}

    assert {f"{method} {path}" for method, path, _ in routes()} == ROUTES
    assert parameters == PARAMETER_EXAMPLES.keys()
    assert in_forms - _ABOUT_THE_PAGE <= FORM_EXAMPLES.keys()


async def _visit(
    browser: Visitor, method: str, path: str, asked: str, fields: dict[str, str], headers: dict[str, str], other: Other
) -> tuple[Answer, Any]:
    """The answer, and what was sent in the body."""
    route = f"{method} {path}"
    if route in RECORD_ROUTES | DELIVERY_ROUTES:
        body = BODIES[route](other.records) if route in BODIES else DELIVERY_BODIES.get(route)
        return await browser.send(method, asked, body, fields["csrf_token"], **headers), body
    if method == "POST":
        return await browser.post(asked, fields, **headers), fields
    return await browser.get(asked, **headers), ""


async def _visits(site: Site, browser: Visitor, token: str) -> AsyncIterator[tuple[str, str, str]]:
    """What is sent to each route, and everything that comes back."""
    credential = dict(site.gate.of(MINE).metadata)["authorization"]
    named = {"X_Tenant_Id": THEIRS, "X_Forwarded_Host": THEIRS}
    # Who asks, by cookie or by credential, and whether they name the other tenant: in headers, in the address, in both.
    ways: list[tuple[dict[str, str], bool]] = [({}, False), (named, True)]
    ways += [({"Authorization": credential}, True), ({"Authorization": credential, **named}, False)]
    for method, path, names in routes():
        if path == "/sign-out":
            continue  # would end what the others need; it takes nothing
        filled = path
        for name in names:
            filled = re.sub(rf"{{{name}[^}}]*}}", str(PARAMETER_EXAMPLES[name](site.other)), filled)
        query = "&".join(
            f"{name}={value(site.other)}" for name, value in {**FORM_EXAMPLES, **PARAMETER_EXAMPLES}.items()
        )
        fields = {name: str(value(site.other)) for name, value in FORM_EXAMPLES.items()} | {"csrf_token": token}
        for headers, in_the_address in ways:
            asked = f"{filled}?{query}" if in_the_address else filled
            answer, body = await _visit(browser, method, path, asked, fields, headers, site.other)
            sent = f"{asked} {body} {headers}"
            yield f"{method} {path}", sent, f"{answer.text} {dict(answer.headers)} {answer.cookies}"


@pytest.mark.parametrize("who", ["a stranger", "somebody of another organisation"])
async def test_c3_no_route_tells_anything_of_another_tenant(site: Site, who: str) -> None:
    async with visitor(site.gate.http_url) as browser:
        token = (await browser.get("/sign-in")).token
        if who != "a stranger":
            browser = site.me  # noqa: PLW2901
            token = (await browser.get("/account")).token
        async for route, sent, text in _visits(site, browser, token):
            assert not told(text, sent, site.other.marks()), f"{route}: {sent}\n{text}"


async def test_every_route_about_records_answers_404_to_another_tenant_s_ids(site: Site) -> None:
    token = (await site.me.get("/account")).token
    records = site.other.records
    for route in sorted(RECORD_ROUTES - ABOUT_NO_RECORD):
        method, path = route.split()
        filled = re.sub(r"{(\w+)}", lambda found: str(PARAMETERS[found[1]](records)), path)
        body = BODIES[route](records) if route in BODIES else None
        answer = await site.me.send(method, filled, body, token)
        if route in TELLS_OF_EACH:
            assert "there is no such alert" in answer.text, f"{route}: {answer}"
            assert not told(answer.text, str(body), site.other.marks()), f"{route}: {answer}"
            continue
        names_a_record = "{" in path or route in BODIES
        assert answer.status == (404 if names_a_record else 200), f"{route}: {answer}"
        if not names_a_record:
            assert not told(answer.text, "", site.other.marks()), f"{route}: {answer}"
    statistics = "/api/admin/payers/selection-stats"
    assert (await site.me.get(f"{statistics}?providerId={records.provider}")).status == 404


@pytest.mark.parametrize("act", ["take", "snooze"])
async def test_nothing_another_tenant_has_to_do_is_taken_or_put_off(site: Site, act: str) -> None:
    records = site.other.records
    theirs = {
        MatterKind.ALERT: records.alert,
        MatterKind.DEADLINE: records.enrollment,
        MatterKind.CREDENTIAL: records.credential,
        MatterKind.TASK: records.task,
        MatterKind.APPLICATION: records.application,
    }
    assert theirs.keys() == ASSIGNABLE
    for kind, of_kind in theirs.items():
        if act == "take" or kind in SNOOZABLE:
            answer = await site.me.submit("/account", f"/today/{act}", kind=kind.value, id=of_kind, days="7")
            assert answer.status == 404, (kind, answer)


async def test_no_delivery_of_another_tenant_is_there(site: Site) -> None:
    token = (await site.me.get("/account")).token
    named = {name: str(value(site.other.deliveries)) for name, value in DELIVERY_PARAMETERS.items()}
    tried = sorted(route for route in DELIVERY_ROUTES | DELIVERY_PAGES if re.search(r"{(letter|endpoint)_id}", route))
    assert len(tried) > 10
    for route in tried:
        method, path = route.split()
        filled = path.format(**named)
        if route in DELIVERY_PAGES and method == "POST":
            answer = await site.me.post(filled, {"csrf_token": token, "reason": "mine"})
        else:
            answer = await site.me.send(method, filled, DELIVERY_BODIES.get(route), token)
        assert answer.status == 404, f"{route}: {answer}"


async def test_an_organisation_of_others_cannot_be_entered_and_their_sessions_not_ended(site: Site) -> None:
    entered = await site.me.submit("/account", "/organisations", tenant=THEIRS)
    nowhere = await site.me.submit("/account", "/organisations", tenant="nobody-s")
    await site.me.submit("/account", "/account/sessions/end", session=site.other.session_id)

    assert entered.status == nowhere.status == 404
    async with visitor(site.gate.http_url) as them:
        them.keep("gate-session", site.other.session)
        page = await them.get("/account")
        assert (page.status, THEIR_PERSON in page.text) == (200, True)


async def test_metrics_which_name_tenants_are_for_who_shows_their_token(site: Site) -> None:
    refused = await site.me.get("/metrics")
    told_to_prometheus = await site.me.get("/metrics", Authorization=f"Bearer {METRICS_TOKEN}")

    assert refused.status == 401
    assert THEIRS in told_to_prometheus.text
