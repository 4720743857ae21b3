"""A log line is one JSON object, whatever a caller wrote into it, and tells no secret."""

import json
import subprocess
import sys

SCRIPT = """
import logging, structlog
from gate.observability.logging import configure_logging
configure_logging("info")
log = structlog.get_logger("test")
log.info("claim_would_pend", claim_id='a"}\\n{"event": "forged"', authorization="Bearer planted-secret")
log.debug("quiet")
logging.getLogger("library").warning("from a %s", "library")
try:
    raise ValueError("boom")
except ValueError:
    log.exception("failed")
"""


def test_v9_no_caller_can_forge_a_line_and_no_secret_is_written() -> None:
    finished = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    lines = [json.loads(line) for line in finished.stderr.splitlines()]

    assert [line["event"] for line in lines] == ["claim_would_pend", "from a library", "failed"]
    assert lines[0]["claim_id"] == 'a"}\n{"event": "forged"'
    assert lines[0]["level"] == "info"
    assert lines[0]["timestamp"].endswith("Z")
    assert "planted-secret" not in finished.stderr
    assert "ValueError: boom" in lines[2]["exception"]
    assert finished.stdout == ""


GIVEN_UP = """
import asyncio, logging
from gate.observability.logging import configure_logging
configure_logging("info")
try:
    raise asyncio.CancelledError
except asyncio.CancelledError:
    logging.getLogger("sqlalchemy.pool").error("a connection was lost", exc_info=True)
"""


def test_a_wait_that_was_given_up_is_told_in_one_line_without_a_traceback() -> None:
    finished = subprocess.run([sys.executable, "-c", GIVEN_UP], capture_output=True, text=True, check=True)
    (line,) = [json.loads(line) for line in finished.stderr.splitlines()]

    assert (line["event"], line["level"]) == ("a connection was lost", "warning")
    assert "Traceback" not in finished.stderr
