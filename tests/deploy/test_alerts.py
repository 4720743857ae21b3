"""Every alert has its rules tested, and a runbook for whoever it wakes."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
RULES = ROOT / "deploy/prometheus/rules.yaml"
RUNBOOKS = ROOT / "docs/operations.md"


def alerts() -> dict[str, dict[str, Any]]:
    groups = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    return {rule["alert"]: rule for group in groups for rule in group["rules"]}


def test_every_alert_names_its_runbook_and_every_runbook_is_an_alert_s() -> None:
    written = re.findall(r"^### (Gate\w+)$", RUNBOOKS.read_text(encoding="utf-8"), re.MULTILINE)

    assert written == list(alerts())
    assert {name: rule["annotations"]["runbook"] for name, rule in alerts().items()} == {
        name: f"docs/operations.md#{name.lower()}" for name in written
    }


def test_a_runbook_says_whether_its_alert_pages() -> None:
    text = RUNBOOKS.read_text(encoding="utf-8")
    paging = set(re.findall(r"^### (Gate\w+)\n\n\*Pages\.\*", text, re.MULTILINE))

    assert paging == {name for name, rule in alerts().items() if rule["labels"]["severity"] == "page"}


def test_the_rules_fire_when_they_should_and_not_before() -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool, which comes with Prometheus, is not installed")
    tests = RULES.with_name("rules.test.yaml")
    ran = subprocess.run(
        [promtool, "test", "rules", tests.name], cwd=RULES.parent, capture_output=True, text=True, check=False
    )

    assert ran.returncode == 0, ran.stdout + ran.stderr
