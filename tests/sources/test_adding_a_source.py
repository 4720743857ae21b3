"""docs/adding-a-source.md is true: the package it shows is built, installed and asked."""

import importlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import aiohttp
import pytest
from pydantic import SecretStr

from sources.connection import SourceConnection
from sources.contract import EnrollmentSource, Query, SourceCredentials, SourceMalformed, SourceNotConfigured
from sources.records import EnrollmentStatus
from sources.registry import SourceFactory, available_sources
from tests.sources.conftest import Upstream, now

REPOSITORY = Path(__file__).parents[2]
GUIDE = REPOSITORY / "docs" / "adding-a-source.md"
FILE_IN_GUIDE = re.compile(r"^`(?P<name>[\w./]+)`:\n\n```\w+\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
MEMBER = {"npi": "1234567893", "member_no": "NM-7", "state_code": "E", "from": "20250101", "until": "", "plans": "LTC"}
QUERY = Query("1234567893", "NM")


def run(*arguments: str | Path, folder: Path) -> str:
    command = [sys.executable, "-m", *map(str, arguments)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The guide's files, as a reader would write them."""
    folder = tmp_path_factory.mktemp("nm-roster")
    for match in FILE_IN_GUIDE.finditer(GUIDE.read_text(encoding="utf-8")):
        path = folder / match["name"]
        path.parent.mkdir(exist_ok=True)
        path.write_text(match["text"], encoding="utf-8")
    (folder / "nm_roster" / "__init__.py").touch()
    return folder


@pytest.fixture(scope="module")
def installed(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    target = tmp_path_factory.mktemp("site-packages")
    offline = ("--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check", "--quiet")
    run("pip", "install", *offline, "--target", target, package, folder=package)
    sys.path.insert(0, str(target))
    importlib.invalidate_caches()
    yield target
    sys.path.remove(str(target))
    for name in [name for name in sys.modules if name.partition(".")[0] == "nm_roster"]:
        del sys.modules[name]


@pytest.fixture
def factory(installed: Path) -> SourceFactory:
    return available_sources()["nm_roster"]


@pytest.fixture
def source(factory: SourceFactory, session: aiohttp.ClientSession, upstream: Upstream) -> EnrollmentSource:
    return factory(session, SourceConnection(base_url=upstream.url, api_key=SecretStr("key")), now)


def test_the_guide_shows_the_whole_package(package: Path) -> None:
    written = {str(path.relative_to(package)) for path in package.rglob("*") if path.is_file()}

    assert written == {
        "pyproject.toml",
        "nm_roster/__init__.py",
        "nm_roster/adapter.py",
        "nm_roster/source.toml",
        "tests/test_adapter.py",
    }


def test_an_installed_package_is_found_with_what_its_manifest_says(factory: SourceFactory, installed: Path) -> None:
    described = factory.description

    assert (described.name, described.states, described.budget) == ("nm_roster", frozenset({"NM"}), 4.0)
    module = sys.modules["nm_roster.adapter"]
    assert module.__file__ is not None
    assert Path(module.__file__).is_relative_to(installed)


async def test_the_installed_source_answers(source: EnrollmentSource, upstream: Upstream) -> None:
    upstream.answers(json.dumps(MEMBER).encode())

    (record,) = await source.fetch(QUERY)

    assert isinstance(source, EnrollmentSource)
    assert (record.status, record.effective, record.end) == (EnrollmentStatus.ACTIVE, date(2025, 1, 1), None)
    assert upstream.requests[0].headers["X-Roster-Key"] == "key"


async def test_the_installed_source_tells_unknown_from_trouble_row_a9(
    source: EnrollmentSource, upstream: Upstream
) -> None:
    upstream.answers(b'{"code": "NO_SUCH_MEMBER"}', status=404)
    assert await source.fetch(QUERY) == []

    upstream.answers(b"", status=404)
    with pytest.raises(SourceMalformed):
        await source.fetch(QUERY)

    upstream.answers(b"", status=401)
    with pytest.raises(SourceCredentials):
        await source.fetch(QUERY)


async def test_the_installed_source_is_not_asked_unconfigured(
    factory: SourceFactory, session: aiohttp.ClientSession
) -> None:
    with pytest.raises(SourceNotConfigured):
        await factory(session, SourceConnection(), now).fetch(QUERY)


def test_the_guides_own_test_passes(package: Path, installed: Path) -> None:
    paths = f"pythonpath={package} {REPOSITORY}"
    out = run("pytest", "-q", "-p", "no:cacheprovider", "-o", paths, "tests", folder=package)

    assert "5 passed" in out


@pytest.mark.parametrize("tool", ["ruff", "mypy"])
def test_the_guides_adapter_meets_our_own_standard(package: Path, tool: str) -> None:
    adapter = package / "nm_roster" / "adapter.py"
    config = REPOSITORY / "pyproject.toml"
    if tool == "ruff":
        run("ruff", "check", "--no-cache", "--config", config, adapter, folder=package)
    else:
        run("mypy", "--config-file", config, "--cache-dir", "/dev/null", adapter, folder=REPOSITORY)
