"""Every request has a name: the caller's own where it is fit for a log, else a new one."""

import asyncio
from contextvars import Context
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.observability.request_ids import LONGEST, begin_request, name_request


@pytest.mark.parametrize("named", ["claim-run-17", "x", "A" * LONGEST, 'with "quotes" and spaces'])
def test_a_request_is_called_as_its_caller_named_it(named: str) -> None:
    assert Context().run(begin_request, named) == named


@given(st.none() | st.just("") | st.text(min_size=LONGEST + 1) | st.sampled_from(["a\nb", "a\x00", "naïve", "\u202eb"]))
def test_v9_a_name_unfit_for_a_log_is_replaced(named: str | None) -> None:
    assert UUID(Context().run(begin_request, named)).version == 7


async def test_log_lines_carry_the_name_of_the_request_they_are_written_for() -> None:
    async def answered(name: str) -> object:
        begin_request(name)
        await asyncio.sleep(0)
        return name_request(None, "info", {"event": "answered"})

    lines = await asyncio.gather(*(answered(name) for name in ("one", "two")))

    assert lines == [{"event": "answered", "request_id": name} for name in ("one", "two")]


def test_outside_of_requests_nothing_is_added_and_a_name_of_its_own_stands() -> None:
    def noted(request: str, **event: str) -> object:
        if request:
            begin_request(request)
        return name_request(None, "info", {"event": "drained", **event})

    assert Context().run(noted, "") == {"event": "drained"}
    assert Context().run(noted, "one", request_id="two") == {"event": "drained", "request_id": "two"}
