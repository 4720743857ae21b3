#!/usr/bin/env python3
"""Look the installed packages up for known vulnerabilities: those fail, an advisory service out of reach only warns.

The arguments are the command that looks: pip-audit, which writes its report in JSON.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

_SECONDS = 300.0


def main(command: Sequence[str]) -> int:
    """The exit code: 1 for a known vulnerability, else 0."""
    report = _report(command)
    if report is None:
        return _warn("the advisory service cannot be reached; nothing was looked up")
    known = [package for package in report if package.get("vulns")]
    unknown = [package for package in report if package.get("skip_reason")]
    for package in known:
        for flaw in package["vulns"]:
            fixed = ", ".join(flaw.get("fix_versions") or ()) or "no version yet"
            _say(f"{package['name']} {package['version']}: {flaw['id']}, fixed in {fixed}")
    if known:
        return 1
    if report and len(unknown) == len(report):
        return _warn("the advisory service knows none of the packages; nothing was looked up")
    _say(f"audit: {len(report) - len(unknown)} packages without known vulnerabilities, {len(unknown)} not listed")
    return 0


def _report(command: Sequence[str]) -> list[dict[str, Any]] | None:
    """What was found of each package; None where nothing could be found out."""
    options = ["--format", "json", "--progress-spinner", "off"]
    try:
        done = subprocess.run([*command, *options], capture_output=True, text=True, timeout=_SECONDS, check=False)  # noqa: S603 - the makefile's own words
        found: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, ValueError, LookupError):
        return None
    return found


def _warn(message: str) -> int:
    _say(f"audit: warning: {message}")
    return 0


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
