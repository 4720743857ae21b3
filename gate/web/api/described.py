"""The description of `/api` (OpenAPI), taken from the very types that are read and written."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from fastapi import FastAPI

from gate.web.api.bodies import Answer, PageAnswer

_BEARER: Final = "bearer"
_PREFIX: Final = "/api/"


class FieldProblem(msgspec.Struct, frozen=True):
    """One thing wrong with a request."""

    field: str
    detail: str


class Problem(msgspec.Struct, frozen=True):
    """A refusal (RFC 9457)."""

    type: str
    title: str
    status: int
    request_id: str
    detail: str = ""
    errors: tuple[FieldProblem, ...] = ()


class Descriptions:
    """Collects the types of the operations it describes; their schemas are made when somebody wants to read them."""

    def __init__(self) -> None:
        self._schemas: dict[Any, dict[str, Any]] = {}
        """By type. Empty until the whole description is asked for: a start does without."""

    def operation(self, *, gives: Any = None, lists: Any = None, takes: Any = None) -> dict[str, Any]:  # noqa: ANN401 - types of records, generic ones too
        """What FastAPI cannot see: which type is answered, singly or in pages, and which is read."""
        answered = PageAnswer[lists] if lists is not None else Answer[gives]
        said = self._with_refusals({"application/json": {"schema": self._schema(answered)}})
        if takes is not None:
            content = {"application/json": {"schema": self._schema(takes)}}
            said["requestBody"] = {"required": True, "content": content}
        return said

    def file(self, media_type: str) -> dict[str, Any]:
        """What FastAPI cannot see of an operation that answers text of another kind."""
        return self._with_refusals({media_type: {"schema": {"type": "string"}}})

    def install(self, app: FastAPI) -> None:
        """Have `app` tell the schemas, and the statuses it really answers with."""
        plain = app.openapi

        def complete() -> dict[str, Any]:
            parts = self._fill_in()
            document = plain()
            components = document.setdefault("components", {})
            components["schemas"] = {**components.get("schemas", {}), **parts}
            components["securitySchemes"] = {_BEARER: {"type": "http", "scheme": "bearer"}}
            for path, operations in document["paths"].items():
                if path.startswith(_PREFIX):
                    _forget_unused(operations)
            return document

        app.openapi = complete  # type: ignore[method-assign]  # FastAPI's documented way to extend it

    def _with_refusals(self, content: Mapping[str, Any]) -> dict[str, Any]:
        problem = {"application/problem+json": {"schema": self._schema(Problem)}}
        return {
            "security": [{_BEARER: []}],
            "responses": {"200": {"content": content}, "4XX": {"description": "Refused", "content": problem}},
        }

    def _schema(self, kind: Any) -> Mapping[str, Any]:  # noqa: ANN401 - as above
        return self._schemas.setdefault(kind, {})

    def _fill_in(self) -> Mapping[str, Any]:
        """What the schemas refer to, by name."""
        schemas, parts = msgspec.json.schema_components(self._schemas, ref_template="#/components/schemas/{name}")
        for empty, schema in zip(self._schemas.values(), schemas, strict=True):
            empty.update(schema)
        return parts


def _forget_unused(operations: Mapping[str, Any]) -> None:
    """FastAPI's own 422: what it means is answered with 400 here."""
    for operation in operations.values():
        operation["responses"].pop("422", None)
