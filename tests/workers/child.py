"""A worker that serves nobody and does what its settings name: ``python -m tests.workers.child``."""

import io
import os
import signal
import sys
import time
from pathlib import Path

import msgspec

from gate.workers.words import Condition, Order, Word


def main() -> None:
    lines = io.FileIO(sys.stdin.fileno(), closefd=False)
    order = msgspec.json.decode(lines.readline(), type=Order)
    folder, behaviour = Path(order.metrics_directory), order.settings.decode()
    started = folder / f"{order.slot}.{time.monotonic_ns()}"
    started.touch()
    is_first = len(list(folder.glob(f"{order.slot}.*"))) == 1
    match behaviour:
        case "refuses":
            say(Word(failed="there is no room"))
            sys.exit(2)
        case "dies before it serves" if order.slot == 1:
            os.kill(os.getpid(), signal.SIGKILL)
    say(Word(is_serving=True))
    heard = folder / f"heard-{order.slot}"
    while line := lines.readline():
        heard.write_bytes(line)
        condition = msgspec.json.decode(line, type=Condition)
        if condition.were_all_there and behaviour == "dies once" and is_first and order.slot == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        if condition.is_ending:
            break
    if behaviour == "does not finish":
        time.sleep(60)
    sys.exit(3 if behaviour == "fails at the end" else 0)


def say(word: Word) -> None:
    os.write(sys.stdout.fileno(), msgspec.json.encode(word) + b"\n")


if __name__ == "__main__":
    main()
