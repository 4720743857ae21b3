"""The envelope around claims: what opens must close, and counts and control numbers must agree."""

from collections.abc import Callable
from typing import Final

from gate.claimfiles.errors import ClaimFileError
from gate.claimfiles.problems import FileProblems
from gate.claimfiles.x12_blocks import Place
from gate.claimfiles.x12_events import (
    EnvelopeFault,
    Event,
    GroupBegins,
    GroupEnds,
    InterchangeEnds,
    Level,
    SetBegins,
    SetEnds,
)
from gate.claimfiles.x12_forms import SUPPORTED, ClaimForm, form_of
from gate.claimfiles.x12_header import header_of
from gate.claimfiles.x12_interchange import interchange_of
from gate.claimfiles.x12_marks import Marks

_REMEMBERED_KEYS: Final = 50_000
"""Transactions whose keys are remembered to keep claim keys unique where control numbers are used again."""
_CLAIM_GROUP: Final = b"HC"
_CONTROL_VERSION: Final = b"00501"
INVALID_CONTENT: Final = EnvelopeFault(Level.INTERCHANGE, "024")


class Transaction:
    """One ST..SE: its form, and what makes the keys of its claims unique."""

    def __init__(self, form: ClaimForm, key: str, claims_before: int, number: int, control: bytes) -> None:
        self.form = form
        self.key = key
        """``ISA06|ISA13|GS06|ST02``."""
        self.claims = claims_before
        """Claims so far under this key: not zero where control numbers are used twice in a file."""
        self.number = number
        """Segment number of ST."""
        self.control = control

    def next_claim_key(self) -> str:
        """The key of the claim that begins now."""
        self.claims += 1
        return f"{self.key}|{self.claims}"


class _Level:
    """An open interchange or functional group."""

    def __init__(self, control: bytes, key: str, version: bytes = b"") -> None:
        self.control = control
        self.key = key
        self.version = version
        self.parts = 0


