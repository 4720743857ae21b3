"""`gate` without the second it takes to import: each command is forked from a process that has its libraries loaded.

That one is the standard library's fork server: it has a single thread, has started nothing, and ends with the tests.
Environment, folder, streams and exit code are the command's own, as after `exec`. Tests of starting and ending
themselves use the console script; `tests/cli/test_shell.py` compares the two.
"""

import multiprocessing
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

_LOADED: Final = ["gate.bootstrap", "gate.cli.client", "gate.cli.main", "gate.web.app"]
_STREAMS: Final = ("stdin", "stdout", "stderr")
_processes: Final = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload([__name__, *_LOADED])


class Ended(NamedTuple):
    """What a command left behind."""

    code: int
    out: bytes
    err: bytes


def run(
    arguments: Sequence[str], *, folder: Path, environment: Mapping[str, str], stdin: bytes, seconds: float
) -> Ended:
    """`gate` with these arguments, in `folder`.

    Raises:
        TimeoutError: it did not end in time and was killed.
    """
    with tempfile.TemporaryDirectory() as name:
        streams = {stream: Path(name) / stream for stream in _STREAMS}
        for stream, path in streams.items():
            path.write_bytes(stdin if stream == "stdin" else b"")
        process = _processes.Process(target=_become, args=(list(arguments), folder, dict(environment), streams))
        process.start()
        process.join(seconds)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise TimeoutError(f"gate {' '.join(arguments)}: {streams['stderr'].read_text()}")
        return Ended(process.exitcode, streams["stdout"].read_bytes(), streams["stderr"].read_bytes())


def _become(arguments: list[str], folder: Path, environment: dict[str, str], streams: dict[str, Path]) -> None:
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    for number, stream in enumerate(_STREAMS):
        descriptor = os.open(streams[stream], os.O_RDWR | os.O_APPEND)
        os.dup2(descriptor, number)
        os.close(descriptor)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - as long as the process
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", buffering=1, closefd=False)  # noqa: SIM115
    sys.argv = ["gate", *arguments]
    from gate.cli.main import main

    main()
