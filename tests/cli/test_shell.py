"""Most tests of commands fork them from a process that has loaded their libraries: the console script does the same."""

import pytest

from tests.cli.shell import Shell

SAME_AS_SCRIPT = [
    (["--help"], ""),
    (["chekc"], ""),
    (["token", "--tenant", "acme", "--role", "no role"], ""),
    (["sources", "list", "--json"], ""),
    (["tenants", "configure", "--tenant", "nobody-yet", "-"], "no yaml: ["),
    (["serve", "--config", "nowhere.toml"], ""),
    (["check", "--tenant", "acme", "--npi", "123", "--state", "TX", "--date", "2026-03-10"], ""),
]


@pytest.mark.parametrize(("arguments", "stdin"), SAME_AS_SCRIPT, ids=[" ".join(each) for each, _ in SAME_AS_SCRIPT])
def test_a_command_says_and_ends_the_same_either_way(arguments: list[str], stdin: str, shell: Shell) -> None:
    forked, script = shell.gate(*arguments, stdin=stdin), shell.script(*arguments, stdin=stdin)

    assert (forked.code, forked.out, forked.err) == (script.code, script.out, script.err)


def test_a_command_has_nothing_of_the_environment_of_the_tests(lonely: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATE_LOG_LEVEL", "loud")

    assert lonely.gate("token", "--tenant", "acme", "--role", "viewer").code == 0
    assert lonely.gate("token", "--tenant", "acme", "--role", "viewer", GATE_LOG_LEVEL="loud").code == 2