class Envelope:
    """Follows ISA, GS, ST and their trailers. What can be read nevertheless is a problem, what cannot an error."""

    def __init__(self, problems: FileProblems, tell: Callable[[Event], object]) -> None:
        self._problems = problems
        self._tell = tell
        self._interchange: _Level | None = None
        self._group: _Level | None = None
        self._claims_by_key: dict[str, int] = {}
        self.transaction: Transaction | None = None

    def open_interchange(self, piece: bytes, place: Place, marks: Marks) -> None:
        """ISA."""
        isa = piece.partition(marks.terminator)[0]
        elements = isa.split(marks.element)
        if self._interchange:
            raise self._misplaced(place, "a new interchange begins")
        self._interchange = _Level(elements[13], f"{_text(elements[6])}|{_text(elements[13])}")
        if (begins := interchange_of(isa, marks.terminator)) is not None:
            self._tell(begins)
        if (version := elements[12].strip()) != _CONTROL_VERSION:
            message = f"ISA12 is {_quoted(version)}, not '00501'"
            self._complain(place, message, Level.INTERCHANGE, "017")

    def open_group(self, elements: list[bytes], place: Place) -> None:
        """GS."""
        interchange = self._interchange
        if interchange is None or self._group:
            raise self._misplaced(place, "a functional group (GS) begins")
        kind, control, version = _element(elements, 1), _element(elements, 6), _element(elements, 8)
        self._group = _Level(control, f"{interchange.key}|{_text(control)}", version)
        sender, receiver = _text(_element(elements, 2)), _text(_element(elements, 3))
        self._tell(GroupBegins(_text(kind), sender, receiver, _text(control), _text(version)))
        if kind != _CLAIM_GROUP:
            self._complain(place, f"GS01 is {_quoted(kind)}, not 'HC' for claims", Level.GROUP, "1")
        interchange.parts += 1

    def open_transaction(self, piece: bytes, place: Place, marks: Marks) -> Transaction:
        """ST, with the header after it.

        Raises:
            ClaimFileError: for another transaction set than 837, or a version of it that is not supported.
        """
        group = self._group
        elements = piece.partition(marks.terminator)[0].split(marks.element)
        kind, control, stated = _element(elements, 1), _element(elements, 2), _element(elements, 3)
        if group is None or self.transaction:
            raise self._misplaced(place, "a transaction (ST) begins")
        self._tell(SetBegins(_text(kind), _text(control), _text(stated), *header_of(piece, marks)))
        group.parts += 1
        if kind != b"837":
            message = f"transaction set {_quoted(kind)} is not a claim (837)"
            raise ClaimFileError(str(place), message, EnvelopeFault(Level.SET, "1"))
        version = stated or group.version
        form = form_of(version)
        if form is None:
            message = f"version {_quoted(version)} of the 837 is not supported; supported are {SUPPORTED}"
            group_fault = () if form_of(group.version) else (EnvelopeFault(Level.GROUP, "2"),)
            raise ClaimFileError(str(place), message, EnvelopeFault(Level.SET, "I6"), *group_fault)
        if stated and stated != group.version:
            message = f"ST03 is {_quoted(stated)}, but GS08 is {_quoted(group.version)}"
            self._complain(place, message, Level.SET, "19")
        key = f"{group.key}|{_text(control)}"
        if (claims_before := self._claims_by_key.pop(key, None)) is not None:
            message = f"the control numbers of transaction {_quoted(control)} were used before"
            self._complain(place, message, Level.SET, "23")
        self.transaction = Transaction(form, key, claims_before or 0, place.number, control)
        return self.transaction

    def close_transaction(self, elements: list[bytes], place: Place) -> None:
        """SE."""
        transaction = self.transaction
        if transaction is None:
            raise ClaimFileError(str(place), "a transaction ends (SE) that never began", INVALID_CONTENT)
        segments = place.number - transaction.number + 1
        self._count("SE01", elements, segments, "segments", place, EnvelopeFault(Level.SET, "4"))
        self._control("SE02", elements, transaction.control, "ST02", place, EnvelopeFault(Level.SET, "3"))
        self._claims_by_key[transaction.key] = transaction.claims
        if len(self._claims_by_key) > _REMEMBERED_KEYS:
            del self._claims_by_key[next(iter(self._claims_by_key))]
        self.transaction = None
        self._tell(SetEnds())

    def close_group(self, elements: list[bytes], place: Place) -> None:
        """GE."""
        group = self._group
        if group is None or self.transaction:
            raise self._misplaced(place, "a functional group ends (GE)")
        self._count("GE01", elements, group.parts, "transactions", place, EnvelopeFault(Level.GROUP, "5"))
        self._control("GE02", elements, group.control, "GS06", place, EnvelopeFault(Level.GROUP, "4"))
        self._group = None
        self._tell(GroupEnds(_text(_element(elements, 1))))

    def close_interchange(self, elements: list[bytes], place: Place) -> None:
        """IEA."""
        interchange = self._interchange
        if interchange is None or self._group:
            raise self._misplaced(place, "an interchange ends (IEA)")
        fault = EnvelopeFault(Level.INTERCHANGE, "021")
        self._count("IEA01", elements, interchange.parts, "functional groups", place, fault)
        fault = EnvelopeFault(Level.INTERCHANGE, "001")
        self._control("IEA02", elements, interchange.control, "ISA13", place, fault)
        self._interchange = None
        self._tell(InterchangeEnds())

    def finish(self, place: Place) -> None:
        """The end of the file.

        Raises:
            ClaimFileError: when something is still open: the file was cut short.
        """
        if self._interchange:
            raise self._misplaced(place, "the file ends here", EnvelopeFault(Level.INTERCHANGE, "023"))

    def _misplaced(self, place: Place, what: str, *faults: Event) -> ClaimFileError:
        """Nothing may begin or end while what is inside of it, or beside it, has not ended."""
        faults = (*faults, *self._faults_of_what_is_open())
        return ClaimFileError(str(place), f"{what}, but {self._what_is_open()}", *faults)

    def _faults_of_what_is_open(self) -> tuple[Event, ...]:
        if self.transaction:
            return EnvelopeFault(Level.SET, "2"), EnvelopeFault(Level.GROUP, "3")
        if self._group:
            return (EnvelopeFault(Level.GROUP, "3"),)
        return (INVALID_CONTENT,) if self._interchange else ()

    def _what_is_open(self) -> str:
        if self.transaction:
            return f"transaction {_quoted(self.transaction.control)} has not ended (no SE)"
        if self._group:
            return f"functional group {_quoted(self._group.control)} has not ended (no GE)"
        if self._interchange:
            return f"interchange {_quoted(self._interchange.control)} has not ended (no IEA)"
        return "nothing that could hold it is open"

    def _complain(self, place: Place, message: str, level: Level, code: str) -> None:
        self._problems.add(str(place), message)
        self._tell(EnvelopeFault(level, code))

    def _count(
        self, name: str, elements: list[bytes], counted: int, things: str, place: Place, fault: EnvelopeFault
    ) -> None:
        stated = _element(elements, 1)
        if not (stated.isdigit() and len(stated) <= 10 and int(stated) == counted):  # noqa: PLR2004 - DE 96 has ten digits at most
            message = f"{name} is {_quoted(stated)}, but there are {counted} {things}"
            self._complain(place, message, fault.level, fault.code)

    def _control(
        self, name: str, elements: list[bytes], opened: bytes, opener: str, place: Place, fault: EnvelopeFault
    ) -> None:
        stated = _element(elements, 2)
        if stated != opened:
            message = f"{name} is {_quoted(stated)}, but {opener} is {_quoted(opened)}"
            self._complain(place, message, fault.level, fault.code)


def _element(elements: list[bytes], index: int) -> bytes:
    return elements[index].strip() if index < len(elements) else b""


def _text(value: bytes) -> str:
    return value.decode("latin-1").strip()


def _quoted(value: bytes) -> str:
    """An identifier of the format, short enough for a message and without control characters."""
    return ascii(value[:20].decode("latin-1"))
