"""`/api/admin/credentialing-applications` and `/api/admin/contracts`: from the first step to the network."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from gate.credentialing.model.applications import (
    Application,
    ApplicationChange,
    ApplicationDetail,
    ApplicationDraft,
    ApplicationFilter,
    ApplicationStatus,
    ListedApplication,
)
from gate.credentialing.model.contracts import Contract, ContractChange, ContractDraft, ContractFilter
from gate.web.api.admitted import AdminApi, Manager, OfPayer, OfProvider, Paged, Viewer
from gate.web.api.bodies import Removed, answer, page_answer, reads


def application_routes(api: AdminApi) -> APIRouter:
    """The routes of applications."""
    router = APIRouter(prefix="/api/admin/credentialing-applications", tags=["applications"])
    desk, described = api.desk, api.described

    @router.get("", openapi_extra=described.operation(lists=ListedApplication))
    async def list_applications(
        visit: Viewer,
        page: Paged,
        status: ApplicationStatus | None = None,
        provider_id: OfProvider = "",
        payer_id: OfPayer = "",
        overdue: Annotated[bool, Query(description="Only those that payers have had for too long")] = False,
    ) -> Response:
        """Applications, newest first; overdue ones, the latest first."""
        wanted = ApplicationFilter(
            application_status=status, provider_id=provider_id, payer_id=payer_id, is_overdue=overdue
        )
        async with api.reading(visit) as unit:
            return page_answer(await desk.applications.list(unit, wanted, page))

    @router.post("", openapi_extra=described.operation(gives=Application, takes=ApplicationDraft))
    async def create_application(
        visit: Manager, draft: Annotated[ApplicationDraft, Depends(reads(ApplicationDraft))]
    ) -> Response:
        """Begin an application; a provider applies to a payer once."""
        async with api.writing(visit) as unit:
            return answer(await desk.applications.create(unit, draft, visit.actor()))

    @router.get("/{application_id}", openapi_extra=described.operation(gives=ApplicationDetail))
    async def get_application(visit: Viewer, application_id: str) -> Response:
        """One application and its history."""
        async with api.reading(visit) as unit:
            return answer(await desk.applications.get(unit, application_id))

    @router.patch(
        "/{application_id}", openapi_extra=described.operation(gives=ApplicationDetail, takes=ApplicationChange)
    )
    async def update_application(
        visit: Manager,
        application_id: str,
        change: Annotated[ApplicationChange, Depends(reads(ApplicationChange))],
    ) -> Response:
        """Change what is named; a new status brings its dates, and an approval a contract."""
        async with api.writing(visit) as unit:
            return answer(await desk.applications.update(unit, application_id, change, visit.actor()))

    @router.delete("/{application_id}", openapi_extra=described.operation(gives=Removed))
    async def archive_application(visit: Manager, application_id: str) -> Response:
        """Archive an application and its tasks; a contract stays."""
        async with api.writing(visit) as unit:
            await desk.applications.archive(unit, application_id, visit.actor())
        return answer(Removed(application_id))

    return router


def contract_routes(api: AdminApi) -> APIRouter:
    """The routes of contracts."""
    router, desk, described = APIRouter(prefix="/api/admin/contracts", tags=["contracts"]), api.desk, api.described

    @router.get("", openapi_extra=described.operation(lists=Contract))
    async def list_contracts(
        visit: Viewer, page: Paged, provider_id: OfProvider = "", payer_id: OfPayer = ""
    ) -> Response:
        """Contracts, newest first."""
        wanted = ContractFilter(provider_id=provider_id, payer_id=payer_id)
        async with api.reading(visit) as unit:
            return page_answer(await desk.contracts.list(unit, wanted, page))

    @router.post("", openapi_extra=described.operation(gives=Contract, takes=ContractDraft))
    async def create_contract(
        visit: Manager, draft: Annotated[ContractDraft, Depends(reads(ContractDraft))]
    ) -> Response:
        """Keep a contract that was there before."""
        async with api.writing(visit) as unit:
            return answer(await desk.contracts.create(unit, draft, visit.actor()))

    @router.patch("/{contract_id}", openapi_extra=described.operation(gives=Contract, takes=ContractChange))
    async def update_contract(
        visit: Manager, contract_id: str, change: Annotated[ContractChange, Depends(reads(ContractChange))]
    ) -> Response:
        """Change what is named, as when it ends."""
        async with api.writing(visit) as unit:
            return answer(await desk.contracts.update(unit, contract_id, change, visit.actor()))

    return router
