"""How the gate connects to its database."""

import sys

import pytest

from gate.errors import PreconditionFailed
from gate.persistence.engine import open_engine


def test_without_its_driver_postgresql_is_refused_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "asyncpg", None)

    with pytest.raises(PreconditionFailed, match=r"pip install 'enrollment-gate\[postgres\]'"):
        open_engine("postgresql+asyncpg://gate:planted@localhost/gate")
