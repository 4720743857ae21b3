"""All pages about alerts."""

from collections.abc import Sequence

from fastapi import APIRouter

from gate.web.portal.alerts.alert_pages import alert_page
from gate.web.portal.alerts.list_pages import alert_list
from gate.web.portal.alerts.notification_pages import NotificationOffice, notification_pages


def alert_pages(office: NotificationOffice) -> Sequence[APIRouter]:
    """Their routes."""
    return (
        alert_list(office.pages, office.database, office.alerts),
        alert_page(office.pages, office.database, office.alerts),
        notification_pages(office),
    )
