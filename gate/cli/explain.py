"""`gate explain`: why one decision was what it was."""

import json
from collections.abc import Iterator
from typing import Annotated, Final

import typer

from gate.auth.permissions import Role
from gate.cli.check import action_of
from gate.cli.client import Metadata, carry_out, channel_to, credential
from gate.cli.evidence import code_name, day_in, instant, period_lines, section, source_lines
from gate.cli.options import AsJson, ConfigFile, Tenant, settings_of
from gate.cli.rendering import enum_name, plain
from gate.settings import Settings
from gate.v1 import enrollment_gate_pb2, enrollment_gate_pb2_grpc

_CALL_SECONDS: Final = 30
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
    yield f"{code_name(decision.code)}{f' ({decision.detail})' if decision.detail else ''}"
    yield decision.reason
    yield ""
    yield from section("rule", [f"{told.rule:<4} {told.rule_text}"])
    yield from section("warnings", [f"{each.rule:<4} {each.warning}: {each.rule_text}" for each in told.warnings])
    yield from section("periods", _periods(told))
    yield from section("sources", source_lines(decision.sources))
    yield from section("action", [action_of(decision)])
    yield from section("claim", [_claim(told)])
    yield from section("asked", [f"{instant(decision.evaluated_at)} by {told.requested_by}, request {told.request_id}"])
    yield from section("configured", [_configured(told)])
    yield from section("repeats", _repeats(told))
    yield from section("since then", _reevaluations(told))
    if told.HasField("reevaluation"):
        yield from section("now", _now(told.reevaluation))


def _periods(told: Explanation) -> list[str]:
    return period_lines(told.decision.considered, day_in(told.claim.service_date), told.decision.record)


def _claim(told: Explanation) -> str:
    claim = told.claim
    line = f" line {claim.line_number}" if claim.line_number else ""
    last = f" to {day_in(claim.service_end_date)}" if claim.HasField("service_end_date") else ""
    more = "".join(f", {part}" for part in (claim.taxonomy_code, claim.line_of_business) if part)
    return (
        f"{claim.claim_id or 'without a number'}{line}: NPI {told.decision.evaluated_npi} in {claim.state.upper()}, "
        f"service {day_in(claim.service_date)}{last}{more}"
    )


def _configured(told: Explanation) -> str:
    if not told.HasField("configured"):
        return "by nobody: the deployment's defaults were in force"
    author = told.configured
    because = f": {author.reason}" if author.reason else ""
    return f"version {author.version} by {author.changed_by}, {instant(author.changed_at)}{because}"


def _repeats(told: Explanation) -> list[str]:
    shown = [
        f"{instant(repeat.evaluated_at)}  {code_name(repeat.code)}  {repeat.decision_id}"
        for repeat in told.repeats[:_REPEATS_SHOWN]
    ]
    more = len(told.repeats) - len(shown)
    return [*shown, f"and {more} more"] if more else shown


def _reevaluations(told: Explanation) -> list[str]:
    return [
        f"{instant(event.evaluated_at)}  {_outcome(event.outcome)}: {code_name(event.code)}"
        f"{f' ({event.detail})' if event.detail else ''}, judged anew by {event.requested_by}"
        for event in told.reevaluations
    ]


def _now(reevaluation: enrollment_gate_pb2.Reevaluation) -> list[str]:
    decision = reevaluation.decision
    detail = f" ({decision.detail})" if decision.detail else ""
    return [f"{_outcome(reevaluation.outcome)}: {code_name(decision.code)}{detail}", decision.reason]


def _outcome(number: int) -> str:
    return enum_name(enrollment_gate_pb2.ReevaluationOutcome.DESCRIPTOR, number)
