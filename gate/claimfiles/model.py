"""What a claim file says, whatever its format. Pure: no I/O, no clock, nothing about answers."""

from datetime import date
from enum import StrEnum

import msgspec


class ClaimKind(StrEnum):
    """The form of claim, as X12 version 5010 divides them, or one row of a table."""

    PROFESSIONAL = "P"
    INSTITUTIONAL = "I"
    DENTAL = "D"
    ROW = "ROW"


class NpiSource(StrEnum):
    """Which provider of the claim stands for the rendering provider."""

    RENDERING = "RENDERING"
    """Loop 2310B (professional, dental), 2310D (institutional), or the column `rendering_npi`."""
    ATTENDING = "ATTENDING"
    """Loop 2310A of an institutional claim: a rendering provider is sent only where it is another (row V5)."""
    BILLING = "BILLING"
    """Loop 2010AA, or the column `billing_npi` (row V5)."""


class StateSource(StrEnum):
    """Which address of the claim says where the service was given."""

    FACILITY = "FACILITY"
    """Service facility: loop 2310C (professional, dental) or 2310E (institutional)."""
    PICKUP = "PICKUP"
    """Ambulance pick-up, loop 2310E of a professional claim."""
    BILLING = "BILLING"
    """Billing provider, loop 2010AA."""
    COLUMN = "COLUMN"
    """Said outright by a table."""
    GIVEN = "GIVEN"
    """Said for the whole file by whoever has it checked."""


class ClaimProblem(msgspec.Struct, frozen=True, gc=False):
    """Something missing or unreadable in one claim."""

    place: str
    message: str
    blocks: bool = True
    """Whether the claim cannot be checked for it. A charge nobody can read, for example, blocks nothing."""
    is_about_state: bool = False
    """Whether it is gone once somebody says which state is asked (`asked_about`)."""


class FileProblem(msgspec.Struct, frozen=True, gc=False):
    """Something wrong with the envelope around the claims; the claims themselves are still read."""

    place: str
    message: str


class Party(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """Somebody as an NM1 segment names them; empty strings for what it leaves out."""

    kind: str = ""
    """NM102: 1 a person, 2 an organisation."""
    name: str = ""
    first_name: str = ""
    middle_name: str = ""
    suffix: str = ""
    id_kind: str = ""
    id: str = ""


class Submitted(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """What an acknowledgment of a claim repeats of it, so that its submitter finds it again."""

    patient: Party
    trace: str = ""
    """REF*D9, the number of the clearinghouse that sent it."""
    bill_type: str = ""
    """Of an institutional claim: CLM05-1 and CLM05-3."""


class FileClaimLine(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One service line. An empty string or None means: as the claim says."""

    line_number: int
    rendering_npi: str = ""
    taxonomy_code: str = ""
    state: str = ""
    service_date: date | None = None
    service_end_date: date | None = None
    """Last day, given whenever `service_date` is; equal to it for a single day."""
    charge_cents: int | None = None
    """US cents; None where the line names no readable charge."""


class FileClaim(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One claim, its rendering provider, state and dates already derived from wherever the format keeps them."""

    claim_id: str
    """The submitter's number (CLM01). Not necessarily unique."""
    claim_key: str
    """Unique in the file: ``ISA06|ISA13|GS06|ST02|ordinal`` for X12, the row number for a table."""
    kind: ClaimKind
    position: int
    """Segment number of CLM, or row number, counted from 1."""
    offset: int | None = None
    """Byte offset of CLM in the (decompressed) file; None for a table."""
    rendering_npi: str = ""
    """Who is checked, by the order of `NpiSource`; empty where the claim names nobody with an NPI."""
    rendering_source: NpiSource = NpiSource.RENDERING
    billing_npi: str = ""
    state: str = ""
    """Two upper-case letters, or what the file has in their place."""
    state_source: StateSource = StateSource.COLUMN
    service_date: date | None = None
    service_end_date: date | None = None
    """Last day, given whenever `service_date` is; equal to it for a single day."""
    taxonomy_code: str = ""
    line_of_business: str = ""
    charge_cents: int | None = None
    """US cents; None where the claim names no readable charge."""
    lines: tuple[FileClaimLine, ...] = ()
    """All service lines when any of them says something the claim does not; empty when the claim speaks for all."""
    problems: tuple[ClaimProblem, ...] = ()
    submitted: Submitted | None = None
    """None unless the file is read in order to be acknowledged."""

    @property
    def place(self) -> str:
        """Where the claim begins, for a reader of the file."""
        return f"row {self.position}" if self.offset is None else f"segment {self.position} (byte {self.offset})"

    @property
    def sent_rendering_npi(self) -> str:
        """What to send as the rendering provider: empty where the billing provider stands in (row V5)."""
        return "" if self.rendering_source is NpiSource.BILLING else self.rendering_npi

    @property
    def error(self) -> str:
        """Why the claim cannot be checked, in one sentence; empty when it can be."""
        return "; ".join(f"{problem.place}: {problem.message}" for problem in self.problems if problem.blocks)


def asked_about(claim: FileClaim, state: str) -> FileClaim:
    """The claim, to be checked for `state` wherever the service was given.

    A file says where a service took place, not whose program pays: across a border the two differ.
    """
    return msgspec.structs.replace(
        claim,
        state=state,
        state_source=StateSource.GIVEN,
        lines=tuple(msgspec.structs.replace(line, state="") for line in claim.lines),
        problems=tuple(problem for problem in claim.problems if not problem.is_about_state),
    )
