"""The description of `/api` is made when it is read."""

from typing import Any

import msgspec
from fastapi import FastAPI

from gate.web.api.described import Descriptions


def preferences(member: str) -> Any:
    return msgspec.defstruct("Preferences", [(member, int)], namespace={"__module__": member})


def answered() -> dict[str, int]:
    return {}


def test_two_types_of_one_name_are_both_described() -> None:
    described, app = Descriptions(), FastAPI()
    described.install(app)
    for member in ("of_alerts", "of_records"):
        app.get(f"/api/{member}", openapi_extra=described.operation(gives=str, takes=preferences(member)))(answered)

    document = app.openapi()

    members = {
        member
        for name, schema in document["components"]["schemas"].items()
        if name.endswith("Preferences")
        for member in schema["properties"]
    }
    assert members == {"of_alerts", "of_records"}
