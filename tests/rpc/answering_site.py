"""Claims answered without a network: everything between the messages and the sources is real, the sources are fakes."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path

import msgspec

from aggregator.cache.memory import MemoryCache
from aggregator.knowledge import CacheRules
from aggregator.resolve import Resolver
from gate.checks.deactivations import DeactivationList
from gate.checks.panels import Panels
from gate.checks.service import CheckService
from gate.decision.model import Policy
from gate.ledger.batches import AnswerNumbers, AnswersRead, GivenBatch
from gate.ledger.grounding import GroundsMemory
from gate.ledger.model import RequestFrame, WireKind
from gate.ledger.segment import Segment
from gate.rpc.claim_answers import ClaimAnswers
from gate.rpc.ledger_wire import unpacked
from gate.rpc.messages import decision_message, submitted
from gate.tenancy.model import DeploymentDefaults, TenantConfig
from gate.tenancy.snapshot import ConfigChanges, ConfigSnapshot
from gate.v1 import claim_pb2, decision_pb2, enrollment_gate_pb2
from sources.connection import SourceConnection
from sources.files.nppes_deactivations import Deactivations
from tests.aggregator.fakes import FakeSource, ManualClock, ManualMonotonic, caqh, texas

CONFIGURED = SourceConnection(base_url="http://127.0.0.1:1")
NEVER = 1e12
"""A deadline, in the event loop's time."""


class Replaceable(DeactivationList):
    """A list that is handed over in place of a file."""

    def __init__(self) -> None:
        super().__init__(None)

    def replace(self, entries: Iterable[tuple[str, date]]) -> None:
        self._list = Deactivations(entries)


class NothingStored:
    """Configurations are only published."""

    async def fingerprint(self) -> object:
        return None

    async def changes_since(self, known: Mapping[str, int]) -> ConfigChanges:
        return ConfigChanges()


class Site:
    """One process, asked in two ways: by what it does for callers, and plainly, claim by claim."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.monotonic = ManualMonotonic()
        self.deactivations = Replaceable()
        self.sources: dict[str, FakeSource] = {"tmhp_pems": texas([]), "caqh_proview": caqh([])}
        defaults = DeploymentDefaults(enabled_states=frozenset({"TX"}), policy=Policy(), cache=CacheRules())
        self.configurations = ConfigSnapshot(NothingStored(), defaults, monotonic=self.monotonic)
        self.resolver = Resolver(MemoryCache(clock=self.clock), clock=self.clock)
        panels = Panels(
            {name: source.description for name, source in self.sources.items()},
            lambda _, __: CONFIGURED,
            lambda name, _: self.sources[name],
        )
        self.checks = CheckService(self.configurations, panels, self.resolver, self.clock, self.deactivations)
        self.answers = ClaimAnswers(self.checks, self.clock)
        self._versions = 0
        self._numbers = AnswerNumbers(GroundsMemory(), largest=6)
        self._segment, self._reading = Segment(Path("1"), -1), AnswersRead()

    async def start(self) -> None:
        await self.configurations.start()

    async def aclose(self) -> None:
        await self.resolver.aclose()
        await self.configurations.aclose()

    async def configure(self, config: TenantConfig) -> None:
        """Put it in force as the tenant's next version."""
        self._versions += 1
        await self.configurations.publish(msgspec.structs.replace(config, version=self._versions))

    async def one(self, tenant: str, claim: claim_pb2.Claim, *, fresh: bool = False) -> decision_pb2.Decision:
        answered = await self.answers.one(tenant, claim, fresh=fresh, explain=False, deadline=lambda: NEVER)
        return enrollment_gate_pb2.CheckClaimResponse.FromString(answered.reply).decision

    async def many(self, tenant: str, *claims: claim_pb2.Claim) -> list[enrollment_gate_pb2.ClaimResult]:
        answered = await self.answers.many(tenant, claims, fresh=False, deadline=lambda: NEVER)
        results = list(enrollment_gate_pb2.CheckClaimsResponse.FromString(answered.reply).results)
        assert isinstance(answered.kept, GivenBatch)
        self._is_kept(tenant, claims, answered.kept, [each.decision for each in results if each.HasField("decision")])
        return results

    def _is_kept(
        self,
        tenant: str,
        claims: Sequence[claim_pb2.Claim],
        batch: GivenBatch,
        decisions: Sequence[decision_pb2.Decision],
    ) -> None:
        """As it was sent, in what the ledger keeps in place of the reply."""
        answers, documents = self._numbers.of(tenant, batch, self._segment)
        asked = enrollment_gate_pb2.CheckClaimsRequest(claims=claims).SerializeToString()
        head = (tenant, "pipeline", "r", WireKind.CHECK_CLAIMS, self.clock())
        entries = unpacked(self._reading.whole(RequestFrame(*head, asked, b"", (), (), documents, answers))).entries
        assert [decision_pb2.Decision.FromString(entry.answer) for entry in entries] == decisions
        assert [entry.decision_id for entry in entries] == [decision.decision_id for decision in decisions]
        assert [claim_pb2.Claim.FromString(entry.claim) for entry in entries] == [
            claim for claim, answer in zip(claims, batch.answers, strict=True) if answer is not None
        ]

    async def plainly(self, tenant: str, claim: claim_pb2.Claim, *, brief: bool) -> decision_pb2.Decision:
        """By a check of its own, said by a message of its own."""
        return decision_message(await self.checks.check(tenant, submitted(claim)), brief=brief)
