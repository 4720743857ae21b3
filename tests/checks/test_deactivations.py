import os
from datetime import date
from pathlib import Path

import pytest

from gate.checks import deactivations
from gate.checks.deactivations import DeactivationList
from tests.support.waiting import until

NPI = "1710983663"


def write(file: Path, *rows: str, age: int) -> None:
    file.write_text("\n".join(["NPI,NPPES Deactivation Date", *rows]))
    os.utime(file, (age, age))


async def test_v4_a_newer_list_is_read_and_a_broken_one_leaves_the_last_in_force(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deactivations, "_LOOK_SECONDS", 0.01)
    file = tmp_path / "report.csv"
    write(file, f"{NPI},03/15/2024", age=1)
    listed = DeactivationList(file)
    listed.start()
    try:
        await until(lambda: listed.on(NPI) == date(2024, 3, 15))
        write(file, "broken", age=2)
        write(file, f"{NPI},04/01/2024", age=3)
        await until(lambda: listed.on(NPI) == date(2024, 4, 1))
        file.unlink()
        assert listed.on(NPI) == date(2024, 4, 1)
    finally:
        await listed.aclose()


async def test_without_a_file_no_npi_is_known_as_deactivated() -> None:
    listed = DeactivationList(None)
    listed.start()
    assert listed.on(NPI) is None
    await listed.aclose()
