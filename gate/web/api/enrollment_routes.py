"""`/api/admin/enrollments`: provider enrollments; and what an organisation settled for itself."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from gate.credentialing.model.enrollments import (
    Enrollment,
    EnrollmentChange,
    EnrollmentDraft,
    EnrollmentFilter,
    EnrollmentStatus,
    ListedEnrollment,
)
from gate.credentialing.model.preferences import Preferences, PreferencesChange
from gate.web.api.admitted import (
    AdminApi,
    Manager,
    OfPayer,
    OfProvider,
    Paged,
    Search,
    Viewer,
)
from gate.web.api.bodies import Removed, answer, page_answer, reads


def enrollment_routes(api: AdminApi) -> APIRouter:
    """The routes."""
    router, desk, described = APIRouter(prefix="/api/admin", tags=["enrollments"]), api.desk, api.described

    @router.get("/enrollments", openapi_extra=described.operation(lists=ListedEnrollment))
    async def list_enrollments(
        visit: Viewer,
        page: Paged,
        search: Search = "",
        status: EnrollmentStatus | None = None,
        provider_id: OfProvider = "",
        payer_id: OfPayer = "",
    ) -> Response:
        """Enrollments, newest first; `search` is an NPI, a billing NPI or a taxonomy code, or the beginning of one."""
        wanted = EnrollmentFilter(search=search, status=status, provider_id=provider_id, payer_id=payer_id)
        async with api.reading(visit) as unit:
            return page_answer(await desk.enrollments.list(unit, wanted, page))

    @router.post("/enrollments", openapi_extra=described.operation(gives=Enrollment, takes=EnrollmentDraft))
    async def create_enrollment(
        visit: Manager, draft: Annotated[EnrollmentDraft, Depends(reads(EnrollmentDraft))]
    ) -> Response:
        """Add an enrollment."""
        async with api.writing(visit) as unit:
            return answer(await desk.enrollments.create(unit, draft, visit.actor()))

    @router.get("/enrollments/{enrollment_id}", openapi_extra=described.operation(gives=ListedEnrollment))
    async def get_enrollment(visit: Viewer, enrollment_id: str) -> Response:
        """One enrollment."""
        async with api.reading(visit) as unit:
            return answer(await desk.enrollments.get(unit, enrollment_id))

    @router.patch(
        "/enrollments/{enrollment_id}", openapi_extra=described.operation(gives=Enrollment, takes=EnrollmentChange)
    )
    async def update_enrollment(
        visit: Manager,
        enrollment_id: str,
        change: Annotated[EnrollmentChange, Depends(reads(EnrollmentChange))],
    ) -> Response:
        """Change what is named."""
        async with api.writing(visit) as unit:
            return answer(await desk.enrollments.update(unit, enrollment_id, change, visit.actor()))

    @router.delete("/enrollments/{enrollment_id}", openapi_extra=described.operation(gives=Removed))
    async def archive_enrollment(visit: Manager, enrollment_id: str) -> Response:
        """Archive an enrollment; claims are not affected."""
        async with api.writing(visit) as unit:
            await desk.enrollments.archive(unit, enrollment_id, visit.actor())
        return answer(Removed(enrollment_id))

    @router.get("/credentialing-preferences", openapi_extra=described.operation(gives=Preferences))
    async def get_preferences(visit: Viewer) -> Response:
        """What the organisation settled for itself."""
        async with api.reading(visit) as unit:
            return answer(await desk.payers.preferences(unit))

    @router.patch(
        "/credentialing-preferences", openapi_extra=described.operation(gives=Preferences, takes=PreferencesChange)
    )
    async def settle_preferences(
        visit: Manager, change: Annotated[PreferencesChange, Depends(reads(PreferencesChange))]
    ) -> Response:
        """Change what is named."""
        async with api.writing(visit) as unit:
            return answer(await desk.payers.settle(unit, change, visit.actor()))

    return router
