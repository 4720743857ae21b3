"""What becomes of errors: a page in words for people, a problem document for programs, sign-in for strangers."""

from http import HTTPStatus
from typing import Final
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from gate.errors import GateError
from gate.web.door import OrganisationNeeded, SignInNeeded
from gate.web.paths import HOME
from gate.web.portal.pages import Pages
from gate.web.refusals import Refusal, refusal_of, refusal_with

_FOR_PROGRAMS: Final = "/api/"


class Answers:
    """Answers in place of a route that refused or failed."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages

    def install(self, app: FastAPI) -> None:
        """Have `app` answer so."""

        @app.exception_handler(GateError)
        async def refused(request: Request, error: GateError) -> Response:
            return self._told(request, refusal_of(error))

        @app.exception_handler(HTTPException)
        async def not_served(request: Request, error: HTTPException) -> Response:
            response = self._told(request, refusal_with(error.status_code))
            response.headers.update(error.headers or {})
            return response

        @app.exception_handler(RequestValidationError)
        async def malformed(request: Request, error: RequestValidationError) -> Response:
            fields = {".".join(str(part) for part in problem["loc"]): str(problem["msg"]) for problem in error.errors()}
            return self._told(request, refusal_with(HTTPStatus.BAD_REQUEST, fields=fields))

        @app.exception_handler(SignInNeeded)
        async def stranger(_request: Request, error: SignInNeeded) -> Response:
            wanted = "" if error.next_path == HOME else f"?next={quote(error.next_path, safe='/')}"
            return RedirectResponse(f"/sign-in{wanted}", HTTPStatus.SEE_OTHER)

        @app.exception_handler(OrganisationNeeded)
        async def undecided(_request: Request, _error: OrganisationNeeded) -> Response:
            return RedirectResponse("/organisations", HTTPStatus.SEE_OTHER)

    async def failed(self, request: Request) -> Response:
        """Where the gate itself failed."""
        return self._told(request, refusal_with(HTTPStatus.INTERNAL_SERVER_ERROR))

    def _told(self, request: Request, refusal: Refusal) -> Response:
        request_id: str = request.state.request_id
        if request.url.path.startswith(_FOR_PROGRAMS) or "text/html" not in request.headers.get("accept", ""):
            return JSONResponse(
                refusal.problem(request_id),
                status_code=refusal.status,
                headers=refusal.headers(),
                media_type="application/problem+json",
            )
        page = self._pages.answer(request, "error.html", status=refusal.status, refusal=refusal, request_id=request_id)
        page.headers.update(refusal.headers())
        return page
