"""The inbox: credentials that expire, and renewed documents that wait for their review."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from gate.credentialing.model.credentials import RenewalFilter
from gate.credentialing.model.paging import PageRequest
from gate.errors import InvalidInput
from gate.web.door import Visit
from gate.web.portal.credentialing.admission import Manager, Viewer, may_manage
from gate.web.portal.credentialing.bulk import as_filtered, returning
from gate.web.portal.credentialing.bulk_acts import act_on_ticked
from gate.web.portal.credentialing.fields import Form, refused
from gate.web.portal.credentialing.notices import notice_of
from gate.web.portal.credentialing.office import Office
from gate.web.portal.credentialing.queries import Done, Key, Login, Token
from gate.web.portal.credentialing.views.addresses import address, exported
from gate.web.portal.credentialing.views.credentials import (
    EXPIRING,
    KINDS,
    NOTHING_WAITING,
    REVIEW,
    WINDOWS,
    ExpiringWish,
    expiring_address,
    line_of,
    nothing_expires,
    review_line,
)
from gate.web.portal.credentialing.views.whose import EVERYBODY_OR_ME, choices_with


def wished(days: Key = "", kind: Key = "", who: Login = "", snoozed: Key = "") -> ExpiringWish:
    """A dependency: what is wanted of the inbox."""
    return ExpiringWish(days=days, kind=kind, who=who, snoozed=snoozed)


def expiring_pages(office: Office) -> APIRouter:
    """Credentials that expire, and what somebody does about several of them at once."""
    router = APIRouter(include_in_schema=False)

    async def shown(
        request: Request,
        visit: Visit,
        wish: ExpiringWish,
        *,
        token: str = "",
        notice: str = "",
        refusal: Form | None = None,
    ) -> Response:
        wanted = wish.wanted(visit.principal.subject)
        async with office.reading(visit) as unit:
            page = await office.desk.credentials.expiring(unit, wanted, PageRequest(token=token))
            today = await office.desk.payers.today(unit)
        following = expiring_address(wish, page=page.next_page_token) if page.next_page_token else ""
        return office.pages.answer(
            request,
            "credentialing/expiring.html",
            status=HTTPStatus.OK if refusal is None else HTTPStatus.BAD_REQUEST,
            lines=[line_of(listed) for listed in page.items],
            empty=nothing_expires(wanted),
            wish=wish,
            window=str(wanted.within_days),
            windows=WINDOWS,
            kinds=(("", "All kinds"), *KINDS),
            whose=choices_with(wish.who, EVERYBODY_OR_ME),
            login=visit.principal.subject,
            today=today,
            back=returning(wish.kept()),
            export=exported(EXPIRING, **wish.kept()),
            put_off=expiring_address(ExpiringWish(days=wish.days, kind=wish.kind, who=wish.who, snoozed="1")),
            not_put_off=expiring_address(ExpiringWish(days=wish.days, kind=wish.kind, who=wish.who)),
            first=expiring_address(wish) if token else "",
            following=following,
            may_manage=may_manage(visit),
            notice=notice,
            refusal=refusal,
        )

    @router.get(EXPIRING)
    async def expiring(
        request: Request,
        visit: Viewer,
        wish: Annotated[ExpiringWish, Depends(wished)],
        token: Token = "",
        done: Done = "",
    ) -> Response:
        return await shown(request, visit, wish, token=token, notice=notice_of(done))

    @router.post(EXPIRING)
    async def act(request: Request, visit: Manager) -> Response:
        wish = as_filtered(ExpiringWish, visit.form)
        try:
            action = await act_on_ticked(office, visit, office.desk.credentials)
        except InvalidInput as error:
            return await shown(request, visit, wish, refusal=refused(visit.form, error))
        return RedirectResponse(expiring_address(wish, done=f"{action.done}-credentials"), HTTPStatus.SEE_OTHER)

    return router


def review_list(office: Office) -> APIRouter:
    """Renewed documents that wait."""
    router = APIRouter(include_in_schema=False)

    @router.get(REVIEW)
    async def review(request: Request, visit: Viewer, token: Token = "") -> Response:
        async with office.reading(visit) as unit:
            page = await office.desk.renewals.list(unit, RenewalFilter(), PageRequest(token=token))
        return office.pages.answer(
            request,
            "credentialing/review.html",
            lines=[review_line(listed) for listed in page.items],
            empty=NOTHING_WAITING,
            export=exported(REVIEW),
            first=REVIEW if token else "",
            following=address(REVIEW, page=page.next_page_token) if page.next_page_token else "",
        )

    return router
