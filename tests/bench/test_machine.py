"""Processors are lent to what is started, and given back."""

import os

import pytest

from gate.bench.machine import Cores, on, shared_out, this_machine

pytestmark = pytest.mark.skipif(
    not hasattr(os, "sched_getaffinity"), reason="this system does not tell processors apart"
)


def test_the_server_s_core_is_no_one_else_s() -> None:
    cores = shared_out()

    if len(os.sched_getaffinity(0)) == 1:
        assert cores == Cores()
    else:
        assert len(cores.server) == 1
        assert not cores.server & cores.load
        assert cores.server | cores.load == os.sched_getaffinity(0)


def test_blocks_that_overlap_leave_the_process_where_it_was() -> None:
    everywhere = os.sched_getaffinity(0)
    one = frozenset({min(everywhere)})
    first, second = on(one), on(one)

    with first:
        assert os.sched_getaffinity(0) == one
        second.__enter__()
    second.__exit__(None, None, None)

    assert os.sched_getaffinity(0) == everywhere


def test_a_machine_is_like_itself_in_one_line() -> None:
    here = this_machine()

    assert here.is_like(this_machine())
    assert "grpcio" in here.told
    assert "\n" not in here.told
