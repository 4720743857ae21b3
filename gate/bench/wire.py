"""P1 and P2: warm checks against a bare server of the same messages, over real connections."""

from collections import defaultdict
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from statistics import median
from typing import Final, NamedTuple

from gate.bench.claims import BATCH, PROVIDERS_OF_BATCH, batch, population, single
from gate.bench.load import FRAME_PREFIX, Amount, Sent, Target, write_bodies
from gate.bench.model import Bound, Measured, at_least, of_rounds
from gate.bench.processes import processor_seconds
from gate.bench.run import CHECK_CLAIM, CHECK_CLAIMS, ECHO_BYTES, Echo, Run, asked, by_turns, echo, need
from gate.bench.site import Gate, gate
from gate.v1 import enrollment_gate_pb2

_SINGLE_LOADERS: Final = 4
_BATCH_LOADERS: Final = 2
_GATE: Final = "gate"
_BARE: Final = "bare"
_BYTES: Final = "bytes"


class Contest(NamedTuple):
    """One figure of the two."""

    figure: str
    call: str
    path: str
    bound: Bound
    bodies: list[bytes]
    loaders: int
    amount: Amount
    claims: int
    """In each call."""
    bare: dict[str, "_Bare"]
    """How the bare server is called, by name."""


class _Bare(NamedTuple):
    """One way of calling the bare server."""

    path: str
    times: int
    """As many calls as the gate gets: what is fast has to last as long, to be timed as well."""


class Round(NamedTuple):
    """What one side did in one round."""

    claims_a_second: float
    claims_a_processor_second: float | None
    busy: float
    """Share of the time in which the server had a processor; 0 where the system does not tell."""


async def single_checks(run: Run) -> list[Measured]:
    """P1."""
    amount = Amount(run.sizes.single_calls, streams=16)
    # Another provider in every process and, in turn, every round.
    bodies = [single(number) for number in range(_SINGLE_LOADERS * min(run.sizes.rounds, 16))]
    bare = {_BARE: _Bare(CHECK_CLAIM, 1)}
    contest = Contest("P1", "warm CheckClaim", CHECK_CLAIM, at_least(0.85), bodies, _SINGLE_LOADERS, amount, 1, bare)
    return await _held(run, contest)


async def batches(run: Run) -> list[Measured]:
    """P2."""
    amount = Amount(run.sizes.batch_calls, streams=2)
    bodies = [batch(number) for number in range(_BATCH_LOADERS * min(run.sizes.rounds, 4))]
    bare = {_BARE: _Bare(CHECK_CLAIMS, 3), _BYTES: _Bare(ECHO_BYTES, 10)}
    contest = Contest(
        *("P2", "warm CheckClaims of 1 000", CHECK_CLAIMS, at_least(0.5), bodies, _BATCH_LOADERS, amount, BATCH, bare)
    )
    return await _held(run, contest)


async def _held(run: Run, contest: Contest) -> list[Measured]:
    place = run.place(contest.figure)
    async with AsyncExitStack() as stack:
        await run.doubles.know(population(range(max(PROVIDERS_OF_BATCH, len(contest.bodies)))))
        tested = await stack.enter_async_context(gate(place / "data", run.doubles, run.cores))
        bodies = write_bodies(place / "bodies", "body", contest.bodies)
        replies = await _warmed(tested, contest)
        canned = replies[0] if contest.path == CHECK_CLAIM else b""
        bare = await stack.enter_async_context(echo(place, canned, run.cores))
        return await _Contest(run, contest, tested, bare, bodies).held()


async def _warmed(tested: Gate, contest: Contest) -> list[bytes]:
    """The gate's answers to each body, once nothing has to be fetched any more."""
    for _ in range(2):
        replies = [await asked(tested.address, contest.path, body, tested.token) for body in contest.bodies]
    if contest.path == CHECK_CLAIMS:
        for reply in replies:
            results = enrollment_gate_pb2.CheckClaimsResponse.FromString(reply).results
            need(all(result.HasField("decision") for result in results), "a claim of the batch was refused")
    return replies


