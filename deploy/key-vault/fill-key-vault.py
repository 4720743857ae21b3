#!/usr/bin/env python3
"""Fill an Azure Key Vault with the settings of an env file, under the names by which the gate looks for them.

Without --write it only prints the names. Values are never printed, and reach `az` in files of their owner's alone,
never on its command line. It needs python-dotenv (every environment with the gate in it has it) and, to write, `az`,
signed in as somebody who may set secrets.
"""

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from dotenv import dotenv_values

PREFIX = "GATE_"
READ_BEFORE_THE_VAULT = ("GATE_SECRETS_", "GATE_TOKEN", "GATE_CLIENT_")
"""What the gate must know before it can open the vault, and what only the command line's users need."""
NAME = re.compile(r"[0-9a-z-]{1,127}")


def main() -> int:
    """Print or write; the exit code."""
    options = _options()
    if not options.env_file.is_file():
        print(f"{options.env_file}: there is no such file", file=sys.stderr)
        return 2
    variables = dotenv_values(options.env_file, interpolate=False)
    secrets = {variable: value for variable, value in variables.items() if _belongs_in_a_vault(variable) and value}
    for variable in variables.keys() - secrets.keys():
        print(f"left out: {variable}", file=sys.stderr)
    if unfit := sorted(variable for variable in secrets if NAME.fullmatch(vault_name(variable)) is None):
        print(f"no key vault takes these names: {', '.join(unfit)}", file=sys.stderr)
        return 2
    for variable, value in sorted(secrets.items()):
        name = vault_name(variable)
        if options.write and not _written(options.vault, name, value):
            print(f"{name} was not written; those before it were", file=sys.stderr)
            return 1
        print(name)
    if not options.write:
        print(f"nothing was written; --write writes these {len(secrets)} to {options.vault}", file=sys.stderr)
    return 0


def vault_name(variable: str) -> str:
    """``GATE_PROVIDER_ENROLLMENT__TMHP_PEMS__API_KEY`` is ``provider-enrollment--tmhp-pems--api-key``."""
    return variable.removeprefix(PREFIX).lower().replace("_", "-")


def _belongs_in_a_vault(variable: str) -> bool:
    return variable.startswith(PREFIX) and not variable.startswith(READ_BEFORE_THE_VAULT)


def _written(vault: str, name: str, value: str) -> bool:
    with tempfile.NamedTemporaryFile("w", encoding="utf-8") as file:  # mode 0600
        file.write(value)
        file.flush()
        command = ["az", "keyvault", "secret", "set", "--vault-name", vault, "--name", name]
        command += ["--file", file.name, "--encoding", "utf-8", "--output", "none"]
        return subprocess.run(command, check=False).returncode == 0  # noqa: S603 - no shell, and names that were verified


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument(
        "env_file", type=Path, help="lines of NAME=value; names that do not begin with GATE_ are left out"
    )
    parser.add_argument("--vault", required=True, help="name of the key vault")
    parser.add_argument("--write", action="store_true", help="write, instead of only printing the names")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
