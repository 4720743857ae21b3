"""All credentialing pages."""

from collections.abc import Sequence

from fastapi import APIRouter

from gate.accounts.calendar_addresses import CalendarAddresses
from gate.web.portal.credentialing.application_pages import (
    application_archive,
    application_list,
    application_pages,
)
from gate.web.portal.credentialing.board import Board
from gate.web.portal.credentialing.board_pages import board_pages
from gate.web.portal.credentialing.calendar_pages import calendar_feed, calendar_pages
from gate.web.portal.credentialing.credential_pages import (
    credential_archive,
    credential_pages,
    new_credential_pages,
)
from gate.web.portal.credentialing.deadline_pages import deadline_pages, reverification_pages
from gate.web.portal.credentialing.enrollment_lists import enrollment_lists
from gate.web.portal.credentialing.enrollment_pages import enrollment_pages, new_enrollment_pages
from gate.web.portal.credentialing.export_pages import inbox_exports, record_exports, work_exports
from gate.web.portal.credentialing.figure_pages import figure_pages
from gate.web.portal.credentialing.inbox_pages import expiring_pages, review_list
from gate.web.portal.credentialing.mismatch_pages import mismatch_pages
from gate.web.portal.credentialing.office import Office
from gate.web.portal.credentialing.payer_pages import payer_archive, payer_list, payer_records
from gate.web.portal.credentialing.preference_pages import preference_pages
from gate.web.portal.credentialing.renewal_pages import renewal_form, review_pages
from gate.web.portal.credentialing.roster_pages import roster_archive, roster_list, roster_records
from gate.web.portal.credentialing.task_list_pages import task_list_pages
from gate.web.portal.credentialing.task_pages import task_pages
from gate.web.portal.credentialing.workflow_list import workflow_list
from gate.web.portal.credentialing.workflow_pages import workflow_pages


def credentialing_pages(office: Office, calendars: CalendarAddresses, base_url: str) -> Sequence[APIRouter]:
    """Their routes; those with fixed paths before those that take what stands there for an id."""
    board = Board(office)
    return (
        work_exports(office),
        record_exports(office),
        inbox_exports(office),
        enrollment_lists(office),
        deadline_pages(office),
        reverification_pages(office),
        task_list_pages(office),
        workflow_list(office),
        new_enrollment_pages(office),
        enrollment_pages(office),
        application_list(office),
        figure_pages(office),
        mismatch_pages(office),
        preference_pages(office),
        calendar_pages(office, calendars, base_url),
        calendar_feed(office, calendars),
        application_pages(office),
        application_archive(office),
        roster_list(office),
        roster_records(office),
        roster_archive(office),
        board_pages(office, board),
        task_pages(office, board),
        payer_list(office),
        payer_records(office),
        payer_archive(office),
        workflow_pages(office),
        expiring_pages(office),
        review_list(office),
        new_credential_pages(office),
        review_pages(office),
        credential_pages(office),
        credential_archive(office),
        renewal_form(office),
    )
