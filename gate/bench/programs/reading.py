"""A claim file read, and nothing else: ``python -m gate.bench.programs.reading FILE``. Writes claims and seconds."""

import sys
import time

import msgspec

from gate.bench.files import Timed
from gate.claimfiles.reading import open_claim_file


def main(file: str) -> None:
    began = time.perf_counter()
    with open_claim_file(file) as claims:
        count = sum(1 for _ in claims)
    print(msgspec.json.encode(Timed(count, time.perf_counter() - began)).decode())


if __name__ == "__main__":
    main(*sys.argv[1:])
