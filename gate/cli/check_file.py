"""`gate check-file`: a file of claims through a running server."""

from collections.abc import Sequence
from enum import IntEnum
from pathlib import Path
from typing import Annotated, Final, NamedTuple

import typer

from gate.auth.permissions import Role
from gate.claimfiles.errors import ClaimFileError
from gate.claimfiles.model import FileProblem
from gate.claimfiles.rejection import REJECTABLE, RejectionRule
from gate.claimfiles.result_files import ResultFormat, ResultWriter, open_results
from gate.claimfiles.summary import Summary
from gate.cli.acknowledging import Acknowledging, Wanted
from gate.cli.client import Metadata, carry_out, channel_to, credential
from gate.cli.ending import stop, warn
from gate.cli.file_check import Answered, check_claims, checking_by
from gate.cli.file_reader import Reading
from gate.cli.file_reading import reading_file
from gate.cli.options import ConfigFile, Tenant, settings_of
from gate.cli.report import Advancing, progress_over, show_summary
from gate.clock import system_clock
from gate.settings import Settings
from gate.whole_files import STANDARD_OUTPUT
from sources.states import STATES

_RESULTS: Final = "Results"
_ACKNOWLEDGMENTS: Final = "Acknowledgments of an 837"
_HIGHEST_CONTROL: Final = 999_999_999


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
    state: Annotated[
        str, typer.Option(help="Whose Medicaid is billed, for all claims; else where each service was given.")
    ] = "",
    fresh: Annotated[bool, typer.Option("--fresh", help="Ask the sources now, whatever is cached.")] = False,
    out: Annotated[
        str, typer.Option(help="Where results go; - is standard output.", rich_help_panel=_RESULTS)
    ] = STANDARD_OUTPUT,
    form: Annotated[
        ResultFormat | None,
        typer.Option(
            "--format",
            help="By default CSV for a name that ends so, else JSON lines.",
            rich_help_panel=_RESULTS,
        ),
    ] = None,
    progress: Annotated[
        bool,
        typer.Option(
            "--progress",
            help="Say how far it is also where standard error is no terminal.",
            rich_help_panel=_RESULTS,
        ),
    ] = False,
    fail_on_pend: Annotated[
        bool,
        typer.Option("--fail-on-pend", help="Exit with 3 when a claim would be pended.", rich_help_panel=_RESULTS),
    ] = False,
    of_file: Annotated[
        str,
        typer.Option(
            "--999",
            metavar="FILE",
            help="Write a 999 (and TA1): what of the file was understood, also when it cannot be read.",
            rich_help_panel=_ACKNOWLEDGMENTS,
        ),
    ] = "",
    of_claims: Annotated[
        str,
        typer.Option(
            "--277ca",
            metavar="FILE",
            help="Write a 277CA: one status per claim. Only what --reject names is rejected.",
            rich_help_panel=_ACKNOWLEDGMENTS,
        ),
    ] = "",
    reject: Annotated[
        str,
        typer.Option(
            metavar="CODE,…",
            help=f"Reject in the 277CA what was answered so: {', '.join(REJECTABLE)}. Never an outage.",
            rich_help_panel=_ACKNOWLEDGMENTS,
        ),
    ] = "",
    reject_in_audit: Annotated[
        bool,
        typer.Option(
            "--reject-in-audit",
            help="Reject also where the mode is audit; by default only where claims are held.",
            rich_help_panel=_ACKNOWLEDGMENTS,
        ),
    ] = False,
    control: Annotated[
        int | None,
        typer.Option(
            "--control-number",
            metavar="N",
            help="ISA13 of the first interchange written; by default one that grows with the time of day.",
            min=1,
            max=_HIGHEST_CONTROL,
            rich_help_panel=_ACKNOWLEDGMENTS,
        ),
    ] = None,
    config: ConfigFile = None,
) -> None:
    """Check a file of claims: one result per claim, in file order, and a summary on standard error.

    Exit code: 0 every claim was checked, 1 some could not be checked, 3 with --fail-on-pend some would be pended.

    With 2 the file or the server cannot be used, and no results were written.
    """
    if state and state.upper() not in STATES:
        stop(f"--state {state}: not the two-letter code of a US state or territory")
    if not of_claims and (reject or reject_in_audit):
        stop("--reject and --reject-in-audit say what a 277CA rejects; name its file with --277ca")
    targets = [target for target in (out, of_file, of_claims) if target]
    if len(set(targets)) < len(targets):
        stop("results and acknowledgments cannot go to the same place")
    made_at = system_clock()
    number = control or int(made_at.timestamp()) % _HIGHEST_CONTROL + 1
    wanted = Wanted(of_claims, of_file, RejectionRule(_codes(reject), reject_in_audit), number)
    settings = settings_of(config)
    metadata = credential(settings, tenant, [Role.PIPELINE])
    form = form or (ResultFormat.CSV if out.lower().endswith(".csv") else ResultFormat.JSONL)
    reading = Reading(file, state.upper(), fresh=fresh, with_events=wanted.any)
    acknowledging = Acknowledging(wanted, made_at)
    work = checked(reading, settings, metadata, Target(out, form), acknowledging, progress=progress)
    try:
        found = carry_out(settings, work)
    except ClaimFileError as error:
        stop("; ".join([f"{file}: {error}", *acknowledging.said]))
    except OSError as error:
        named = next((target for target in targets if str(Path(target).resolve()) == error.filename), out)
        stop(f"{named}: {error.strerror}")
    for problem in found.problems:
        warn(f"{file}: {problem.place}: {problem.message}")
    show_summary(found.summary)
    for said in acknowledging.said:
        warn(said)
    if found.summary.errors:
        raise typer.Exit(ExitCode.SOME_UNCHECKED)
    if fail_on_pend and any(action != "CONTINUE" for action in found.summary.by_would_action):
        raise typer.Exit(ExitCode.SOME_WOULD_PEND)


