"""`gate lookup`: what is known of one provider, or was on a day in the past."""

import json
from collections.abc import Iterator
from datetime import date
from typing import Annotated, Final

import typer

from gate.auth.permissions import Role
from gate.cli.check import date_message, revalidation_of
from gate.cli.client import Metadata, carry_out, channel_to, credential
from gate.cli.ending import stop
from gate.cli.evidence import code_name, day_in, period_lines, section, source_lines
from gate.cli.options import AsJson, ConfigFile, Tenant, day, settings_of
from gate.cli.rendering import plain
from gate.settings import Settings
from gate.v1 import claim_pb2, enrollment_gate_pb2, enrollment_gate_pb2_grpc

_CALL_SECONDS: Final = 30
Request = enrollment_gate_pb2.LookupProviderRequest


def lookup(  # noqa: PLR0913, PLR0917 - one option per field of the question
    npi: Annotated[str, typer.Argument(help="NPI of the provider.")],
    tenant: Tenant = None,
    state: Annotated[
        list[str] | None, typer.Option(help="Two-letter code; may be repeated. Without: every state that is checked.")
    ] = None,
    as_of: Annotated[
        date | None,
        typer.Option(parser=day, metavar="DATE", help="By what was known at the end of this day, asking nobody."),
    ] = None,
    service_date: Annotated[
        date | None,
        typer.Option("--date", parser=day, metavar="DATE", help="Date of service to judge, if not the same day."),
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Ask the sources now, whatever is cached.")] = False,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> None:
    """Show what is known of one provider, now or as of a day in the past.

    Exit code: 0 whatever is known, 2 it could not be asked.
    """
    if fresh and as_of is not None:
        stop("--fresh asks the sources now, and what was known on a day is asked of nobody: leave one of them out.")
    settings = settings_of(config)
    request = Request(
        npi=npi,
        states=state or (),
        as_of=date_message(as_of) if as_of is not None else None,
        service_date=date_message(service_date) if service_date is not None else None,
        freshness=claim_pb2.FRESHNESS_REQUIREMENT_FRESH if fresh else claim_pb2.FRESHNESS_REQUIREMENT_UNSPECIFIED,
    )
    profile = carry_out(settings, _ask(settings, credential(settings, tenant, [Role.VIEWER]), request))
    if as_json:
        print(json.dumps(plain(profile), indent=2))
    elif profile.states:
        print("\n\n".join("\n".join(_lines(known)) for known in profile.states))
    else:
        print("No state is checked for this tenant.")


async def _ask(settings: Settings, metadata: Metadata, request: Request) -> enrollment_gate_pb2.ProviderProfile:
    async with channel_to(settings) as channel:
        gate = enrollment_gate_pb2_grpc.EnrollmentGateStub(channel)
        return (await gate.LookupProvider(request, metadata=metadata, timeout=_CALL_SECONDS)).profile


def _lines(known: enrollment_gate_pb2.StateEnrollment) -> Iterator[str]:
    detail = f" ({known.detail})" if known.detail else ""
    yield f"{known.state}  {code_name(known.code)}{detail}"
    yield known.reason
    yield from section("as of", [plain(known.as_of)])
    yield from section("warnings", [", ".join(known.warnings)] if known.warnings else [])
    yield from section("periods", period_lines(known.records, day_in(known.service_date)))
    yield from section("gaps", [f"{plain(gap.first_day)} to {plain(gap.last_day)}" for gap in known.gaps])
    yield from section("revalidate", [due] if (due := revalidation_of(known)) else [])
    yield from section("sources", source_lines(known.sources))
