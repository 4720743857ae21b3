"""How the gate connects to its database."""

import asyncio
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from gate.errors import PreconditionFailed
from gate.persistence.engine import open_engine


def test_without_its_driver_postgresql_is_refused_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "asyncpg", None)

    with pytest.raises(PreconditionFailed, match=r"pip install 'enrollment-gate\[postgres\]'"):
        open_engine("postgresql+asyncpg://gate:planted@localhost/gate")


async def test_whoever_comes_first_to_a_new_file_keeps_none_of_the_others_out(tmp_path: Path) -> None:
    """All of them change the journal's mode at once, which one time in a hundred SQLite refuses one of them."""

    async def look(url: str) -> int:
        engine = open_engine(url)
        try:
            async with engine.connect() as connection:
                return int((await connection.execute(text("SELECT 1"))).scalar_one())
        finally:
            await engine.dispose()

    for number in range(40):
        url = f"sqlite+aiosqlite:///{tmp_path / str(number)}.db"
        assert await asyncio.gather(*(look(url) for _ in range(6))) == [1] * 6