def _codes(reject: str) -> frozenset[str]:
    """What --reject names, or the end of the program."""
    codes = frozenset(code.strip().upper() for code in reject.split(",") if code.strip())
    if "SOURCE_UNAVAILABLE" in codes:
        stop("--reject SOURCE_UNAVAILABLE: an outage says nothing about a provider, and rejects no claim")
    if unknown := codes - set(REJECTABLE):
        stop(f"--reject {', '.join(sorted(unknown))}: not one of {', '.join(REJECTABLE)}")
    return codes


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


class _Writing:
    """Writes results and acknowledgments, counts them, and says how far it is."""

    def __init__(self, writer: ResultWriter, acknowledging: Acknowledging, advancing: Advancing) -> None:
        self.summary = Summary()
        self._writer = writer
        self._acknowledging = acknowledging
        self._advancing = advancing

    def write(self, answered: Answered) -> None:
        self._writer.write(answered.results)
        self._acknowledging.write(answered)
        add = self.summary.add
        for result in answered.results:
            add(result)
        self._advancing(answered.batch.bytes_read, self.summary)


async def checked(
    reading: Reading,
    settings: Settings,
    metadata: Metadata,
    target: Target,
    acknowledging: Acknowledging | None = None,
    *,
    progress: bool = False,
) -> CheckedFile:
    """Every claim's result, written to `target`; the sum of them.

    Raises:
        ClaimFileError, GateError, grpc.RpcError, OSError: and then no results were written.
    """
    acknowledging = acknowledging or Acknowledging(Wanted(), system_clock())
    with acknowledging.of_one_file():
        async with reading_file(reading) as file, channel_to(settings) as channel:
            with (
                open_results(target.path, target.form) as writer,
                progress_over(file.size, lines=progress) as advancing,
            ):
                sink = _Writing(writer, acknowledging, advancing)
                await check_claims(acknowledging.heard(file), checking_by(channel, metadata), sink)
    return CheckedFile(sink.summary, file.problems)
