"""`gate explain`: why one decision was what it was."""

import json
from collections.abc import Iterator
from datetime import UTC, date
from typing import Annotated, Final

import typer
from google.protobuf.timestamp_pb2 import Timestamp
from google.type.date_pb2 import Date

from gate.auth.permissions import Role
from gate.cli.check import action_of
from gate.cli.client import Metadata, carry_out, channel_to, credential
from gate.cli.options import AsJson, ConfigFile, Tenant, settings_of
from gate.cli.rendering import enum_name, plain
from gate.cli.timeline import Period, Scale, bar, marker
from gate.settings import Settings
from gate.v1 import decision_pb2, enrollment_gate_pb2, enrollment_gate_pb2_grpc

_CALL_SECONDS: Final = 30
_LABEL: Final = 12
_REPEATS_SHOWN: Final = 5
Explanation = enrollment_gate_pb2.DecisionExplanation


def explain(
    decision_id: Annotated[str, typer.Argument(help="As the answer to the claim named it.")],
    tenant: Tenant = None,
    reevaluate: Annotated[
        bool, typer.Option("--reevaluate", help="Also ask the sources now, and say what that would change.")
    ] = False,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> None:
    """Explain one decision: the sentence, the periods, the rule, and who configured it."""
    settings = settings_of(config)
    metadata = credential(settings, tenant, [Role.VIEWER])
    request = enrollment_gate_pb2.ExplainDecisionRequest(decision_id=decision_id, reevaluate=reevaluate)
    explanation = carry_out(settings, _ask(settings, metadata, request))
    if as_json:
        print(json.dumps(plain(explanation), indent=2))
    else:
        print("\n".join(_lines(explanation)))


async def _ask(
    settings: Settings, metadata: Metadata, request: enrollment_gate_pb2.ExplainDecisionRequest
) -> enrollment_gate_pb2.DecisionExplanation:
    async with channel_to(settings) as channel:
        gate = enrollment_gate_pb2_grpc.EnrollmentGateStub(channel)
        return (await gate.ExplainDecision(request, metadata=metadata, timeout=_CALL_SECONDS)).explanation


def _lines(told: Explanation) -> Iterator[str]:
    decision = told.decision
    yield f"{_code(decision.code)}{f' ({decision.detail})' if decision.detail else ''}"
    yield decision.reason
    yield ""
    yield from _section("rule", [f"{told.rule:<4} {told.rule_text}"])
    yield from _section("warnings", [f"{each.rule:<4} {each.warning}: {each.rule_text}" for each in told.warnings])
    yield from _section("periods", _periods(told))
    yield from _section("sources", _sources(decision))
    yield from _section("action", [action_of(decision)])
    yield from _section("claim", [_claim(told)])
    yield from _section(
        "asked", [f"{_instant(decision.evaluated_at)} by {told.requested_by}, request {told.request_id}"]
    )
    yield from _section("configured", [_configured(told)])
    yield from _section("repeats", _repeats(told))
    yield from _section("since then", _reevaluations(told))
    if told.HasField("reevaluation"):
        yield from _section("now", _now(told.reevaluation))


def _section(name: str, lines: "list[str]") -> Iterator[str]:
    for number, line in enumerate(lines):
        yield f"  {name if not number else '':<{_LABEL}}{line}".rstrip()


def _periods(told: Explanation) -> list[str]:
    decision = told.decision
    records = list(decision.considered)
    if not records:
        return []
    day = _day(told.claim.service_date)
    periods = [_period(record) for record in records]
    scale = Scale(periods, day)
    shown = [
        f"{bar(period, scale)}  {_dates(period)}  {_record(record)}{'  ◀ decided' if record == decision.record else ''}"
        for period, record in zip(periods, records, strict=True)
    ]
    return [*shown, marker(day, scale, "service")]


def _sources(decision: decision_pb2.Decision) -> list[str]:
    width = max((len(answer.source) for answer in decision.sources), default=0)
    return [f"{answer.source:<{width}}  {_answer(answer)}" for answer in decision.sources]


def _answer(answer: decision_pb2.SourceAnswer) -> str:
    outcome = enum_name(decision_pb2.SourceOutcome.DESCRIPTOR, answer.outcome)
    freshness = enum_name(decision_pb2.Freshness.DESCRIPTOR, answer.freshness)
    parts = [f"{outcome:<8}{answer.error_kind or freshness:<12}"]
    if answer.HasField("verified_at"):
        parts.append(f"verified {_instant(answer.verified_at)}")
    if answer.record_count:
        parts.append("1 period" if answer.record_count == 1 else f"{answer.record_count} periods")
    return "  ".join(parts).rstrip()


def _claim(told: Explanation) -> str:
    claim = told.claim
    line = f" line {claim.line_number}" if claim.line_number else ""
    last = f" to {_day(claim.service_end_date)}" if claim.HasField("service_end_date") else ""
    more = "".join(f", {part}" for part in (claim.taxonomy_code, claim.line_of_business) if part)
    return (
        f"{claim.claim_id or 'without a number'}{line}: NPI {told.decision.evaluated_npi} in {claim.state.upper()}, "
        f"service {_day(claim.service_date)}{last}{more}"
    )


def _configured(told: Explanation) -> str:
    if not told.HasField("configured"):
        return "by nobody: the deployment's defaults were in force"
    author = told.configured
    because = f": {author.reason}" if author.reason else ""
    return f"version {author.version} by {author.changed_by}, {_instant(author.changed_at)}{because}"


def _repeats(told: Explanation) -> list[str]:
    shown = [
        f"{_instant(repeat.evaluated_at)}  {_code(repeat.code)}  {repeat.decision_id}"
        for repeat in told.repeats[:_REPEATS_SHOWN]
    ]
    more = len(told.repeats) - len(shown)
    return [*shown, f"and {more} more"] if more else shown


def _reevaluations(told: Explanation) -> list[str]:
    return [
        f"{_instant(event.evaluated_at)}  {_outcome(event.outcome)}: {_code(event.code)}"
        f"{f' ({event.detail})' if event.detail else ''}, judged anew by {event.requested_by}"
        for event in told.reevaluations
    ]


def _now(reevaluation: enrollment_gate_pb2.Reevaluation) -> list[str]:
    decision = reevaluation.decision
    detail = f" ({decision.detail})" if decision.detail else ""
    return [f"{_outcome(reevaluation.outcome)}: {_code(decision.code)}{detail}", decision.reason]


def _period(record: decision_pb2.EnrollmentRecord) -> Period:
    return Period(_day(record.effective_date), _day(record.end_date) if record.HasField("end_date") else None)


def _dates(period: Period) -> str:
    return f"{period.first_day} to {period.last_day or 'open'!s:<10}"


def _record(record: decision_pb2.EnrollmentRecord) -> str:
    status = enum_name(decision_pb2.EnrollmentStatus.DESCRIPTOR, record.status)
    return " ".join(filter(None, (f"{status:<10}", record.source, record.upstream_id, record.reason)))


def _code(number: int) -> str:
    return enum_name(decision_pb2.DecisionCode.DESCRIPTOR, number)


def _outcome(number: int) -> str:
    return enum_name(enrollment_gate_pb2.ReevaluationOutcome.DESCRIPTOR, number)


def _day(message: Date) -> date:
    return date(message.year, message.month, message.day)


def _instant(message: Timestamp) -> str:
    return f"{message.ToDatetime(UTC):%Y-%m-%d %H:%M:%SZ}"
