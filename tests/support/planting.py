"""Every setting that is a secret, found in the settings themselves: one that is added tomorrow is planted too."""

from collections.abc import Iterator, Mapping
from typing import Any, get_args, get_origin

from pydantic import BaseModel, SecretStr

from gate.settings import Settings

KEY_IN_A_MAPPING = "planted"
"""Under which an entry is made where a setting is a mapping of names to sections."""


def secret_variables(model: type[BaseModel] = Settings, prefix: str = "GATE_") -> Iterator[str]:
    """The environment variables of all secrets of `model` and the sections below it."""
    for name, field in model.model_fields.items():
        yield from _within(field.annotation, f"{prefix}{name.upper()}")


def _within(annotation: Any, variable: str) -> Iterator[str]:
    if annotation is SecretStr:
        yield variable
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield from secret_variables(annotation, f"{variable}__")
    elif get_origin(annotation) in {dict, Mapping}:
        yield from _within(get_args(annotation)[1], f"{variable}__{KEY_IN_A_MAPPING.upper()}")
    else:
        for argument in get_args(annotation):
            yield from _within(argument, variable)
