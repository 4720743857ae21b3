"""The registry: our own sources in a fixed order, others' by entry point, and what refuses to start."""

import re
import sys
from collections.abc import Sequence
from importlib.metadata import EntryPoint
from types import ModuleType

import aiohttp
import pytest

from sources.clock import Clock
from sources.connection import SourceConnection
from sources.contract import EnrollmentSource, Query, SourceDescription, SourceNotImplemented, SourceScope
from sources.records import EnrollmentRecord
from sources.registry import BUILT_IN, ENTRY_POINT_GROUP, SourceRegistrationError, available_sources, register


class Stub:
    """A source of another package that cannot answer yet."""

    description = SourceDescription(name="stub", title="Stub", scope=SourceScope.STATE, implemented=False)

    def __init__(self, session: aiohttp.ClientSession, connection: SourceConnection, clock: Clock) -> None: ...

    async def fetch(self, query: Query) -> Sequence[EnrollmentRecord]:
        raise SourceNotImplemented(f"{self.description.name}: not implemented")


class Impostor(Stub):
    description = SourceDescription(name="tmhp_pems", title="Impostor", scope=SourceScope.STATE)


class Undescribed:
    def __call__(self) -> EnrollmentSource:
        raise NotImplementedError


@pytest.fixture
def plug_in(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    module = ModuleType("a_plug_in")
    monkeypatch.setitem(sys.modules, "a_plug_in", module)
    module.__dict__.update(stub=Stub, impostor=Impostor, undescribed=Undescribed(), constant=7)
    return module


def entry_point(name: str) -> EntryPoint:
    return EntryPoint(name=name, value=f"a_plug_in:{name}", group=ENTRY_POINT_GROUP)


def test_the_five_sources_speak_for_the_states_they_are_of() -> None:
    described = {name: factory.description for name, factory in available_sources().items()}
    states = {name: set(description.states) for name, description in described.items()}

    assert states == {
        "tmhp_pems": {"TX"},
        "ca_pave": {"CA"},
        "fl_fmmis": {"FL"},
        "ny_emedny": {"NY"},
        "caqh_proview": set(),
    }
    assert [name for name, of in described.items() if of.scope is SourceScope.NATIONAL] == ["caqh_proview"]
    assert all(description.implemented for description in described.values())


def test_a_plug_in_joins_the_built_in_sources(plug_in: ModuleType) -> None:
    sources = register(BUILT_IN, [entry_point("stub")])

    assert list(sources) == [*(factory.description.name for factory in BUILT_IN), "stub"]


def test_a_source_that_cannot_answer_yet_says_so_before_it_is_asked_row_a17(plug_in: ModuleType) -> None:
    assert not register((), [entry_point("stub")])["stub"].description.implemented


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("impostor", "there already is a source named 'tmhp_pems'"),
        ("undescribed", "is not a source factory"),
        ("constant", "is not a source factory"),
        ("absent", "does not load: AttributeError"),
    ],
)
def test_a_plug_in_that_cannot_be_used_refuses_to_start(plug_in: ModuleType, name: str, problem: str) -> None:
    with pytest.raises(SourceRegistrationError, match=re.escape(problem)):
        register(BUILT_IN, [entry_point(name)])


def test_two_plug_ins_of_one_name_refuse_to_start(plug_in: ModuleType) -> None:
    with pytest.raises(SourceRegistrationError, match="there already is"):
        register((), [entry_point("stub"), entry_point("stub")])


def test_the_list_of_sources_cannot_be_changed_behind_the_services_back() -> None:
    with pytest.raises(TypeError):
        available_sources()["stub"] = Stub  # type: ignore[index]  # that is the point
