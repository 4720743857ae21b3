"""All routes of `/api/admin`."""

from collections.abc import Sequence

from fastapi import APIRouter

from gate.web.api.admitted import AdminApi
from gate.web.api.application_routes import application_routes, contract_routes
from gate.web.api.credential_routes import credential_routes, renewal_routes
from gate.web.api.deadline_routes import deadline_routes
from gate.web.api.enrollment_routes import enrollment_routes
from gate.web.api.payer_routes import payer_routes
from gate.web.api.provider_routes import provider_routes
from gate.web.api.report_routes import report_routes
from gate.web.api.task_routes import task_routes


def admin_routes(api: AdminApi) -> Sequence[APIRouter]:
    """By what they are about."""
    return (
        provider_routes(api),
        payer_routes(api),
        enrollment_routes(api),
        deadline_routes(api),
        application_routes(api),
        contract_routes(api),
        task_routes(api),
        credential_routes(api),
        renewal_routes(api),
        report_routes(api),
    )
