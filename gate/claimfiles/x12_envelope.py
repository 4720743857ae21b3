"""The envelope around claims: what opens must close, and counts and control numbers must agree."""

from typing import Final

from gate.claimfiles.errors import ClaimFileError
from gate.claimfiles.problems import FileProblems
from gate.claimfiles.x12_blocks import Place
from gate.claimfiles.x12_forms import SUPPORTED, ClaimForm, form_of

_REMEMBERED_KEYS: Final = 50_000
"""Transactions whose keys are remembered to keep claim keys unique where control numbers are used again."""
_CLAIM_GROUP: Final = b"HC"


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

    def __init__(self, problems: FileProblems) -> None:
        self._problems = problems
        self._interchange: _Level | None = None
        self._group: _Level | None = None
        self._claims_by_key: dict[str, int] = {}
        self.transaction: Transaction | None = None

    def open_interchange(self, elements: list[bytes], place: Place) -> None:
        """ISA."""
        if self._interchange:
            raise ClaimFileError(str(place), f"a new interchange begins, but {self._what_is_open()}")
        self._interchange = _Level(elements[13], f"{_text(elements[6])}|{_text(elements[13])}")

    def open_group(self, elements: list[bytes], place: Place) -> None:
        """GS."""
        interchange = self._interchange
        if interchange is None or self._group:
            raise ClaimFileError(str(place), f"a functional group (GS) begins, but {self._what_is_open()}")
        kind, control, version = _element(elements, 1), _element(elements, 6), _element(elements, 8)
        if kind != _CLAIM_GROUP:
            self._problems.add(str(place), f"GS01 is {_quoted(kind)}, not 'HC' for claims")
        interchange.parts += 1
        self._group = _Level(control, f"{interchange.key}|{_text(control)}", version)

    def open_transaction(self, elements: list[bytes], place: Place) -> Transaction:
        """ST.

        Raises:
            ClaimFileError: for another transaction set than 837, or a version of it that is not supported.
        """
        group = self._group
        if group is None or self.transaction:
            raise ClaimFileError(str(place), f"a transaction (ST) begins, but {self._what_is_open()}")
        kind, control, stated = _element(elements, 1), _element(elements, 2), _element(elements, 3)
        if kind != b"837":
            raise ClaimFileError(str(place), f"transaction set {_quoted(kind)} is not a claim (837)")
        version = stated or group.version
        form = form_of(version)
        if form is None:
            message = f"version {_quoted(version)} of the 837 is not supported; supported are {SUPPORTED}"
            raise ClaimFileError(str(place), message)
        if stated and stated != group.version:
            self._problems.add(str(place), f"ST03 is {_quoted(stated)}, but GS08 is {_quoted(group.version)}")
        group.parts += 1
        key = f"{group.key}|{_text(control)}"
        if (claims_before := self._claims_by_key.pop(key, None)) is not None:
            self._problems.add(str(place), f"the control numbers of transaction {_quoted(control)} were used before")
        self.transaction = Transaction(form, key, claims_before or 0, place.number, control)
        return self.transaction

    def close_transaction(self, elements: list[bytes], place: Place) -> None:
        """SE."""
        transaction = self.transaction
        if transaction is None:
            raise ClaimFileError(str(place), "a transaction ends (SE) that never began")
        segments = place.number - transaction.number + 1
        self._count("SE01", elements, segments, "segments", place)
        self._control("SE02", elements, transaction.control, "ST02", place)
        self._claims_by_key[transaction.key] = transaction.claims
        if len(self._claims_by_key) > _REMEMBERED_KEYS:
            del self._claims_by_key[next(iter(self._claims_by_key))]
        self.transaction = None

    def close_group(self, elements: list[bytes], place: Place) -> None:
        """GE."""
        group = self._group
        if group is None or self.transaction:
            raise ClaimFileError(str(place), f"a functional group ends (GE), but {self._what_is_open()}")
        self._count("GE01", elements, group.parts, "transactions", place)
        self._control("GE02", elements, group.control, "GS06", place)
        self._group = None

    def close_interchange(self, elements: list[bytes], place: Place) -> None:
        """IEA."""
        interchange = self._interchange
        if interchange is None or self._group:
            raise ClaimFileError(str(place), f"an interchange ends (IEA), but {self._what_is_open()}")
        self._count("IEA01", elements, interchange.parts, "functional groups", place)
        self._control("IEA02", elements, interchange.control, "ISA13", place)
        self._interchange = None

    def finish(self, place: Place) -> None:
        """The end of the file.

        Raises:
            ClaimFileError: when something is still open: the file was cut short.
        """
        if self._interchange:
            raise ClaimFileError(str(place), f"the file ends here, but {self._what_is_open()}")

    def _what_is_open(self) -> str:
        if self.transaction:
            return f"transaction {_quoted(self.transaction.control)} has not ended (no SE)"
        if self._group:
            return f"functional group {_quoted(self._group.control)} has not ended (no GE)"
        if self._interchange:
            return f"interchange {_quoted(self._interchange.control)} has not ended (no IEA)"
        return "nothing that could hold it is open"

    def _count(self, name: str, elements: list[bytes], counted: int, things: str, place: Place) -> None:
        stated = _element(elements, 1)
        if not (stated.isdigit() and len(stated) <= 10 and int(stated) == counted):  # noqa: PLR2004 - DE 96 has ten digits at most
            self._problems.add(str(place), f"{name} is {_quoted(stated)}, but there are {counted} {things}")

    def _control(self, name: str, elements: list[bytes], opened: bytes, opener: str, place: Place) -> None:
        stated = _element(elements, 2)
        if stated != opened:
            self._problems.add(str(place), f"{name} is {_quoted(stated)}, but {opener} is {_quoted(opened)}")


def _element(elements: list[bytes], index: int) -> bytes:
    return elements[index].strip() if index < len(elements) else b""


def _text(value: bytes) -> str:
    return value.decode("latin-1").strip()


def _quoted(value: bytes) -> str:
    """An identifier of the format, short enough for a message and without control characters."""
    return ascii(value[:20].decode("latin-1"))
