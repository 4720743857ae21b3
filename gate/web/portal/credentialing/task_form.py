"""What forms of tasks hold, read into what the service takes. Pure."""

from collections.abc import Mapping
from typing import Final

from msgspec import UNSET

from gate.credentialing.model.tasks import TaskChange, TaskStatus
from gate.errors import FieldViolation, InvalidInput
from gate.web.portal.credentialing.fields import Fields

_TICKED: Final = "task-"
_TEXTS: Final = ("notes", "assigned_to", "application_id", "uploaded_document_url")


def change_in(typed: Mapping[str, str], fields: Fields) -> TaskChange:
    """What the form of one task holds; a field that it has not stays as it is.

    Raises:
        InvalidInput: naming every field that cannot be read.
    """
    change = TaskChange(
        task_status=fields.choice("task_status", TaskStatus, TaskStatus.PENDING) if "task_status" in typed else UNSET,
        due_date=fields.day("due_date") if "due_date" in typed else UNSET,
        **{name: fields.text(name) for name in _TEXTS if name in typed},
    )
    fields.settle()
    return change


def change_of_many_in(typed: Mapping[str, str], fields: Fields) -> TaskChange:
    """What is set for all ticked tasks at once; a field that is empty is left alone.

    Raises:
        InvalidInput: nothing is to change, or a field cannot be read.
    """
    filled = {name: value for name, value in typed.items() if value.strip()}
    change = change_in(filled, fields)
    if change == TaskChange():
        raise InvalidInput(FieldViolation("task_status", "choose what is to change: a status, an assignee or a day"))
    return change


def ticked(typed: Mapping[str, str], prefix: str = _TICKED) -> list[str]:
    """The ids whose boxes were ticked."""
    return [name.removeprefix(prefix) for name in typed if name.startswith(prefix)]
