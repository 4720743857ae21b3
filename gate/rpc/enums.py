"""Our words to protobuf's numbers and back: ``PASS`` is ``DECISION_CODE_PASS``. Complete by construction."""

from enum import StrEnum
from typing import Any, Final, Generic, TypeVar

from aggregator.evidence import Freshness, SourceOutcome
from aggregator.guards.health import SourceStatus
from gate.audit.export import ExportFormat
from gate.audit.verification import BreakKind
from gate.decision.model import (
    ClaimAction,
    DecisionCode,
    DosRule,
    GateMode,
    NationalFallback,
    NpiRole,
    OutageAction,
    PartialFailure,
    PastDueAction,
    Strictness,
)
from gate.ledger.history import ReevaluationOutcome
from gate.v1 import audit_log_pb2, decision_pb2, enrollment_gate_pb2, gate_admin_pb2
from sources.contract import SourceScope
from sources.records import EnrollmentStatus

Word = TypeVar("Word", bound=StrEnum)


class Numbers(Generic[Word]):
    """One vocabulary in both directions. Built at import, so a word without a number stops the start."""

    def __init__(self, words: type[Word], generated: Any, prefix: str) -> None:  # noqa: ANN401 - see above
        self._numbers: dict[Word, int] = {word: generated.Value(f"{prefix}_{word.value}") for word in words}
        self._words = {number: word for word, number in self._numbers.items()}

    def number(self, word: Word | None) -> Any:  # noqa: ANN401 - every generated enum is an int of its own type
        """The number of `word`; UNSPECIFIED for None."""
        return 0 if word is None else self._numbers[word]

    def word(self, number: int) -> Word | None:
        """The word of `number`; None for UNSPECIFIED and for numbers of a later version of the contract."""
        return self._words.get(number)


CODES: Final = Numbers(DecisionCode, decision_pb2.DecisionCode, "DECISION_CODE")
ACTIONS: Final = Numbers(ClaimAction, decision_pb2.ClaimAction, "CLAIM_ACTION")
MODES: Final = Numbers(GateMode, decision_pb2.GateMode, "GATE_MODE")
FRESHNESS: Final = Numbers(Freshness, decision_pb2.Freshness, "FRESHNESS")
ROLES: Final = Numbers(NpiRole, decision_pb2.NpiRole, "NPI_ROLE")
STATUSES: Final = Numbers(EnrollmentStatus, decision_pb2.EnrollmentStatus, "ENROLLMENT_STATUS")
OUTCOMES: Final = Numbers(SourceOutcome, decision_pb2.SourceOutcome, "SOURCE_OUTCOME")
SCOPES: Final = Numbers(SourceScope, decision_pb2.SourceScope, "SOURCE_SCOPE")
STRICTNESS: Final = Numbers(Strictness, gate_admin_pb2.CheckStrictness, "CHECK_STRICTNESS")
OUTAGE_ACTIONS: Final = Numbers(OutageAction, gate_admin_pb2.OutageAction, "OUTAGE_ACTION")
PARTIAL_FAILURES: Final = Numbers(PartialFailure, gate_admin_pb2.PartialFailure, "PARTIAL_FAILURE")
NATIONAL_FALLBACKS: Final = Numbers(NationalFallback, gate_admin_pb2.NationalFallback, "NATIONAL_FALLBACK")
PAST_DUE_ACTIONS: Final = Numbers(PastDueAction, gate_admin_pb2.PastDueAction, "PAST_DUE_ACTION")
DOS_RULES: Final = Numbers(DosRule, gate_admin_pb2.DosRule, "DOS_RULE")
REEVALUATIONS: Final = Numbers(ReevaluationOutcome, enrollment_gate_pb2.ReevaluationOutcome, "REEVALUATION_OUTCOME")
SOURCE_STATUSES: Final = Numbers(SourceStatus, gate_admin_pb2.SourceStatus, "SOURCE_STATUS")
BREAK_KINDS: Final = Numbers(BreakKind, audit_log_pb2.ChainBreakKind, "CHAIN_BREAK_KIND")
EXPORT_FORMATS: Final = Numbers(ExportFormat, audit_log_pb2.AuditExportFormat, "AUDIT_EXPORT_FORMAT")
