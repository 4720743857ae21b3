"""`gate check-file`: a file of claims through a running server."""

from collections.abc import Sequence
from enum import IntEnum
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from gate.auth.permissions import Role
from gate.claimfiles.errors import ClaimFileError
from gate.claimfiles.model import FileProblem
from gate.claimfiles.result_files import ResultFormat, ResultWriter, open_results
from gate.claimfiles.summary import Summary
from gate.cli.client import Metadata, carry_out, channel_to, credential
from gate.cli.ending import stop, warn
from gate.cli.file_check import Answered, check_claims, checking_by
from gate.cli.file_reader import Reading
from gate.cli.file_reading import reading_file
from gate.cli.options import ConfigFile, Tenant, settings_of
from gate.cli.report import Advancing, progress_over, show_summary
from gate.settings import Settings
from gate.whole_files import STANDARD_OUTPUT
from sources.states import STATES


class ExitCode(IntEnum):
    """How the command ends."""

    CHECKED = 0
    """Every claim was checked, whatever the answers."""
    SOME_UNCHECKED = 1
    """Some claims could not be checked; their results say why."""
    FAILED = 2
    """The file or the server cannot be used; no result file was written."""
    SOME_WOULD_PEND = 3
    """With --fail-on-pend: every claim was checked, and some would be pended."""


def check_file(  # noqa: PLR0913, PLR0917 - one option each
    file: Annotated[
        str, typer.Argument(help="837P, 837I, 837D, CSV or JSON lines; may be gzipped; - is standard input.")
    ],
    tenant: Tenant = None,
    out: Annotated[str, typer.Option(help="Where results go; - is standard output.")] = STANDARD_OUTPUT,
    form: Annotated[
        ResultFormat | None, typer.Option("--format", help="By default CSV for a name that ends so, else JSON lines.")
    ] = None,
    state: Annotated[
        str, typer.Option(help="Whose Medicaid is billed, for all claims; else where each service was given.")
    ] = "",
    fresh: Annotated[bool, typer.Option("--fresh", help="Ask the sources now, whatever is cached.")] = False,
    fail_on_pend: Annotated[
        bool, typer.Option("--fail-on-pend", help="Exit with 3 when a claim would be pended.")
    ] = False,
    progress: Annotated[
        bool, typer.Option("--progress", help="Say how far it is also where standard error is no terminal.")
    ] = False,
    config: ConfigFile = None,
) -> None:
    """Check a file of claims: one result per claim, in file order, and a summary on standard error.

    Exit code: 0 every claim was checked, 1 some could not be checked, 2 the file or the server cannot be used and
    nothing was written, 3 with --fail-on-pend when a claim would be pended.
    """
    if state and state.upper() not in STATES:
        stop(f"--state {state}: not the two-letter code of a US state or territory")
    settings = settings_of(config)
    metadata = credential(settings, tenant, [Role.PIPELINE])
    form = form or (ResultFormat.CSV if out.lower().endswith(".csv") else ResultFormat.JSONL)
    reading = Reading(file, state.upper(), fresh=fresh)
    try:
        checked_file = carry_out(settings, checked(reading, settings, metadata, Target(out, form), progress=progress))
    except ClaimFileError as error:
        stop(f"{file}: {error}")
    except OSError as error:
        stop(f"{out}: {error.strerror}")
    for problem in checked_file.problems:
        warn(f"{file}: {problem.place}: {problem.message}")
    summary = checked_file.summary
    show_summary(summary)
    if summary.errors:
        raise typer.Exit(ExitCode.SOME_UNCHECKED)
    if fail_on_pend and any(action != "CONTINUE" for action in summary.by_would_action):
        raise typer.Exit(ExitCode.SOME_WOULD_PEND)


class Target:
    """Where results go, and in which format."""

    def __init__(self, path: str | Path, form: ResultFormat) -> None:
        self.path = path
        self.form = form


class CheckedFile(NamedTuple):
    """What became of a file as a whole."""

    summary: Summary
    problems: Sequence[FileProblem]
    """What is wrong around its claims."""


class _Tallying:
    """Writes results, counts them, and says how far it is."""

    def __init__(self, writer: ResultWriter, advancing: Advancing) -> None:
        self.summary = Summary()
        self._writer = writer
        self._advancing = advancing

    def write(self, answered: Answered) -> None:
        self._writer.write(answered.results)
        add = self.summary.add
        for result in answered.results:
            add(result)
        self._advancing(answered.batch.bytes_read, self.summary)


async def checked(
    reading: Reading, settings: Settings, metadata: Metadata, target: Target, *, progress: bool = False
) -> CheckedFile:
    """Every claim's result, written to `target`; the sum of them.

    Raises:
        ClaimFileError, GateError, grpc.RpcError, OSError: and then no file was written.
    """
    async with reading_file(reading) as file:
        with open_results(target.path, target.form) as writer, progress_over(file.size, lines=progress) as advancing:
            sink = _Tallying(writer, advancing)
            async with channel_to(settings) as channel:
                await check_claims(file, checking_by(channel, metadata), sink)
    return CheckedFile(sink.summary, file.problems)
