"""A claim file validated by pyx12: ``python -m gate.bench.programs.validating FILE``. Writes the seconds."""

import io
import sys
import time

import msgspec

from gate.bench.files import Timed


def main(file: str) -> int:
    try:
        import pyx12.params
        import pyx12.x12n_document
    except ImportError:
        print("pyx12 is not installed (pip install 'enrollment-gate[bench]')", file=sys.stderr)
        return 1
    began = time.perf_counter()
    accepted = pyx12.x12n_document.x12n_document(pyx12.params.params(), file, io.StringIO(), None, None)
    took = time.perf_counter() - began
    if not accepted:
        print("pyx12 does not accept the file", file=sys.stderr)
        return 1
    print(msgspec.json.encode(Timed(0, took)).decode())
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
