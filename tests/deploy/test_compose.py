"""The composition for trying it out: its processes together are the whole service, and every setting exists."""

from pathlib import Path
from typing import Any

import yaml

from gate.serving import ServeRole
from gate.settings import unknown_variables

ROOT = Path(__file__).parents[2]
COMPOSE = ROOT / "deploy/compose.yaml"
PROMETHEUS = ROOT / "deploy/prometheus/prometheus.yaml"


def gates() -> dict[str, dict[str, Any]]:
    services = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))["services"]
    return {name: it for name, it in services.items() if it.get("command", [""])[0] == "serve"}


def test_its_processes_together_do_everything_once() -> None:
    roles = [ServeRole(it["command"][2]) for it in gates().values()]

    assert sum(role.answers_claims for role in roles) == 1
    assert sum(role.has_pages for role in roles) == 1
    assert sum(role.runs_jobs for role in roles) == 1


def test_every_variable_names_a_setting() -> None:
    for it in gates().values():
        assert unknown_variables(it["environment"]) == []


def test_prometheus_looks_at_each_of_them() -> None:
    jobs = yaml.safe_load(PROMETHEUS.read_text(encoding="utf-8"))["scrape_configs"]
    targets = {target for job in jobs for config in job["static_configs"] for target in config["targets"]}

    assert {f"{name}:8080" for name in gates()} <= targets
