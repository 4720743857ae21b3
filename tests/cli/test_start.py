"""What a start of `gate serve` does without, because that is how quick it is (P9)."""

import json
import subprocess
import sys
from pathlib import Path

from tests.support.gates import gate_environment

NOT_FOR_SERVING = {
    "alembic": "the schema is in place",
    "mako": "it is Alembic's",
    "redis": "there is no Redis",
    "asyncpg": "the database is SQLite",
    "authlib": "nobody signs in at an identity provider",
    "joserfc": "it is Authlib's",
    "azure": "there is no cloud's secret store",
    "boto3": "as above",
    "google.cloud": "as above",
    "openpyxl": "there is no list of deactivated NPIs",
    "gate.claimfiles": "claim files are the client's",
    "sources.sandbox": "the portals are real",
}
_START = """
import asyncio, gc, json, sys
from gate.cli.serve import serving
from gate.observability.logging import configure_logging
from gate.settings import Settings

async def start():
    anywhere = {"grpc_address": "127.0.0.1:0", "http_address": "127.0.0.1:0"}
    async with serving(Settings(stop_notice_seconds=0, **anywhere), sandbox=False):
        print(json.dumps({"modules": list(sys.modules), "frozen": gc.get_freeze_count(), "collects": gc.isenabled()}))

configure_logging("warning")
asyncio.run(start())
"""


def started(folder: Path) -> dict[str, object]:
    """What a process says of itself that serves."""
    ran = subprocess.run(
        [sys.executable, "-c", _START],
        env=gate_environment(folder),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    said: dict[str, object] = json.loads(ran.stdout)
    return said


def test_a_start_on_a_migrated_database_loads_nothing_that_serving_does_not_need(tmp_path: Path) -> None:
    assert "alembic" in json.dumps(started(tmp_path)["modules"]), "the first start migrates"

    again = started(tmp_path)

    modules = again["modules"]
    assert isinstance(modules, list)
    assert NOT_FOR_SERVING.keys() & set(modules) == set()
    assert again["collects"] is True
    assert isinstance(again["frozen"], int)
    assert again["frozen"] > 100_000, "what the start made is looked through for garbage ever after"
