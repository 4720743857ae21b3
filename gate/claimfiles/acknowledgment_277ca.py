"""The 277CA (005010X214): one status for each claim of an 837, in the order of the file.

One set answers one set of the 837, one group one group. Sums come before what they sum up, so that a provider's claims
are held back until the next provider begins, and a set until it ends; both in temporary files where they are large.
"""

from contextlib import ExitStack
from datetime import date, datetime
from typing import BinaryIO, Final, Self

from gate.claimfiles.asked import AskedClaim
from gate.claimfiles.model import Party
from gate.claimfiles.rejection import RECEIVED, ClaimStatus
from gate.claimfiles.spool import ByteSpool
from gate.claimfiles.x12_events import (
    Event,
    GroupBegins,
    GroupEnds,
    InterchangeBegins,
    InterchangeEnds,
    ProviderBegins,
    SetBegins,
    SetEnds,
)
from gate.claimfiles.x12_writing import (
    ControlNumbers,
    Element,
    Group,
    Interchange,
    Segments,
    interchange,
    separators_of_answer,
)

VERSION: Final = "005010X214"
_CENTS: Final = 100
_LONGEST_REASON: Final = 264
_LONGEST_NAME: Final = 60
_UNNAMED: Final = "UNKNOWN"
_ACCEPT: Final = "WQ"
_REJECT: Final = "U"


class Totals:
    """Claims and their charges in US cents, by what becomes of them."""

    def __init__(self) -> None:
        self.accepted = self.rejected = self.accepted_cents = self.rejected_cents = 0

    @property
    def cents(self) -> int:
        """Of all claims."""
        return self.accepted_cents + self.rejected_cents

    def add(self, cents: int, *, is_rejected: bool) -> None:
        """Count one claim."""
        if is_rejected:
            self.rejected += 1
            self.rejected_cents += cents
        else:
            self.accepted += 1
            self.accepted_cents += cents

    def add_all(self, others: "Totals") -> None:
        """Count the claims that `others` has counted."""
        self.accepted += others.accepted
        self.rejected += others.rejected
        self.accepted_cents += others.accepted_cents
        self.rejected_cents += others.rejected_cents


class ClaimAcknowledgment:
    """Is told what a file says and what became of its claims, in file order, and writes a 277CA meanwhile.

    A context: it holds temporary files.
    """

    def __init__(self, stream: BinaryIO, made_at: datetime, numbers: ControlNumbers) -> None:
        self._stream = stream
        self._made_at = made_at
        self._numbers = numbers
        self._interchange_leaving = ExitStack()
        self._group_leaving = ExitStack()
        self._interchange: Interchange | None = None
        self._group: Group | None = None
        self._control = 0
        self._sets = 0
        self._answered: InterchangeBegins
        self._set: _Set | None = None
        self.totals = Totals()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._set is not None:
            self._set.close()

    def tell(self, event: Event) -> None:
        """What comes next in the file, besides claims."""
        match event:
            case InterchangeBegins():
                self._control = self._numbers.take()
                self._answered = event
                opened = interchange(self._stream, event, self._made_at, self._control)
                self._interchange = self._interchange_leaving.enter_context(opened)
            case GroupBegins() if self._interchange is not None:
                self._group = self._group_leaving.enter_context(self._interchange.group("HN", event, VERSION))
            case SetBegins():
                self._sets += 1
                receipt = f"{self._made_at:%Y%m%d%H%M%S}{self._control:09}{self._sets:04}"
                self._set = _Set(event, self._answered, self._made_at, receipt)
            case ProviderBegins() if self._set is not None:
                self._set.begin_provider(event.provider)
            case SetEnds():
                self._end_set()
            case GroupEnds():
                self._group_leaving.close()
            case InterchangeEnds():
                self._interchange_leaving.close()
            case _:
                pass

    def add(self, claim: AskedClaim, status: ClaimStatus) -> None:
        """What becomes of the next claim."""
        self.totals.add(claim.charge_cents or 0, is_rejected=status.is_rejected)
        if self._set is not None:
            self._set.add(claim, status)

    def _end_set(self) -> None:
        ended, self._set = self._set, None
        if ended is None:
            return
        # Without a single claim there is nothing that a 277CA could say.
        if ended.claims and self._group is not None and self._interchange is not None:
            with self._group.set("277", VERSION):
                ended.write(self._interchange.segments, self._stream)
        ended.close()


