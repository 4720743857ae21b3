"""What the documents name is there: files, tests, settings, metrics, commands, links."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from gate.cli.main import _COMMANDS
from gate.settings import Settings, unknown_variables

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted({*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "deploy").rglob("*.md")})
in_every_document = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))

_CODE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_FILE = re.compile(r"((?:gate|sources|aggregator|tests|protos|deploy|docs|\.ci)/[\w./-]*[\w/])(?:::(\w+))?")
_VARIABLE = re.compile(r"\bGATE_[A-Z0-9_]*[A-Z0-9]\b")
_METRIC = re.compile(r"\benrollment_gate_[a-z0-9_]+\b")
_COMMAND = re.compile(r"(?:^|[`$\s])gate ([a-z]+(?:-[a-z]+)*)\b")
_SUFFIXES = re.compile(r"_(total|count|sum|bucket|created)$")
_NO_METRICS = {"enrollment_gate_tenant", "enrollment_gate_overview"}
"""Roles of the database."""
_ON_PURPOSE_ABSENT = {"tests/test_adapter.py"}
"""What a reader is told to create."""


def text_of(document: Path) -> str:
    return document.read_text(encoding="utf-8")


@in_every_document
def test_files_that_are_named_exist_and_hold_the_tests_that_are_named(document: Path) -> None:
    missing = []
    for code in _CODE.findall(text_of(document)):
        for name, test in _FILE.findall(code):
            path = ROOT / name.rstrip("/")
            if name.startswith(tuple(_ON_PURPOSE_ABSENT)) or "<" in code or "*" in code:
                continue
            if not path.exists():
                missing.append(name)
            elif test and not re.search(rf"def {test}\b", path.read_text(encoding="utf-8")):
                missing.append(f"{name}::{test}")

    assert missing == []


@in_every_document
def test_links_within_the_project_lead_somewhere(document: Path) -> None:
    dead = []
    for link in _LINK.findall(text_of(document)):
        if re.match(r"[a-z]+:", link):
            continue
        target, _, heading = link.partition("#")
        path = (document.parent / target).resolve() if target else document
        if not path.exists() or (heading and heading not in headings(path)):
            dead.append(link)

    assert dead == []


@cache
def headings(document: Path) -> set[str]:
    """As anchors."""
    lines = re.findall(r"^#+ (.+)$", text_of(document), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", line.lower()).replace(" ", "-") for line in lines}


@in_every_document
def test_settings_that_are_named_exist(document: Path) -> None:
    named = set(_VARIABLE.findall(text_of(document)))

    assert unknown_variables(named) == []
    assert {name for name in named if "__" in name and not is_setting(name)} == set()


def is_setting(variable: str) -> bool:
    """Whether each part of the name, as far as it goes, is a field of the section before it."""
    fields: dict[str, Any] = {name: field.annotation for name, field in Settings.model_fields.items()}
    for part in variable.removeprefix("GATE_").lower().split("__"):
        if part not in fields:
            return False
        section = fields[part]
        if not (isinstance(section, type) and issubclass(section, BaseModel)):
            return True  # a value, or a table whose keys are the site's own
        fields = {name: field.annotation for name, field in section.model_fields.items()}
    return True


@in_every_document
def test_metrics_that_are_named_are_measured(document: Path) -> None:
    named = {_SUFFIXES.sub("", name) for name in _METRIC.findall(text_of(document))} - _NO_METRICS

    assert named - metrics() == set()


@cache
def metrics() -> set[str]:
    return {_SUFFIXES.sub("", name) for source in sources_of_code() for name in _METRIC.findall(source)}


def sources_of_code() -> Iterator[str]:
    for path in (ROOT / "gate").rglob("*.py"):
        yield path.read_text(encoding="utf-8")


@in_every_document
def test_commands_that_are_named_can_be_run(document: Path) -> None:
    blocks = [
        *_CODE.findall(text_of(document)),
        *re.findall(r"^(?: {4}|\$ )?gate .*$", text_of(document), re.MULTILINE),
    ]
    named = {name for block in blocks for name in _COMMAND.findall(block)}

    assert named - _COMMANDS.keys() - {"package", "may"} == set()
