"""The `source.toml` beside an adapter: what is fixed about a source, and the contract its upstream speaks."""

import tomllib
from importlib.resources import files
from typing import Any

import msgspec

from sources.contract import SourceDescription
from sources.parsing import DateFormat


class PortalContract(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The JSON contract of a state portal. A site overrides any part of it in its `SourceConnection`."""

    path: str
    key_header: str = "X-Api-Key"
    key_prefix: str = ""
    records: str = ""
    """Dotted path to the list of records; empty: the body is the list."""
    not_found_field: str = "error"
    not_found_code: str = "PROVIDER_NOT_FOUND"
    date_format: DateFormat = DateFormat.ISO
    fields: dict[str, str]
    statuses: dict[str, str] = {}


def load_description(package: str) -> SourceDescription:
    """The table `[source]` of the package's `source.toml`.

    Raises:
        msgspec.ValidationError: for a missing, misspelt or mistyped key.
    """
    table = _table(package, "source")
    if misspelt := table.keys() - set(SourceDescription.__struct_fields__):
        raise msgspec.ValidationError(f"{package}: unknown keys in source.toml: {', '.join(sorted(misspelt))}")
    return msgspec.convert(table, SourceDescription)


def load_contract(package: str) -> PortalContract:
    """The table `[contract]` of the package's `source.toml`.

    Raises:
        msgspec.ValidationError: for a missing, misspelt or mistyped key.
    """
    return msgspec.convert(_table(package, "contract"), PortalContract)


def _table(package: str, name: str) -> dict[str, Any]:
    manifest = tomllib.loads(files(package).joinpath("source.toml").read_text(encoding="utf-8"))
    table: dict[str, Any] = manifest[name]
    return table
