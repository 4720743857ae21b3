"""How long every list and figure about credentialing takes in a large organisation:
``python -m tests.bench.credentialing_lists_cost [--database sqlite] [--only deadlines] [--plans]``.

Ten thousand providers by fifty payers are made up, and each question is asked of a real gate over HTTP and gRPC: its
first page, the one that follows and one far down. Told are the median and the 95th percentile of the time until the
answer was read, and the processor's time of gate, asker and database together; all in milliseconds.
"""

import argparse
import asyncio
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

import msgspec

from tests.bench.credentialing_plans import plans_of
from tests.bench.credentialing_planting import plant
from tests.bench.credentialing_questions import Question, questions
from tests.bench.credentialing_rows import Population
from tests.bench.credentialing_site import Site, Statement, own_processor_seconds, site, statements
from tests.support.databases import KINDS, SQLITE, with_driver
from tests.support.servers import postgres_server

TENANT: Final = "acme"
ALLOWED: Final = 150.0
UNCOUNTED: Final = 6
"""First times: connections are opened, and PostgreSQL plans a statement five times before it keeps a plan."""


class Wanted(msgspec.Struct, frozen=True):
    """What the command line says."""

    providers: int
    payers: int
    rounds: int
    only: str
    plans: bool
    slow: float


class Figure(NamedTuple):
    """What one question came to at one door."""

    name: str
    door: str
    median: float
    p95: float
    processor: float
    statements: int
    sent: Sequence[Statement]


class Stand(NamedTuple):
    """A database that is there, and what the processor did for it besides this process."""

    url: str
    seconds: Callable[[], float]


@asynccontextmanager
async def planted(kind: str, people: Sequence[Population]) -> AsyncIterator[Stand]:
    """A database of this kind that holds these people's records."""
    with TemporaryDirectory() as folder:
        if kind == SQLITE:
            url = f"sqlite+aiosqlite:///{folder}/gate.db"
            await plant(url, *people)
            yield Stand(url, lambda: 0.0)
            return
        with postgres_server() as server:
            url = with_driver(server.create_database("gate"))
            await plant(url, *people)
            yield Stand(url, server.processor_seconds)


async def measured(at: Site, question: Question, stand: Stand, rounds: int) -> AsyncIterator[Figure]:
    """At each of its doors, each of its pages."""
    for door, ask in at.ways(question):
        following = await ask("")
        pages = {"": "", ", page 2": following, ", far down": question.deep if question.is_paged else ""}
        for page, token in pages.items():
            if token or not page:
                yield await _timed(f"{question.name}{page}", door, partial(ask, token), stand, rounds)


async def _timed(name: str, door: str, ask: Callable[[], Awaitable[str]], stand: Stand, rounds: int) -> Figure:
    with statements() as sent:
        await ask()
    for _ in range(UNCOUNTED - 1):
        await ask()
    took, used = [], own_processor_seconds() + stand.seconds()
    for _ in range(rounds):
        began = time.perf_counter()
        await ask()
        took.append((time.perf_counter() - began) * 1e3)
    processor = (own_processor_seconds() + stand.seconds() - used) / rounds * 1e3
    p95 = statistics.quantiles(took, n=20)[-1]
    return Figure(name, door, statistics.median(took), p95, processor, len(sent), tuple(sent))


def table(figures: Iterable[Figure]) -> str:
    """One line for each."""
    lines = [f"{'what':62} {'door':5} {'median':>7} {'p95':>7} {'cpu':>7} {'statements':>10}"]
    lines += [
        f"{each.name:62} {each.door:5} {each.median:7.1f} {each.p95:7.1f} {each.processor:7.1f} {each.statements:10}"
        f"{'  over' if each.median > ALLOWED else ''}"
        for each in figures
    ]
    return "\n".join(lines)


async def asked(stand: Stand, people: Population, wanted: Wanted) -> None:
    """Print the figures of one database."""
    with TemporaryDirectory() as folder:
        async with site(Path(folder), stand.url, people.tenant) as at:
            figures = [
                figure
                for question in questions(people)
                if wanted.only in question.name
                async for figure in measured(at, question, stand, wanted.rounds)
            ]
    print(table(figures))
    medians = [each.median for each in figures]
    slow = sum(each > wanted.slow for each in medians)
    print(f"\n{len(figures)} questions; slowest {max(medians):.1f} ms, {slow} above {wanted.slow:.0f} ms at the median")
    if wanted.plans:
        for figure in figures:
            if figure.median > wanted.slow:
                print(f"\n{figure.name}, {figure.door}: {figure.median:.1f} ms")
                print(await plans_of(stand.url, people.tenant, figure.sent))


async def main(kinds: Sequence[str], url: str, wanted: Wanted) -> None:
    today = datetime.now(UTC).date()
    people = Population(TENANT, wanted.providers, wanted.payers, today)
    neighbours = Population("neighbours", max(1, wanted.providers // 50), 20, today)
    if url:
        await asked(Stand(url, lambda: 0.0), people, wanted)
        return
    for kind in kinds:
        began = time.monotonic()
        async with planted(kind, (people, neighbours)) as stand:
            print(f"{kind}, {len(people.pairs):,} enrollments, there after {time.monotonic() - began:.0f} s")
            await asked(stand, people, wanted)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--providers", type=int, default=10_000)
    parser.add_argument("--payers", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--database", choices=KINDS, help="both unless one is named")
    parser.add_argument("--url", default="", help="of a database that such a run planted, in place of a fresh one")
    parser.add_argument("--only", default="", help="questions whose name holds this")
    parser.add_argument("--plans", action="store_true", help="how the database goes about what is slow")
    parser.add_argument("--slow", type=float, default=60.0, help="milliseconds from which on it is")
    said = parser.parse_args()
    told = Wanted(said.providers, said.payers, said.rounds, said.only, said.plans, said.slow)
    asyncio.run(main([said.database] if said.database else KINDS, said.url, told))
