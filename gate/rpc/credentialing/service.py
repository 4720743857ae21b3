"""The service `Credentialing`, put together."""

from typing import ClassVar

from gate.rpc.credentialing.application_calls import ApplicationCalls
from gate.rpc.credentialing.credential_calls import CredentialCalls
from gate.rpc.credentialing.deadline_calls import DeadlineCalls
from gate.rpc.credentialing.enrollment_calls import EnrollmentCalls
from gate.rpc.credentialing.payer_calls import PayerCalls
from gate.rpc.credentialing.provider_calls import ProviderCalls
from gate.rpc.credentialing.report_calls import ReportCalls
from gate.rpc.credentialing.task_calls import TaskCalls
from gate.v1 import credentialing_pb2


class CredentialingService(
    ProviderCalls,
    PayerCalls,
    EnrollmentCalls,
    DeadlineCalls,
    ApplicationCalls,
    TaskCalls,
    CredentialCalls,
    ReportCalls,
):
    """Providers' enrollments with payers, and the work of getting there."""

    service: ClassVar = credentialing_pb2.DESCRIPTOR.services_by_name["Credentialing"]
