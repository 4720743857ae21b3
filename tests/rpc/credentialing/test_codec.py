"""Every record has a message, every field of it a place there, every word a number."""

from datetime import UTC, date, datetime
from enum import StrEnum

import msgspec
import pytest
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message
from google.type.date_pb2 import Date

from gate.credentialing.model.applications import ApplicationChange, ApplicationDetail, ListedApplication
from gate.credentialing.model.contracts import Contract
from gate.credentialing.model.credentials import (
    Credential,
    CredentialDetail,
    ListedCredential,
    ListedRenewal,
    Renewal,
)
from gate.credentialing.model.dashboard import Dashboard
from gate.credentialing.model.enrollments import Deadline, Enrollment, EnrollmentDraft, ListedEnrollment, Reverification
from gate.credentialing.model.library import WorkflowTemplate
from gate.credentialing.model.payers import Payer
from gate.credentialing.model.preferences import Preferences
from gate.credentialing.model.providers import Provider
from gate.credentialing.model.reconciliation import Mismatch
from gate.credentialing.model.reports import PayerDurations, PipelineSummary
from gate.credentialing.model.selection import GeneratedTasks, PayerStatistics
from gate.credentialing.model.tasks import ListedTask, Task
from gate.credentialing.model.workflows import Workflow, WorkflowDraft
from gate.errors import InvalidInput
from gate.rpc.credentialing.codec import change_in, message_of, record_in
from gate.v1 import credentialing_pb2 as pb

SENT: dict[type[msgspec.Struct], type[Message]] = {
    Provider: pb.Provider,
    Payer: pb.Payer,
    Workflow: pb.PayerWorkflow,
    Enrollment: pb.ProviderEnrollment,
    ListedEnrollment: pb.ListedEnrollment,
    Deadline: pb.Deadline,
    ListedApplication: pb.ListedApplication,
    ApplicationDetail: pb.ApplicationDetail,
    Task: pb.CredentialingTask,
    ListedTask: pb.CredentialingTask,
    Contract: pb.PayerContract,
    Credential: pb.Credential,
    ListedCredential: pb.ListedCredential,
    CredentialDetail: pb.CredentialDetail,
    Renewal: pb.Renewal,
    ListedRenewal: pb.ListedRenewal,
    Reverification: pb.StartReverificationResponse,
    PayerStatistics: pb.PayerStatistics,
    GeneratedTasks: pb.CredentialPayersResponse,
    Dashboard: pb.CredentialingDashboard,
    Preferences: pb.CredentialingPreferences,
    PipelineSummary: pb.PipelineSummary,
    PayerDurations: pb.PayerDurations,
    WorkflowTemplate: pb.WorkflowTemplate,
    Mismatch: pb.Mismatch,
}


SCALARS: dict[type[msgspec.inspect.Type], object] = {
    msgspec.inspect.StrType: "words",
    msgspec.inspect.BoolType: True,
    msgspec.inspect.IntType: 7,
    msgspec.inspect.FloatType: 7.5,
    msgspec.inspect.DateType: date(2026, 3, 10),
    msgspec.inspect.DateTimeType: datetime(2026, 3, 10, 12, tzinfo=UTC),
}


def example(kind: object) -> object:
    """A value of that type, with every optional part set."""
    return _example(msgspec.inspect.type_info(kind))


def _example(kind: msgspec.inspect.Type) -> object:
    match kind:
        case msgspec.inspect.StructType():
            return kind.cls(**{field.name: _example(field.type) for field in kind.fields})
        case msgspec.inspect.UnionType():
            return _example(next(each for each in kind.types if not isinstance(each, msgspec.inspect.NoneType)))
        case msgspec.inspect.VarTupleType() | msgspec.inspect.CollectionType():
            return (_example(kind.item_type),)
        case msgspec.inspect.EnumType():
            return list(kind.cls)[-1]
    return SCALARS[type(kind)]


@pytest.mark.parametrize("kind", SENT, ids=lambda kind: kind.__name__)
def test_every_field_of_a_record_arrives(kind: type[msgspec.Struct]) -> None:
    record = example(kind)
    assert isinstance(record, msgspec.Struct)

    message = message_of(record, SENT[kind]())

    assert {field.name for field, _ in message.ListFields()} >= set(kind.__struct_fields__)


def words_of(field: FieldDescriptor) -> set[str]:
    assert field.enum_type is not None
    prefix = field.enum_type.values_by_number[0].name.removesuffix("UNSPECIFIED")
    return {value.name.removeprefix(prefix).lower() for value in field.enum_type.values if value.number}


@pytest.mark.parametrize("kind", SENT, ids=lambda kind: kind.__name__)
def test_every_word_has_its_number(kind: type[msgspec.Struct]) -> None:
    for field in msgspec.structs.fields(kind):
        if isinstance(field.type, type) and issubclass(field.type, StrEnum):
            described = SENT[kind].DESCRIPTOR.fields_by_name[field.name]
            assert words_of(described) == {word.value for word in field.type}  # type: ignore[arg-type]  # of one implementation


def test_a_record_comes_back_as_it_was_sent() -> None:
    draft = example(WorkflowDraft)
    assert isinstance(draft, WorkflowDraft)

    assert record_in(message_of(draft, pb.PayerWorkflow()), WorkflowDraft, "workflow") == draft


def test_a_date_that_is_none_is_refused_by_its_path() -> None:
    wrong = pb.ProviderEnrollment(provider_id="p", payer_id="q", effective_date=Date(year=2026, month=2, day=30))

    with pytest.raises(InvalidInput) as refusal:
        record_in(wrong, EnrollmentDraft, "enrollment")
    assert refusal.value.violations[0].field == "enrollment.effective_date"


def test_what_is_told_beside_the_message_is_not_named_by_the_mask() -> None:
    message, day = pb.PayerApplication(notes="x"), date(2026, 3, 10)

    change = change_in(message, FieldMask(paths=["notes"]), ApplicationChange, "application", occurred_on=day)
    assert (change.notes, change.occurred_on) == ("x", day)
    for paths in (["occurred_on"], ["id"]):
        with pytest.raises(InvalidInput, match="update_mask"):
            change_in(message, FieldMask(paths=paths), ApplicationChange, "application", occurred_on=None)
