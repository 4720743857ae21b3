"""Every refusal becomes one status, short enough for any client."""

import pytest
from google.rpc import code_pb2, error_details_pb2

from gate import errors
from gate.errors import FieldViolation, GateError, InvalidInput, Overloaded
from gate.rpc.refusals import LONGEST_WORDS, status_of
from tests.support.callers import fields_in


def _kinds() -> list[type[GateError]]:
    return [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, GateError)]


@pytest.mark.parametrize("kind", [kind for kind in _kinds() if kind not in {GateError, InvalidInput, Overloaded}])
def test_every_refusal_has_a_status_and_says_its_words(kind: type[GateError]) -> None:
    status = status_of(kind("these words"))
    assert status.code not in {code_pb2.OK, code_pb2.INTERNAL, code_pb2.UNKNOWN}
    assert status.message == "these words"


def test_a_refusal_for_lack_of_room_says_when_to_come_back() -> None:
    status = status_of(Overloaded(1.25))
    retry = error_details_pb2.RetryInfo()
    assert status.code == code_pb2.RESOURCE_EXHAUSTED
    assert status.details[0].Unpack(retry)
    assert retry.retry_delay.ToMilliseconds() == 1250


def test_of_ten_thousand_mistakes_the_first_are_told_and_the_rest_counted() -> None:
    status = status_of(InvalidInput(*(FieldViolation(f"claims[{n}].state", "is required") for n in range(10_000))))
    named = fields_in(status)
    assert named[:2] == ["claims[0].state", "claims[1].state"]
    assert status.message.endswith(f"request: and {10_000 - len(named) + 1} more")
    assert status.ByteSize() < 4 * LONGEST_WORDS


def test_no_single_mistake_is_too_long_to_be_told() -> None:
    status = status_of(InvalidInput(FieldViolation("config", "x" * 100_000)))
    assert status.code == code_pb2.INVALID_ARGUMENT
    assert fields_in(status) == ["request"]


def test_what_is_no_refusal_of_ours_says_nothing_about_the_inside() -> None:
    status = status_of(ZeroDivisionError("inside"))
    assert status.code == code_pb2.INTERNAL
    assert "inside" not in status.message
