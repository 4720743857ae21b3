"""The command line as a shell runs it: processes, their two streams and exit codes."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.support.commands import Ended, run
from tests.support.gates import GATE

_SECONDS = 60.0


class Ran:
    """What a command that has ended left behind."""

    def __init__(self, ended: Ended) -> None:
        self.code = ended.code
        self.out = ended.out.decode()
        self.err = ended.err.decode()

    @property
    def json(self) -> Any:
        """Standard output, which is one JSON document."""
        return json.loads(self.out)

    @property
    def objects(self) -> list[Any]:
        """Standard output, which is JSON lines."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def complaint(self) -> str:
        """The one line on standard error with which a command gives up; nothing else was said."""
        assert self.code == 2, (self.code, self.out, self.err)
        assert not self.out, self.out
        assert self.err.startswith("gate: "), self.err
        assert self.err.count("\n") == 1, self.err
        return self.err.removeprefix("gate: ").rstrip()


class Shell:
    """Runs `gate` with the environment of one deployment, from a folder of its own."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder = folder
        self.environment = {**environment, "COLUMNS": "200", "NO_COLOR": "1"}

    def gate(self, *arguments: str, stdin: str = "", **environment: str) -> Ran:
        """`environment` beside the deployment's, and in its place."""
        around = self.environment | environment
        return Ran(
            run(arguments, folder=self.folder, environment=around, stdin=stdin.encode(), seconds=_SECONDS),
        )

    def script(self, *arguments: str, stdin: str = "", **environment: str) -> Ran:
        """The same by the console script, for what depends on how a process starts."""
        process = subprocess.run(
            [GATE, *arguments],
            cwd=self.folder,
            env=self.environment | environment,
            input=stdin.encode(),
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
        return Ran(Ended(process.returncode, process.stdout, process.stderr))

    def begin(self, *arguments: str, **environment: str) -> "subprocess.Popen[bytes]":
        """A command that goes on."""
        return subprocess.Popen(
            [GATE, *arguments],
            cwd=self.folder,
            env=self.environment | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def write(self, name: str, content: bytes | str) -> Path:
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def files(self) -> set[str]:
        """What lies in the folder, hidden files too."""
        return {path.name for path in self.folder.iterdir()}
