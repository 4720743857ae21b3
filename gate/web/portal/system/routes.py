"""All pages about the running of the service."""

from collections.abc import Sequence

from fastapi import APIRouter

from gate.delivery.endpoints import WebhookEndpoints
from gate.jobs.desk import JobDesk
from gate.outbox.dead_letters import DeadLetters
from gate.persistence.unit_of_work import Database
from gate.web.portal.pages import Pages
from gate.web.portal.system.delivery_pages import delivery_pages
from gate.web.portal.system.job_pages import job_pages
from gate.web.portal.system.webhook_pages import webhook_pages


def system_pages(
    pages: Pages, database: Database, jobs: JobDesk, letters: DeadLetters, webhooks: WebhookEndpoints
) -> Sequence[APIRouter]:
    """By what they are about."""
    return (
        job_pages(pages, jobs),
        delivery_pages(pages, database, letters),
        webhook_pages(pages, database, webhooks),
    )
