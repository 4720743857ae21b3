"""A known vulnerability fails the build; an advisory service that is out of reach does not."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

AUDIT = Path(__file__).parents[2] / ".ci" / "audit.py"
SOUND = {"name": "sound", "version": "1", "vulns": []}
FLAWED = {"name": "flawed", "version": "2", "vulns": [{"id": "PYSEC-0000-1", "fix_versions": ["2.1"]}]}
UNLISTED = {"name": "unlisted", "skip_reason": "not found"}


def audit(folder: Path, *packages: dict[str, Any], program: str = "") -> tuple[int, str]:
    """The exit code and words, where the looking command reports these packages, or runs `program`."""
    looking = folder / "look.py"
    report = json.dumps({"dependencies": packages})
    looking.write_text(program or f"print({report!r})", encoding="utf-8")
    done = subprocess.run([sys.executable, AUDIT, sys.executable, looking], capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


def test_a_known_vulnerability_fails_and_is_named(tmp_path: Path) -> None:
    code, said = audit(tmp_path, SOUND, FLAWED, UNLISTED)
    assert (code, said) == (1, "flawed 2: PYSEC-0000-1, fixed in 2.1\n")


def test_sound_packages_pass(tmp_path: Path) -> None:
    code, said = audit(tmp_path, SOUND, UNLISTED)
    assert (code, said) == (0, "audit: 1 packages without known vulnerabilities, 1 not listed\n")


def test_a_service_that_knows_nothing_or_cannot_be_reached_only_warns(tmp_path: Path) -> None:
    for code, said in (
        audit(tmp_path, UNLISTED),
        audit(tmp_path, program="raise SystemExit('no route to host')"),
        audit(tmp_path, program="print('<html>proxy</html>')"),
    ):
        assert code == 0
        assert said.startswith("audit: warning: the advisory service")
