"""`gate audit`: the audit log."""

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Final, TypeVar

import typer

from gate.auth.permissions import Role
from gate.cli.admin import CALL_SECONDS, ask_service
from gate.cli.anchor_files import AnchorFileError, anchors_in_file, line_of
from gate.cli.client import Metadata
from gate.cli.ending import stop
from gate.cli.options import AsJson, ConfigFile, Since, Tenant, Until
from gate.cli.rendering import plain
from gate.cli.tables import show_table
from gate.v1 import audit_log_pb2, audit_log_pb2_grpc
from gate.whole_files import STANDARD_OUTPUT, written_whole

audit = typer.Typer(help="The audit log: who did what, when, and that nobody changed it since.", no_args_is_help=True)

_WHOLE_LOG_SECONDS: Final = 3600
_LARGEST_PAGE: Final = 500
_BROKEN: Final = 1

Answer = TypeVar("Answer")


class Format(StrEnum):
    """What can be written."""

    CSV = "csv"
    JSONL = "jsonl"


_FORMATS: Final = {
    Format.CSV: audit_log_pb2.AUDIT_EXPORT_FORMAT_CSV,
    Format.JSONL: audit_log_pb2.AUDIT_EXPORT_FORMAT_JSONL,
}


Actor = Annotated[str, typer.Option("--actor", help="Only what this subject did.")]
Action = Annotated[str, typer.Option("--action", help="Only this, like gate_mode.changed.")]
Object = Annotated[
    str, typer.Option("--object", help="Only what happened to this, like provider/1234567893, or below provider/.")
]


