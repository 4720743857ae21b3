"""The spool's files: whose they are, how large they get, and what happens when the disk says no."""

import asyncio
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from gate.clock import system_clock
from gate.errors import StoreUnavailable
from gate.ledger.backlog import Backlog
from gate.ledger.frames import Rest, read
from gate.ledger.journal import SpoolJournal
from gate.ledger.segment import SpoolFailure
from gate.ledger.spool import Spool, SpoolLimits
from tests.ledger.spooling import ListedSeries, frames_in, kept, spool_files, spool_in
from tests.support.waiting import until

_KILOBYTE = 1000
_LIMITED = """
import asyncio, resource, signal, sys
from pathlib import Path
from gate.errors import StoreUnavailable
from gate.observability.logging import configure_logging
from tests.ledger.spooling import kept, spool_in

async def main() -> None:
    with spool_in(Path(sys.argv[1])) as (_, journal, series):
        given, refused = [], 0
        for number in range(200):
            try:
                given += await kept(journal, request=None)
            except StoreUnavailable:
                refused += 1
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        given += await kept(journal)
    print(refused, *given)

configure_logging("error")
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, resource.RLIM_INFINITY))
asyncio.run(main())
"""


async def _kept_until_refused(journal: SpoolJournal) -> None:
    for _ in range(100_000):
        await kept(journal)


def names_in(directory: Path) -> list[str]:
    return [
        name for path in spool_files(directory) for frame in frames_in(path) for name in frame.request.decode().split()
    ]


async def test_an_answer_is_in_a_file_that_only_its_owner_may_read_before_it_may_leave(tmp_path: Path) -> None:
    with spool_in(tmp_path / "ledger") as (spool, journal, _):
        given = await kept(journal)

        (path,) = spool_files(spool.directory)
        assert [frame.request.decode() for frame in frames_in(path)] == given
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


async def test_a_living_process_s_files_are_left_alone_and_a_dead_one_s_are_adopted(tmp_path: Path) -> None:
    with spool_in(tmp_path) as (_, journal, _):
        await kept(journal)
        neighbour = Backlog(tmp_path, "somebody-else")
        neighbour.look(for_orphans=True)
        assert neighbour.files == []

    neighbour.look(for_orphans=True)
    (orphan,) = neighbour.files
    assert orphan.is_final
    third = Backlog(tmp_path, "a-third")
    third.look(for_orphans=True)
    assert third.files == []
    neighbour.close()


async def test_a_file_is_closed_when_it_is_large_and_stays_its_owner_s_until_it_is_deleted(tmp_path: Path) -> None:
    with spool_in(tmp_path, limit=80 * _KILOBYTE) as (spool, journal, _):
        for _ in range(200):
            await kept(journal)
        files = spool_files(tmp_path)
        assert len(files) > 1
        assert max(path.stat().st_size for path in files) < 80 * _KILOBYTE // 8 + _KILOBYTE
        neighbour = Backlog(tmp_path, "somebody-else")
        neighbour.look(for_orphans=True)
        assert neighbour.files == []

        spool.start()
        files[0].unlink()
        await until(lambda: files[0].name not in spool.written)
        await spool.aclose()


async def test_the_spool_s_limit_counts_what_other_processes_left_and_ends_when_it_is_drained(tmp_path: Path) -> None:
    left = tmp_path / "20260101T000000-1-deadbeef-000001.spool"
    left.write_bytes(bytes(900 * _KILOBYTE))
    with spool_in(tmp_path, limit=_KILOBYTE * _KILOBYTE) as (spool, journal, series):
        spool.start()
        with pytest.raises(StoreUnavailable):
            await _kept_until_refused(journal)
        assert "GATE_LEDGER__SPOOL_LIMIT_MB" in journal.trouble
        assert series.refused == 1

        left.unlink()
        await until(lambda: spool.size < 900 * _KILOBYTE)
        await kept(journal)
        assert not journal.trouble
        await spool.aclose()


async def test_two_processes_that_share_a_folder_write_files_of_their_own(tmp_path: Path) -> None:
    with spool_in(tmp_path) as (_, one, _), spool_in(tmp_path) as (_, other, _):
        given = {*await kept(one), *await kept(other), *await kept(one)}

        assert len(spool_files(tmp_path)) == 2
        assert set(names_in(tmp_path)) == given


def test_a_limit_in_the_middle_of_a_frame_leaves_no_torn_frame(tmp_path: Path) -> None:
    """The operating system writes a part and refuses the rest, as it does on a full disk."""
    done = subprocess.run([sys.executable, "-c", _LIMITED, tmp_path], capture_output=True, text=True, check=True)

    refused, *given = done.stdout.split()
    assert int(refused) > 0
    assert sorted(names_in(tmp_path)) == sorted(given)
    for path in spool_files(tmp_path):
        assert read(path.read_bytes(), from_start=True).rest is Rest.NOTHING


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("mounting a small disk is only for root")
    yield disk
    subprocess.run(["umount", "--lazy", disk], check=True)


async def test_a_full_disk_refuses_answers_keeps_what_it_has_and_takes_more_when_it_has_room(small_disk: Path) -> None:
    with spool_in(small_disk / "ledger") as (_, journal, series):
        ballast = small_disk / "ballast"
        with suppress(OSError):
            ballast.write_bytes(bytes(900 * _KILOBYTE))
        with pytest.raises(StoreUnavailable, match="could not be recorded"):
            await _kept_until_refused(journal)
        given = names_in(small_disk / "ledger")
        assert "No space left" in journal.trouble
        with pytest.raises(StoreUnavailable):
            await kept(journal)

        ballast.unlink()
        given += await kept(journal)

        assert not journal.trouble
        assert names_in(small_disk / "ledger") == given
        assert (series.written, series.refused) == (len(given), 2)


async def test_where_answers_are_given_anyway_those_that_are_lost_are_counted(small_disk: Path) -> None:
    spool = Spool(small_disk / "ledger", SpoolLimits(1_000_000_000, 60.0), system_clock())
    series = ListedSeries()
    journal = SpoolJournal(spool, series, system_clock, answers_anyway=True)
    for _ in range(12_000):
        await kept(journal)
    spool.release()

    assert series.lost > 0
    assert series.written + series.lost == 12_000
    assert series.written == len(names_in(small_disk / "ledger"))
    assert journal.trouble


async def test_with_no_seconds_between_syncs_the_disk_has_an_answer_before_it_leaves(tmp_path: Path) -> None:
    with spool_in(tmp_path, sync_seconds=0.0) as (spool, journal, _):
        await asyncio.gather(*(kept(journal) for _ in range(20)))

        assert spool.segment().is_synced


async def test_a_disk_that_fails_to_sync_gets_no_more_of_that_file(tmp_path: Path) -> None:
    with spool_in(tmp_path, sync_seconds=0.0) as (spool, journal, _):
        await kept(journal)
        segment = spool.segment()
        os.dup2(os.open("/dev/null", os.O_WRONLY), segment._descriptor)  # writes succeed there, and a sync does not

        with pytest.raises(StoreUnavailable):
            await kept(journal)
        await kept(journal)

        assert spool.segment() is not segment
        assert len(spool_files(tmp_path)) == 2


def test_a_folder_that_cannot_be_written_to_is_told_in_plain_words(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "ledger", SpoolLimits(1_000_000_000, 1.0), system_clock())
    (tmp_path / "ledger").rmdir()

    with pytest.raises(SpoolFailure, match=r"no file can be created in .*: No such file"):
        spool.segment()
