"""`/api/admin/providers`: providers, the payers chosen for them, and how far that is."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from gate.credentialing.model.dashboard import Dashboard
from gate.credentialing.model.providers import Provider, ProviderChange, ProviderDraft, ProviderFilter
from gate.credentialing.model.selection import CredentialPayersRequest, GeneratedTasks
from gate.web.api.admitted import AdminApi, Manager, Paged, Search, Viewer
from gate.web.api.bodies import Removed, answer, page_answer, reads


def provider_routes(api: AdminApi) -> APIRouter:
    """The routes."""
    router, desk, described = APIRouter(prefix="/api/admin/providers", tags=["providers"]), api.desk, api.described

    @router.get("", openapi_extra=described.operation(lists=Provider))
    async def list_providers(visit: Viewer, page: Paged, search: Search = "") -> Response:
        """Providers by name; `search` is the beginning of a last name or of an NPI."""
        async with api.reading(visit) as unit:
            return page_answer(await desk.providers.list(unit, ProviderFilter(search=search), page))

    @router.post("", openapi_extra=described.operation(gives=Provider, takes=ProviderDraft))
    async def create_provider(
        visit: Manager, draft: Annotated[ProviderDraft, Depends(reads(ProviderDraft))]
    ) -> Response:
        """Add a provider."""
        async with api.writing(visit) as unit:
            return answer(await desk.providers.create(unit, draft, visit.actor()))

    @router.get("/{provider_id}", openapi_extra=described.operation(gives=Provider))
    async def get_provider(visit: Viewer, provider_id: str) -> Response:
        """One provider."""
        async with api.reading(visit) as unit:
            return answer(await desk.providers.get(unit, provider_id))

    @router.patch("/{provider_id}", openapi_extra=described.operation(gives=Provider, takes=ProviderChange))
    async def update_provider(
        visit: Manager, provider_id: str, change: Annotated[ProviderChange, Depends(reads(ProviderChange))]
    ) -> Response:
        """Change what is named."""
        async with api.writing(visit) as unit:
            return answer(await desk.providers.update(unit, provider_id, change, visit.actor()))

    @router.delete("/{provider_id}", openapi_extra=described.operation(gives=Removed))
    async def archive_provider(visit: Manager, provider_id: str) -> Response:
        """Archive a provider; what refers to it stays."""
        async with api.writing(visit) as unit:
            await desk.providers.archive(unit, provider_id, visit.actor())
        return answer(Removed(provider_id))

    @router.post(
        "/{provider_id}/credential-payers",
        openapi_extra=described.operation(gives=GeneratedTasks, takes=CredentialPayersRequest),
    )
    async def credential_payers(
        visit: Manager,
        provider_id: str,
        wanted: Annotated[CredentialPayersRequest, Depends(reads(CredentialPayersRequest))],
    ) -> Response:
        """Begin an application to each payer, with its tasks; what was begun before is not repeated."""
        async with api.writing(visit) as unit:
            return answer(await desk.selection.credential(unit, provider_id, wanted.payer_ids, visit.actor()))

    @router.get("/{provider_id}/credentialing-dashboard", openapi_extra=described.operation(gives=Dashboard))
    async def credentialing_dashboard(visit: Viewer, provider_id: str) -> Response:
        """How far credentialing is with every payer that was chosen."""
        async with api.reading(visit) as unit:
            return answer(await desk.dashboards.of_provider(unit, provider_id))

    return router