class _Contest:
    """Gate and bare server by turns."""

    def __init__(self, run: Run, contest: Contest, tested: Gate, bare: Echo, bodies: Sequence[Path]) -> None:
        self._run = run
        self._contest = contest
        self._gate = tested
        self._bare = bare
        self._bodies = bodies
        self._rounds: dict[str, list[Round]] = defaultdict(list)

    async def held(self) -> list[Measured]:
        for number, names in enumerate(by_turns((_GATE, *self._contest.bare), self._run.sizes.rounds + 1)):
            for name in names:
                took = await self._round(name, number)
                if number:  # the first is not counted: what is made once is made then
                    self._rounds[name].append(took)
        counted = await self._gate.counted()
        await self._gate.has_written(counted.decided)
        return self._measured()

    async def _round(self, name: str, number: int) -> Round:
        pid = self._gate.process.pid if name == _GATE else self._bare.pid
        first = number * self._contest.loaders
        loaded = [self._bodies[(first + each) % len(self._bodies)] for each in range(self._contest.loaders)]
        used = processor_seconds(pid)
        sent = await (self._of_gate(loaded) if name == _GATE else self._of_bare(name, loaded))
        claims = sent.calls * self._contest.claims
        now_used = processor_seconds(pid)
        busy = now_used - used if used is not None and now_used is not None else 0.0
        return Round(claims / sent.seconds, claims / busy if busy else None, busy / sent.seconds)

    async def _of_gate(self, bodies: Sequence[Path]) -> Sent:
        """A call that failed must not count as a fast one, and HTTP says 200 to both: the gate's own counts say."""
        before = await self._gate.counted()
        sent = await self._send(self._gate.address, self._contest.path, bodies, self._contest.amount)
        after = await self._gate.counted()
        answered, decided = after.answered - before.answered, after.decided - before.decided
        told = f"the gate answered {answered} calls with OK, refused {after.refused - before.refused}"
        need(answered == sent.calls, f"{told}; the loader counted {sent.calls}")
        need(decided == sent.calls * self._contest.claims, f"{told}, and decided {decided} claims")
        return sent

    async def _of_bare(self, name: str, bodies: Sequence[Path]) -> Sent:
        path, times = self._contest.bare[name]
        amount = self._contest.amount._replace(calls=self._contest.amount.calls * times)
        sent = await self._send(self._bare.address, path, bodies, amount)
        if sent.data is not None:
            replies = [await asked(self._bare.address, path, body.read_bytes(), self._gate.token) for body in bodies]
            expected = sum(FRAME_PREFIX + len(reply) for reply in replies) * amount.calls
            need(sent.data == expected, f"the bare server sent {sent.data} bytes, not {expected}")
        return sent

    async def _send(self, address: str, path: str, bodies: Sequence[Path], amount: Amount) -> Sent:
        target = Target(address, path, self._gate.token)
        return await self._run.loader.send(target, bodies, amount, self._run.cores.load)

    def _measured(self) -> list[Measured]:
        contest = self._contest
        unit = "requests/s" if contest.claims == 1 else "claims/s"
        absolutes = ", ".join(
            f"{name} {median(each.claims_a_second for each in rounds):,.0f} "
            f"({median(each.busy for each in rounds):.0%} busy)"
            for name, rounds in self._rounds.items()
        )
        lines = [
            of_rounds(
                contest.figure,
                f"{contest.call}, {unit}, of a bare echo's",
                self._ratios(_BARE),
                bound=contest.bound,
                detail=f"{unit}: {absolutes}",
            )
        ]
        if by_processor := self._ratios_by_processor():
            # Bound as well: where the load, or other programs, kept the faster server from working, the rates compare
            # something else, and to the gate's advantage.
            lines.append(
                of_rounds(
                    *(contest.figure, f"{contest.call}, the same by the servers' processor time", by_processor),
                    bound=contest.bound,
                )
            )
        if _BYTES in contest.bare:
            what = f"{contest.call}, of an echo of the request's own bytes"
            lines.append(of_rounds(contest.figure, what, self._ratios(_BYTES)))
        return lines

    def _ratios(self, name: str) -> list[float]:
        pairs = zip(self._rounds[_GATE], self._rounds[name], strict=True)
        return [mine.claims_a_second / bare.claims_a_second for mine, bare in pairs]

    def _ratios_by_processor(self) -> list[float]:
        pairs = zip(self._rounds[_GATE], self._rounds[_BARE], strict=True)
        return [
            mine.claims_a_processor_second / bare.claims_a_processor_second
            for mine, bare in pairs
            if mine.claims_a_processor_second and bare.claims_a_processor_second
        ]