class _Set:
    """A set that is being answered."""

    def __init__(self, begins: SetBegins, answered: InterchangeBegins, made_at: datetime, receipt: str) -> None:
        self._begins = begins
        self._answered = answered
        self._made_at = made_at
        self._receipt = receipt
        separators = separators_of_answer(answered)
        self._done = ByteSpool()
        """All providers but the present one."""
        self._present = ByteSpool()
        """The present provider's claims."""
        self._done_segments = Segments(self._done.stream, separators)
        self._claim_segments = Segments(self._present.stream, separators)
        self._provider = Party()
        self._levels = 2
        self._provider_level = 0
        self._of_provider = Totals()
        self._totals = Totals()
        self.claims = 0

    def close(self) -> None:
        self._done.close()
        self._present.close()

    def begin_provider(self, provider: Party) -> None:
        self._end_provider()
        self._provider = provider

    def add(self, claim: AskedClaim, status: ClaimStatus) -> None:
        """Loops 2000D, 2100D and 2200D."""
        if not self._provider_level:
            self._levels += 1
            self._provider_level = self._levels
        self._levels += 1
        self.claims += 1
        self._of_provider.add(claim.charge_cents or 0, is_rejected=status.is_rejected)
        segments, submitted = self._claim_segments, claim.submitted
        patient = submitted.patient if submitted else Party()
        segments.add("HL", str(self._levels), str(self._provider_level), "PT")
        kind = patient.id_kind if patient.id_kind in {"MI", "II"} else "MI"
        segments.add("NM1", "QC", "1", *_name(patient), kind, patient.id or _UNNAMED)
        segments.add("TRN", "2", claim.claim_id or "0")
        segments.add(*self._status(claim, status))
        if submitted and submitted.trace:
            segments.add("REF", "D9", submitted.trace)
        if submitted and submitted.bill_type:
            segments.add("REF", "BLT", submitted.bill_type)
        if claim.service_date and claim.service_end_date:
            segments.add("DTP", "472", *_span(claim.service_date, claim.service_end_date))

    def write(self, segments: Segments, stream: BinaryIO) -> None:
        """What stands between ST and SE."""
        self._end_provider()
        day, totals = f"{self._made_at:%Y%m%d}", self._totals
        begins, answered = self._begins, self._answered
        segments.add("BHT", "0085", "08", self._receipt, day, f"{self._made_at:%H%M}", "TH")
        segments.add("HL", "1", "", "20", "1")
        receiver = begins.receiver.name or answered.receiver
        segments.add("NM1", "PR", "2", receiver, *_without_first_names("46", begins.receiver.id or answered.receiver))
        segments.add("TRN", "1", self._receipt)
        segments.add("DTP", "050", "D8", day)
        segments.add("DTP", "009", "D8", day)
        segments.add("HL", "2", "1", "21", "1")
        submitter = begins.submitter
        kind = submitter.kind if submitter.kind in {"1", "2"} else "2"
        names = submitter.name or answered.sender, submitter.first_name, submitter.middle_name
        segments.add("NM1", "41", kind, *names, "", "", "46", submitter.id or answered.sender)
        segments.add("TRN", "2", begins.batch or begins.control)
        segments.add("STC", tuple(RECEIVED.split(":")), day, _ACCEPT, _dollars(totals.cents))
        _add_totals(segments, totals, "90", "AA")
        self._done.move_to(stream)
        segments.count += self._done_segments.count + self._claim_segments.count

    def _end_provider(self) -> None:
        """Loops 2000C to 2200C, and the claims below them."""
        if not self._provider_level:
            return
        segments, provider, totals = self._done_segments, self._provider, self._of_provider
        kind = provider.kind if provider.kind in {"1", "2"} else "2"
        segments.add("HL", str(self._provider_level), "2", "19", "1")
        is_known = provider.id and provider.id_kind in {"XX", "FI"}
        segments.add(
            "NM1", "85", kind, *_name(provider), *((provider.id_kind, provider.id) if is_known else ("SV", _UNNAMED))
        )
        segments.add("TRN", "1", "0")
        segments.add("STC", tuple(RECEIVED.split(":")), "", _ACCEPT, _dollars(totals.cents))
        _add_totals(segments, totals, "QA", "QC")
        self._present.move_to(self._done.stream)
        self._totals.add_all(totals)
        self._of_provider = Totals()
        self._provider_level = 0

    def _status(self, claim: AskedClaim, status: ClaimStatus) -> list[Element]:
        day, amount = f"{self._made_at:%Y%m%d}", _dollars(claim.charge_cents or 0)
        action = _REJECT if status.is_rejected else _ACCEPT
        begin: list[Element] = ["STC", tuple(status.status.split(":")), day, action, amount]
        if not status.reason:
            return begin
        return [*begin, "", "", "", "", "", "", "", status.reason[:_LONGEST_REASON]]


def _add_totals(segments: Segments, totals: Totals, accepted: str, rejected: str) -> None:
    if totals.accepted:
        segments.add("QTY", accepted, str(totals.accepted))
    if totals.rejected:
        segments.add("QTY", rejected, str(totals.rejected))
    if totals.accepted:
        segments.add("AMT", "YU", _dollars(totals.accepted_cents))
    if totals.rejected:
        segments.add("AMT", "YY", _dollars(totals.rejected_cents))


def _name(party: Party) -> tuple[str, ...]:
    """NM103 to NM107."""
    return (party.name or _UNNAMED)[:_LONGEST_NAME], party.first_name, party.middle_name, "", party.suffix


def _without_first_names(kind: str, identifier: str) -> tuple[str, ...]:
    """NM104 to NM109."""
    return "", "", "", "", kind, identifier


def _span(first: date, last: date) -> tuple[str, str]:
    if first == last:
        return "D8", f"{first:%Y%m%d}"
    return "RD8", f"{first:%Y%m%d}-{last:%Y%m%d}"


def _dollars(cents: int) -> str:
    whole, fraction = divmod(cents, _CENTS)
    return f"{whole}.{fraction:02}".rstrip("0").rstrip(".") if fraction else str(whole)