@audit.command("list")
def list_entries(  # noqa: PLR0913, PLR0917 - one option per part of the filter
    tenant: Tenant = None,
    actor: Actor = "",
    action: Action = "",
    what: Object = "",
    since: Since = None,
    until: Until = None,
    limit: Annotated[int, typer.Option(help="How many, newest first.", min=1)] = 50,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> None:
    """List entries, newest first."""
    wanted = _filter(actor, action, what, since, until)

    async def pages(log: "audit_log_pb2_grpc.AuditLogAsyncStub", metadata: Metadata) -> list[audit_log_pb2.AuditEntry]:
        found: list[audit_log_pb2.AuditEntry] = []
        token = ""
        while len(found) < limit:
            request = audit_log_pb2.ListEntriesRequest(
                filter=wanted, page_size=min(limit - len(found), _LARGEST_PAGE), page_token=token
            )
            page = await log.ListEntries(request, metadata=metadata, timeout=CALL_SECONDS)
            found += page.entries
            token = page.next_page_token
            if not token:
                break
        return found

    entries = _ask(config, tenant, pages)
    if as_json:
        print(json.dumps([plain(entry) | {"details": _details(entry)} for entry in entries], indent=2))
        return
    show_table(("entry", "at (UTC)", "who", "did", "to", "details"), map(_row, entries))


@audit.command("verify")
def verify(
    tenant: Tenant = None,
    anchors: Annotated[
        Path | None,
        typer.Option(help="Anchors taken earlier: lines of `gate audit anchor`, or of the service's own log."),
    ] = None,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> None:
    """Verify that no entry was changed, removed or reordered; with anchors, that none was cut off at the end.

    Exit code: 0 the log is intact, 1 it is not, 2 it could not be verified.
    """
    request = audit_log_pb2.VerifyChainRequest(anchors=_kept(anchors, tenant) if anchors is not None else ())
    verdict = _ask(
        config,
        tenant,
        lambda log, metadata: log.VerifyChain(request, metadata=metadata, timeout=_WHOLE_LOG_SECONDS),
    )
    if as_json:
        print(json.dumps(plain(verdict), indent=2))
    elif verdict.HasField("first_break"):
        print(f"broken at entry {verdict.first_break.sequence}: {verdict.first_break.explanation}")
    else:
        print(f"intact: {_counted(verdict.entries, 'entry', 'entries')}{_compared(verdict.anchors)}")
    if verdict.HasField("first_break"):
        raise typer.Exit(_BROKEN)
    if anchors is not None and not verdict.anchors:
        stop(f"{anchors} holds no anchor of this tenant: whether entries were cut off at the end is not known")


@audit.command("anchor")
def anchor(
    tenant: Tenant = None,
    out: Annotated[str, typer.Option(help="A file to append to; - is standard output.")] = STANDARD_OUTPUT,
    config: ConfigFile = None,
) -> None:
    """Print what the log ends with now, to be kept where nobody who may change the database can change it."""
    answer = _ask(
        config,
        tenant,
        lambda log, metadata: log.GetAnchor(audit_log_pb2.GetAnchorRequest(), metadata=metadata, timeout=CALL_SECONDS),
    )
    line = line_of(answer.anchor)
    if out == STANDARD_OUTPUT:
        print(line.decode(), end="")
        return
    try:
        with Path(out).open("ab") as file:
            file.write(line)
    except OSError as error:
        stop(f"{out}: {error.strerror}")


@audit.command("export")
def export(  # noqa: PLR0913, PLR0917 - one option per part of the filter
    tenant: Tenant = None,
    out: Annotated[str, typer.Option(help="Where the file goes; - is standard output.")] = STANDARD_OUTPUT,
    form: Annotated[
        Format | None, typer.Option("--format", help="By default CSV for a name that ends so, else JSON lines.")
    ] = None,
    actor: Actor = "",
    action: Action = "",
    what: Object = "",
    since: Since = None,
    until: Until = None,
    config: ConfigFile = None,
) -> None:
    """Export entries, oldest first, as CSV or JSON lines; a file is written whole or not at all."""
    form = form or (Format.CSV if out.lower().endswith(".csv") else Format.JSONL)
    request = audit_log_pb2.ExportEntriesRequest(
        format=_FORMATS[form], filter=_filter(actor, action, what, since, until)
    )

    async def copied(log: "audit_log_pb2_grpc.AuditLogAsyncStub", metadata: Metadata, file: BinaryIO) -> None:
        async for piece in log.ExportEntries(request, metadata=metadata, timeout=_WHOLE_LOG_SECONDS):
            file.write(piece.content)

    try:
        with written_whole(out) as file:
            _ask(config, tenant, lambda log, metadata: copied(log, metadata, file))
    except OSError as error:
        stop(f"{out}: {error.strerror}")


def _ask(
    config: Path | None,
    tenant: str | None,
    ask: "Callable[[audit_log_pb2_grpc.AuditLogAsyncStub, Metadata], Awaitable[Answer]]",  # a name of the stubs only
) -> Answer:
    """The answer to `ask`; a refusal ends the program with its words."""
    return ask_service(config, tenant, Role.AUDITOR, audit_log_pb2_grpc.AuditLogStub, ask)


def _filter(
    actor: str, action: str, what: str, since: datetime | None, until: datetime | None
) -> audit_log_pb2.AuditFilter:
    wanted = audit_log_pb2.AuditFilter(subject=actor, action=action, object=what)
    for field, at in ((wanted.from_time, since), (wanted.until_time, until)):
        if at is not None:
            field.FromDatetime(at.astimezone(UTC))
    return wanted


def _kept(file: Path, tenant: str | None) -> list[audit_log_pb2.AuditAnchor]:
    try:
        return anchors_in_file(file, tenant)
    except AnchorFileError as error:
        stop(f"{file}: {error}")
    except OSError as error:
        stop(f"{file}: {error.strerror}")


def _compared(anchors: int) -> str:
    if not anchors:
        return "; without anchors nobody knows whether the end was cut off"
    return f"; {_counted(anchors, 'anchor fits', 'anchors fit')}"


def _counted(number: int, one: str, several: str) -> str:
    return f"{number} {one if number == 1 else several}"


def _row(entry: audit_log_pb2.AuditEntry) -> tuple[str, ...]:
    at = f"{entry.at.ToDatetime(UTC):%Y-%m-%d %H:%M:%S}"
    return str(entry.sequence), at, entry.subject, entry.action, entry.object, _in_short(_details(entry))


def _details(entry: audit_log_pb2.AuditEntry) -> Any:  # noqa: ANN401 - JSON
    try:
        return json.loads(entry.details)
    except ValueError:  # somebody changed it; `gate audit verify` says so
        return entry.details


def _in_short(details: Any) -> str:  # noqa: ANN401 - JSON
    """Details for people: without quotes, braces and what is empty."""
    if not isinstance(details, dict):
        return str(details)
    return ", ".join(f"{name}: {_word(value)}" for name, value in details.items() if value not in ("", None))


def _word(value: Any) -> str:  # noqa: ANN401 - JSON
    return ("no", "yes")[value] if isinstance(value, bool) else str(value)
