"""The source.toml beside an adapter."""

from pathlib import Path

import msgspec
import pytest

from sources.manifest import load_contract, load_description

SOURCE = '[source]\nname = "x"\ntitle = "X"\nscope = "STATE"\n'
CONTRACT = '[contract]\npath = "/x"\n[contract.fields]\nnpi = "npi"\n'


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(tmp_path)
    folder = tmp_path / f"pkg_{tmp_path.name}"
    folder.mkdir()
    (folder / "__init__.py").touch()
    return folder


@pytest.mark.parametrize("wrong", ["budgt = 3.0", 'states = "TX"', 'budget = "long"', 'scope = "COUNTY"'])
def test_a_misspelt_or_mistyped_key_of_a_description_is_refused(package: Path, wrong: str) -> None:
    text = SOURCE.replace('scope = "STATE"\n', "") if wrong.startswith("scope") else SOURCE
    (package / "source.toml").write_text(f"{text}{wrong}\n")

    with pytest.raises(msgspec.ValidationError):
        load_description(package.name)


@pytest.mark.parametrize("wrong", ["pathh = '/y'", "date_format = 'GUESS'"])
def test_a_misspelt_or_mistyped_key_of_a_contract_is_refused(package: Path, wrong: str) -> None:
    (package / "source.toml").write_text(f"{SOURCE}{CONTRACT.replace('[contract]', '[contract]' + chr(10) + wrong)}")

    with pytest.raises(msgspec.ValidationError):
        load_contract(package.name)


def test_what_is_written_is_read(package: Path) -> None:
    (package / "source.toml").write_text(f"{SOURCE}implemented = false\n{CONTRACT}")

    assert not load_description(package.name).implemented
    assert load_contract(package.name).path == "/x"
