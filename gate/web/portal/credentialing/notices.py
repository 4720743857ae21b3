"""What a page says of what was done just before. Pure."""

from collections.abc import Mapping
from typing import Final

_WORDS: Final[Mapping[str, str]] = {
    "enrollment-added": "The enrollment was added.",
    "enrollment-changed": "The enrollment was changed.",
    "enrollment-archived": "The enrollment was archived. Existing claims are not affected.",
    "provider-added": "The provider was added. Next: select payers.",
    "provider-changed": "The provider was changed.",
    "provider-archived": "The provider was archived.",
    "payer-added": "The payer was added.",
    "payer-changed": "The payer was changed.",
    "payer-archived": "The payer was archived.",
    "workflow-changed": "The workflow was changed. Tasks that are there already stay as they are.",
    "workflow-dropped": "The payer goes by the usual steps again.",
    "application-changed": "The application was changed.",
    "application-approved": "The application is approved, and the provider is in the payer’s network.",
    "application-archived": "The application and its tasks were archived.",
    "calendar-revoked": "The address of your calendar was taken back, and opens nothing any more.",
    "preferences-changed": "The settings were changed.",
    "task-changed": "The task was changed.",
    "tasks-changed": "The tasks were changed.",
    "task-archived": "The task was removed.",
    "credential-added": "The credential was added.",
    "credential-changed": "The credential was changed.",
    "credential-archived": "The credential was archived.",
    "renewal-submitted": "The renewal waits for its review. Until then the credential stays as it is.",
    "renewal-approved": "The renewal was approved, and the credential holds until its new date.",
    "renewal-rejected": "The renewal was rejected. The credential stays as it is.",
    "assigned-credentials": "The credentials were assigned.",
    "snoozed-credentials": "The credentials are put off, and come back by themselves.",
    "woken-credentials": "The credentials are back.",
    "assigned-deadlines": "The deadlines were assigned.",
    "snoozed-deadlines": "The deadlines are put off, and come back by themselves.",
    "woken-deadlines": "The deadlines are back.",
    "reverification-started": "Re-verification was started: here are its tasks.",
    "reverification-under-way": "Re-verification was started before: here are its tasks.",
}


def notice_of(done: str) -> str:
    """The sentence; empty: nothing was done."""
    return _WORDS.get(done, "")


def generated(done: str) -> str:
    """The sentence after tasks were generated: ``generated-9-3`` is of 9 tasks and 3 applications."""
    kind, _, counts = done.partition("-")
    tasks, _, applications = counts.partition("-")
    if kind != "generated" or not (tasks.isdecimal() and applications.isdecimal()):
        return ""
    if tasks == applications == "0":
        return "Nothing new: these payers were chosen before."
    return f"{_counted(tasks, 'task')} and {_counted(applications, 'application')} were created."


def _counted(count: str, what: str) -> str:
    return f"{count} {what}" if count == "1" else f"{count} {what}s"
