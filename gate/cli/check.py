"""`gate check`: one claim through a running server."""

import json
from datetime import date
from typing import Annotated

import typer
from google.type.date_pb2 import Date

from gate.auth.permissions import Role
from gate.cli.client import HASTE_SECONDS, Metadata, carry_out, channel_to, credential, patiently
from gate.cli.options import AsJson, ConfigFile, Tenant, day, settings_of
from gate.cli.rendering import enum_name, plain
from gate.settings import Settings
from gate.v1 import claim_pb2, decision_pb2, enrollment_gate_pb2, enrollment_gate_pb2_grpc

Request = enrollment_gate_pb2.CheckClaimRequest


def check(  # noqa: PLR0913, PLR0917 - one option per field of a claim
    npi: Annotated[str, typer.Option(help="NPI of the rendering provider.")],
    state: Annotated[str, typer.Option(help="Two-letter code of the state billed.")],
    service_date: Annotated[date, typer.Option("--date", parser=day, help="Date of service, like 2026-03-10.")],
    tenant: Tenant = None,
    end_date: Annotated[date | None, typer.Option(parser=day, help="Last date of service, if another.")] = None,
    taxonomy: Annotated[str, typer.Option(help="Taxonomy code, like 207Q00000X.")] = "",
    lob: Annotated[str, typer.Option(help="Line of business, like STAR or CHIP.")] = "",
    fresh: Annotated[bool, typer.Option("--fresh", help="Ask the sources now, whatever is cached.")] = False,
    explain: Annotated[bool, typer.Option("--explain", help="Show every record that was considered.")] = False,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> None:
    """Check one claim.

    Exit code: 0 the claim may go on, 1 it would be pended, 2 it could not be checked.
    """
    settings = settings_of(config)
    claim = claim_pb2.Claim(
        rendering_npi=npi,
        state=state,
        service_date=date_message(service_date),
        service_end_date=date_message(end_date) if end_date is not None else None,
        taxonomy_code=taxonomy,
        line_of_business=lob,
    )
    freshness = claim_pb2.FRESHNESS_REQUIREMENT_FRESH if fresh else claim_pb2.FRESHNESS_REQUIREMENT_UNSPECIFIED
    metadata = credential(settings, tenant, [Role.PIPELINE])
    decision = carry_out(settings, _ask(settings, metadata, Request(claim=claim, freshness=freshness, explain=explain)))
    if as_json:
        print(json.dumps(plain(decision), indent=2))
    else:
        _show(decision)
    if decision.would_action != decision_pb2.CLAIM_ACTION_CONTINUE:
        raise typer.Exit(1)


async def _ask(settings: Settings, metadata: Metadata, request: Request) -> decision_pb2.Decision:
    async with channel_to(settings) as channel:
        gate = enrollment_gate_pb2_grpc.EnrollmentGateStub(channel)
        response = await patiently(lambda: gate.CheckClaim(request, metadata=metadata, timeout=30), HASTE_SECONDS)
    return response.decision


def date_message(day: date) -> Date:
    """The day as requests name it."""
    return Date(year=day.year, month=day.month, day=day.day)


def _show(decision: decision_pb2.Decision) -> None:
    code = enum_name(decision_pb2.DecisionCode.DESCRIPTOR, decision.code)
    print(f"{code}{f' ({decision.detail})' if decision.detail else ''}")
    print(decision.reason)
    facts = {
        "action": action_of(decision),
        "warnings": ", ".join(decision.warnings),
        "soft hold": "yes, revalidation is near" if decision.soft_hold else "",
        "revalidation": revalidation_of(decision),
        "sources": ", ".join(_source(answer) for answer in decision.sources),
        "suggested": " ".join(
            filter(None, (decision.suggested.carc, decision.suggested.rarc, decision.suggested.claim_status))
        ),
        "decision": f"{decision.decision_id}, configuration version {decision.config_version}",
    }
    for name, fact in facts.items():
        if fact:
            print(f"  {name:<13}{fact}")
    for record in decision.considered:
        print(f"  {'considered':<13}{_record(record)}")


def action_of(decision: decision_pb2.Decision) -> str:
    """What is to be done with the claim, and by which mode."""
    actions = decision_pb2.ClaimAction.DESCRIPTOR
    action, would = enum_name(actions, decision.action), enum_name(actions, decision.would_action)
    mode = enum_name(decision_pb2.GateMode.DESCRIPTOR, decision.mode)
    return f"{action} in mode {mode}" + (f"; enforcing would be {would}" if would != action else "")


def revalidation_of(told: decision_pb2.Decision | enrollment_gate_pb2.StateEnrollment) -> str:
    """When it is due; empty where nobody says."""
    if not told.HasField("revalidation"):
        return ""
    days = told.revalidation.days_remaining
    when = f"in {days} days" if days >= 0 else f"{-days} days ago"
    return f"due {plain(told.revalidation.due_date)}, {when}"


def _source(answer: decision_pb2.SourceAnswer) -> str:
    outcome = enum_name(decision_pb2.SourceOutcome.DESCRIPTOR, answer.outcome)
    freshness = enum_name(decision_pb2.Freshness.DESCRIPTOR, answer.freshness)
    return f"{answer.source} {outcome}" + (
        f"/{answer.error_kind}" if answer.error_kind else f"/{freshness}" if freshness else ""
    )


def _record(record: decision_pb2.EnrollmentRecord) -> str:
    status = enum_name(decision_pb2.EnrollmentStatus.DESCRIPTOR, record.status)
    end = plain(record.end_date) if record.HasField("end_date") else "open"
    return f"{record.source} {status} {plain(record.effective_date)} to {end} {record.upstream_id}"
