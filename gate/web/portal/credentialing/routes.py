"""All credentialing pages."""

from collections.abc import Sequence

from fastapi import APIRouter

from gate.web.portal.credentialing.application_pages import (
    application_archive,
    application_list,
    application_pages,
)
from gate.web.portal.credentialing.board import Board
from gate.web.portal.credentialing.board_pages import board_pages
from gate.web.portal.credentialing.enrollment_lists import enrollment_lists
from gate.web.portal.credentialing.enrollment_pages import enrollment_pages, new_enrollment_pages
from gate.web.portal.credentialing.figure_pages import figure_pages
from gate.web.portal.credentialing.mismatch_pages import mismatch_pages
from gate.web.portal.credentialing.office import Office
from gate.web.portal.credentialing.payer_pages import payer_archive, payer_list, payer_records
from gate.web.portal.credentialing.preference_pages import preference_pages
from gate.web.portal.credentialing.roster_pages import roster_archive, roster_list, roster_records
from gate.web.portal.credentialing.task_pages import task_pages
from gate.web.portal.credentialing.workflow_pages import workflow_pages


def credentialing_pages(office: Office) -> Sequence[APIRouter]:
    """Their routes; those with fixed paths before those that take what stands there for an id."""
    board = Board(office)
    return (
        enrollment_lists(office),
        new_enrollment_pages(office),
        enrollment_pages(office),
        application_list(office),
        figure_pages(office),
        mismatch_pages(office),
        preference_pages(office),
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
    )
