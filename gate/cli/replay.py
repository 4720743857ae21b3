"""`gate replay`: one decision, judged once more from the ledger."""

import json
from typing import Annotated

import typer

from gate.auth.permissions import Role
from gate.cli.client import Metadata, carry_out, channel_to, credential
from gate.cli.options import AsJson, ConfigFile, Tenant, settings_of
from gate.cli.rendering import enum_name, plain
from gate.settings import Settings
from gate.v1 import decision_pb2, enrollment_gate_pb2, enrollment_gate_pb2_grpc

_CALL_SECONDS = 15


def replay(
    decision_id: Annotated[str, typer.Argument(help="As the answer to the claim named it.")],
    tenant: Tenant = None,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> None:
    """Judge a kept claim once more by what was kept: it must come to the same answer.

    Exit code: 0 the same, 1 it differs, 2 it could not be judged.
    """
    settings = settings_of(config)
    metadata = credential(settings, tenant, [Role.VIEWER])
    answer = carry_out(settings, _ask(settings, metadata, decision_id))
    if as_json:
        print(json.dumps(plain(answer), indent=2))
    else:
        _show(answer)
    if not answer.same:
        raise typer.Exit(1)


async def _ask(settings: Settings, metadata: Metadata, decision_id: str) -> enrollment_gate_pb2.ReplayDecisionResponse:
    request = enrollment_gate_pb2.ReplayDecisionRequest(decision_id=decision_id)
    async with channel_to(settings) as channel:
        gate = enrollment_gate_pb2_grpc.EnrollmentGateStub(channel)
        return await gate.ReplayDecision(request, metadata=metadata, timeout=_CALL_SECONDS)


def _show(answer: enrollment_gate_pb2.ReplayDecisionResponse) -> None:
    if answer.same:
        code = enum_name(decision_pb2.DecisionCode.DESCRIPTOR, answer.given.code)
        detail = f" ({answer.given.detail})" if answer.given.detail else ""
        print(f"The same: {code}{detail}")
        print(answer.given.reason)
        return
    print("It differs:")
    width = max(len(difference.field) for difference in answer.differences)
    for difference in answer.differences:
        print(f"  {difference.field:<{width}}  given       {difference.given or '-'}")
        print(f"  {'':<{width}}  recomputed  {difference.recomputed or '-'}")
