"""A large file is read in a process of its own: the same batches, and nothing is left of it."""

import asyncio
import gzip
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from gate.claimfiles.errors import ClaimFileError
from gate.cli import file_reading
from gate.cli.file_questions import Batch
from gate.cli.file_reader import Reading
from gate.cli.file_reading import reading_file
from tests.claimfiles.x12_text import DENTAL, INSTITUTIONAL, LEVELS, OTHER, claim, interchange, line, transaction
from tests.cli.shell import Shell

_SECONDS = 20.0
_Found = TypeVar("_Found")
_BODY = [
    *LEVELS,
    *(segment for number in range(1_500) for segment in claim(claim_id=f"A{number}")),
    *claim(lines=[line(1), line(2, f"NM1*82*1*SORREL*MAY****XX*{OTHER}", day="20260312")]),
]
_FILES = {
    "P": interchange(transaction(_BODY)),
    "I": interchange(transaction(_BODY, INSTITUTIONAL), version=INSTITUTIONAL),
    "D, packed": gzip.compress(interchange(transaction(_BODY, DENTAL), version=DENTAL)),
    "CSV": b"claim_id,npi,state,dos\n" + b"".join(b"A%d,1234567893,TX,2026-03-10\n" % n for n in range(1_500)),
    "JSONL": b"".join(b'{"claim_id":"A%d","npi":"1","state":"TX","dos":"2026-03-10"}\n' % n for n in range(1_500)),
}


@pytest.fixture
def another_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """No file is small."""
    monkeypatch.setattr(file_reading, "SMALL_FILE", 0)


async def read(reading: Reading) -> list[Batch]:
    async with reading_file(reading) as file:
        return [batch async for batch in file]


@pytest.mark.parametrize("kind", _FILES)
async def test_another_process_gives_the_same_batches(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "claims").write_bytes(_FILES[kind])
    reading = Reading(str(tmp_path / "claims"), state="NM", fresh=True, with_events=kind in {"P", "I"})
    here = await read(reading)
    monkeypatch.setattr(file_reading, "SMALL_FILE", 0)
    there = await read(reading)
    assert len(here) > 1
    assert there == here


@pytest.mark.usefixtures("another_process")
@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda content: content[:-40], "the file ends in the middle of this segment"),
        (lambda content: gzip.compress(content)[:-2000], "the gzip data is damaged or cut short"),
        (lambda _: b"", "the file is empty"),
    ],
    ids=["cut short", "packed and cut short", "empty"],
)
async def test_what_another_process_cannot_read_is_told_here(
    damage: Callable[[bytes], bytes], told: str, tmp_path: Path
) -> None:
    (tmp_path / "claims").write_bytes(damage(_FILES["P"]))
    with pytest.raises(ClaimFileError, match=told):
        await read(Reading(str(tmp_path / "claims")))
    with pytest.raises(ClaimFileError, match="No such file"):
        await read(Reading(str(tmp_path / "nowhere")))


@pytest.mark.usefixtures("another_process")
async def test_what_was_said_before_the_damage_is_heard(tmp_path: Path) -> None:
    (tmp_path / "claims").write_bytes(_FILES["P"][:-40])
    events: list[str] = []

    async def hear() -> None:
        async with reading_file(Reading(str(tmp_path / "claims"), with_events=True)) as file:
            async for batch in file:
                events.extend(type(event).__name__ for _, event in batch.events)

    with pytest.raises(ClaimFileError) as caught:
        await hear()
    assert events[:4] == ["InterchangeBegins", "GroupBegins", "SetBegins", "ProviderBegins"]
    assert caught.value.place


@pytest.mark.usefixtures("another_process")
async def test_nobody_who_stops_reading_leaves_a_process_behind(tmp_path: Path) -> None:
    (tmp_path / "claims").write_bytes(_FILES["P"] * 20)
    async with reading_file(Reading(str(tmp_path / "claims"))) as file:
        assert len((await anext(aiter(file))).claims) > 0
        assert len(readers_of(os.getpid())) == 1
    assert readers_of(os.getpid()) == []


@pytest.mark.usefixtures("another_process")
async def test_a_reader_that_is_killed_is_no_end_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "claims").write_bytes(_FILES["P"] * 20)

    async def read_and_kill() -> None:
        async with reading_file(Reading(str(tmp_path / "claims"))) as file:
            async for _ in file:
                for process in readers_of(os.getpid()):
                    os.kill(process, signal.SIGKILL)

    with pytest.raises(ClaimFileError, match=r"the process that reads the file has ended \(-9\)"):
        await read_and_kill()


@pytest.fixture
def endless(lonely: Shell) -> Iterator[Path]:
    """A file that somebody is still writing to."""
    path = lonely.folder / "claims.pipe"
    os.mkfifo(path)
    writer = os.open(path, os.O_RDWR)
    yield path
    os.close(writer)


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_however_the_command_ends_no_process_is_left(ending: signal.Signals, lonely: Shell, endless: Path) -> None:
    command = lonely.begin("check-file", str(endless), "--tenant", "acme", "--out", "results.csv")
    (reader,) = eventually(lambda: readers_of(command.pid))
    command.send_signal(ending)
    command.communicate(timeout=_SECONDS)
    assert eventually(lambda: not is_running(reader))
    assert command.returncode != 0
    assert "results.csv" not in lonely.files()


def eventually(look: Callable[[], _Found]) -> _Found:
    """What `look` finds as soon as it finds anything."""
    deadline = time.monotonic() + _SECONDS
    while not (found := look()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return found


def is_running(process: int) -> bool:
    try:
        return _fields(process)[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def readers_of(process: int) -> list[int]:
    """Processes that it started to read a file, and that have not ended."""
    return [
        int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal() and _is_reader(entry, process)
    ]


def _is_reader(entry: Path, parent: int) -> bool:
    try:
        is_child = _fields(int(entry.name))[1] == str(parent)
        return is_child and b"gate.cli.file_reader" in (entry / "cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return False


def _fields(process: int) -> list[str]:
    """State and parent first."""
    return (Path("/proc") / str(process) / "stat").read_text().rpartition(") ")[2].split()


async def test_a_pipe_is_read_as_it_comes(lonely: Shell) -> None:
    path = lonely.folder / "claims.pipe"
    os.mkfifo(path)

    def write() -> None:
        path.write_bytes(_FILES["P"])

    writing = asyncio.create_task(asyncio.to_thread(write))
    batches = await read(Reading(str(path)))
    await writing
    assert sum(len(batch.claims) for batch in batches) == 1_501
