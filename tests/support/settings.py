"""Settings as a process of its own reads them, with planted secrets to look for."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PLANTED = "planted-secret"
NAMES = {
    "database_url": f"postgresql://gate:{PLANTED}-1@db/gate",
    "provider_enrollment__tmhp_pems__api_key": f"{PLANTED}-2",
    "credentials__acme_pems__api_key": f"{PLANTED}-3",
}
"""What is put into every store, by the names that files and AWS use."""
LENT = {
    "GATE_CREDENTIALS__ACME_PEMS__TENANTS": '["acme"]',
    "GATE_CREDENTIALS__ACME_PEMS__BASE_URL": "https://pems.acme.example",
}
READ = """
import json
from gate.settings import load_settings
settings = load_settings()
print(json.dumps({
    "database_url": settings.database_url.get_secret_value(),
    "provider_enrollment__tmhp_pems__api_key":
        settings.provider_enrollment.tmhp_pems.api_key.get_secret_value(),
    "credentials__acme_pems__api_key": settings.credentials["acme_pems"].api_key.get_secret_value(),
}))
"""


def read_by_a_process(environment: Mapping[str, str]) -> Any:
    """What a process of its own makes of these variables; SDKs read some of theirs when they are loaded."""
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", READ],
        env={**around(), **LENT, **environment},
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr.decode()
    assert PLANTED not in ran.stderr.decode()
    return json.loads(ran.stdout)


def around() -> dict[str, str]:
    """The surroundings of such a process, without any setting."""
    kept = ("PATH", "PYTHONPATH", "HOME", "LANG")
    return {name: os.environ[name] for name in kept if name in os.environ}
