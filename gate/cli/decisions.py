"""`gate decisions`: what was decided, newest first."""

import json
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from google.protobuf.timestamp_pb2 import Timestamp
from rich.text import Text

from gate.auth.permissions import Role
from gate.cli.client import Metadata, carry_out, channel_to, credential
from gate.cli.options import AsJson, ConfigFile, Since, Tenant, Until, settings_of
from gate.cli.rendering import enum_name, plain
from gate.cli.report import look_of
from gate.cli.tables import show_table
from gate.decision.model import DecisionCode, GateMode
from gate.settings import Settings
from gate.v1 import decision_pb2, enrollment_gate_pb2, enrollment_gate_pb2_grpc

_CALL_SECONDS = 15
_LARGEST_PAGE = 500
_COLUMNS = ("decision", "given at (UTC)", "claim", "NPI", "state", "service", "answer", "action")
Recorded = list[enrollment_gate_pb2.RecordedDecision]


def decisions(  # noqa: PLR0913, PLR0917 - one option per field of the filter
    tenant: Tenant = None,
    claim: Annotated[str, typer.Option(help="The submitter's claim number.")] = "",
    npi: Annotated[str, typer.Option(help="The NPI that was judged.")] = "",
    state: Annotated[str, typer.Option(help="Two-letter code of the state billed.")] = "",
    code: Annotated[DecisionCode | None, typer.Option(help="The answer.", case_sensitive=False)] = None,
    mode: Annotated[GateMode | None, typer.Option(help="The mode it was given in.", case_sensitive=False)] = None,
    since: Since = None,
    until: Until = None,
    limit: Annotated[int, typer.Option(help="How many, newest first.", min=1, max=100_000)] = 50,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> None:
    """List the decisions given, newest first."""
    settings = settings_of(config)
    metadata = credential(settings, tenant, [Role.VIEWER])
    wanted = enrollment_gate_pb2.DecisionFilter(
        claim_id=claim,
        npi=npi,
        state=state,
        code=decision_pb2.DecisionCode.Value(f"DECISION_CODE_{code or 'UNSPECIFIED'}"),
        mode=decision_pb2.GateMode.Value(f"GATE_MODE_{mode or 'UNSPECIFIED'}"),
        from_time=_message(since),
        until_time=_message(until),
    )
    found = carry_out(settings, _ask(settings, metadata, wanted, limit))
    if as_json:
        print(json.dumps([plain(each) for each in found], indent=2))
    elif found:
        show_table(_COLUMNS, map(_row, found))
    else:
        print("No decision fits.")


async def _ask(
    settings: Settings, metadata: Metadata, wanted: enrollment_gate_pb2.DecisionFilter, limit: int
) -> Recorded:
    found: Recorded = []
    page_token = ""
    async with channel_to(settings) as channel:
        gate = enrollment_gate_pb2_grpc.EnrollmentGateStub(channel)
        while True:
            request = enrollment_gate_pb2.ListDecisionsRequest(
                filter=wanted, page_size=min(limit - len(found), _LARGEST_PAGE), page_token=page_token
            )
            page = await gate.ListDecisions(request, metadata=metadata, timeout=_CALL_SECONDS)
            found += page.decisions
            page_token = page.next_page_token
            if not page_token or len(found) >= limit:
                return found


def _message(instant: datetime | None) -> Timestamp | None:
    if instant is None:
        return None
    message = Timestamp()
    message.FromDatetime(instant)
    return message


def _row(each: enrollment_gate_pb2.RecordedDecision) -> tuple[str | Text, ...]:
    decision = each.decision
    code = enum_name(decision_pb2.DecisionCode.DESCRIPTOR, decision.code)
    detail = f" ({decision.detail})" if decision.detail else ""
    return (
        decision.decision_id,
        f"{decision.evaluated_at.ToDatetime(UTC):%Y-%m-%d %H:%M:%S}",
        _claim(each),
        decision.evaluated_npi,
        each.claim.state.upper(),
        plain(each.claim.service_date),
        Text.from_markup(look_of(code, f"{code}{detail}")),
        _action(decision),
    )


def _claim(each: enrollment_gate_pb2.RecordedDecision) -> str:
    line = f"/{each.claim.line_number}" if each.claim.line_number else ""
    return f"{each.claim.claim_id or '-'}{line}"


def _action(decision: Any) -> str:  # noqa: ANN401 - a message
    actions = decision_pb2.ClaimAction.DESCRIPTOR
    action, would = enum_name(actions, decision.action), enum_name(actions, decision.would_action)
    return action if action == would else f"{action} (enforcing: {would})"
