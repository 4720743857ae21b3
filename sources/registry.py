"""Every source that can be asked: our own in one literal tuple, others' by entry point.

A package plugs in by naming a `SourceFactory` under the entry point group `enrollment_gate.sources`
(see docs/adding-a-source.md). Nothing is asked, and no connection opened, by listing them.
"""

from collections.abc import Iterable, Mapping
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType
from typing import Final, Protocol, cast

import aiohttp

from sources.ca_pave.adapter import CaPave
from sources.caqh_proview.adapter import CaqhProView
from sources.clock import Clock
from sources.connection import SourceConnection
from sources.contract import EnrollmentSource, SourceDescription
from sources.fl_fmmis.adapter import FlFmmis
from sources.ny_emedny.adapter import NyEmedny
from sources.tmhp_pems.adapter import TmhpPems

ENTRY_POINT_GROUP: Final = "enrollment_gate.sources"


class SourceFactory(Protocol):
    """Builds one source. An adapter's class with a class variable `description` is one."""

    @property
    def description(self) -> SourceDescription:
        """What is fixed about the source, known before it is built. `implemented=False`: it cannot answer (row A17)."""
        ...

    def __call__(
        self, session: aiohttp.ClientSession, connection: SourceConnection, clock: Clock, /
    ) -> EnrollmentSource:
        """A source that asks through `session` and stamps its records by `clock`."""
        ...


BUILT_IN: Final[tuple[SourceFactory, ...]] = (TmhpPems, CaPave, FlFmmis, NyEmedny, CaqhProView)


class SourceRegistrationError(Exception):
    """An installed plug-in cannot be used; the message names it. The service does not start with it."""


def available_sources() -> Mapping[str, SourceFactory]:
    """Every source by name: the built-in ones, then the installed ones.

    Raises:
        SourceRegistrationError: a plug-in does not load, is no factory, or takes a name already taken.
    """
    return register(BUILT_IN, entry_points(group=ENTRY_POINT_GROUP))


def register(built_in: Iterable[SourceFactory], plug_ins: Iterable[EntryPoint]) -> Mapping[str, SourceFactory]:
    """Join both, refusing two sources of one name: which of them answers would be chance."""
    factories = {factory.description.name: factory for factory in built_in}
    for entry_point in sorted(plug_ins, key=lambda point: point.name):
        factory = _load(entry_point)
        name = factory.description.name
        if name in factories:
            raise SourceRegistrationError(f"{_origin(entry_point)}: there already is a source named {name!r}")
        factories[name] = factory
    return MappingProxyType(factories)


def _load(entry_point: EntryPoint) -> SourceFactory:
    try:
        factory = entry_point.load()
    except Exception as error:
        raise SourceRegistrationError(f"{_origin(entry_point)} does not load: {type(error).__name__}") from error
    if not callable(factory) or not isinstance(getattr(factory, "description", None), SourceDescription):
        raise SourceRegistrationError(f"{_origin(entry_point)} is not a source factory with a description")
    return cast("SourceFactory", factory)


def _origin(entry_point: EntryPoint) -> str:
    package = entry_point.dist.name if entry_point.dist is not None else "an unnamed package"
    return f"plug-in {entry_point.name!r} of {package}"
