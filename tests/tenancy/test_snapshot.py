import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

import msgspec
import pytest

from gate.decision.model import GateMode
from gate.errors import StoreUnavailable
from gate.persistence.following import Announcements, Pace
from gate.tenancy.model import DeploymentDefaults, TenantConfig
from gate.tenancy.snapshot import ConfigChanges, ConfigSnapshot
from tests.support.waiting import until
from tests.tenancy.builders import NOTHING_ENABLED, TEXAS_ENABLED

QUICK = Pace(poll=0.1, read=0.1)
SLOW = Pace(poll=60.0)
SOON = 5.0


class Shelf:
    """Configurations in a dictionary; can be out of reach, hang, or be interrupted."""

    def __init__(self, *configs: TenantConfig) -> None:
        self.configs = {config.tenant: config for config in configs}
        self.unreadable: dict[str, int] = {}
        self.outage: Exception | None = None
        self.hangs = False
        self.reads = 0
        self.finished_reads = 0
        self.during_a_read: Callable[[], Awaitable[None]] | None = None

    async def fingerprint(self) -> object:
        if self.outage is not None:
            raise self.outage
        if self.hangs:
            await asyncio.Event().wait()
        self.reads += 1
        return frozenset({**self.versions(), **self.unreadable}.items())

    async def changes_since(self, known: Mapping[str, int]) -> ConfigChanges:
        changed = tuple(config for config in self.configs.values() if known.get(config.tenant) != config.version)
        gone = frozenset(known.keys() - self.configs.keys() - self.unreadable.keys())
        interruption, self.during_a_read = self.during_a_read, None
        if interruption is not None:
            await interruption()
        self.finished_reads += 1
        return ConfigChanges(configs=changed, unreadable=self.unreadable, gone=gone)

    def versions(self) -> dict[str, int]:
        return {tenant: config.version for tenant, config in self.configs.items()}


class Stopwatch:
    """Monotonic time that passes when told."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


class Bell:
    """Announcements within one process."""

    def __init__(self) -> None:
        self.announced: list[str] = []
        self.ring: Callable[[], None] = lambda: None

    async def announce(self, tenant: str) -> None:
        self.announced.append(tenant)

    async def listen(self, on_change: Callable[[], None]) -> None:
        self.ring = on_change
        await asyncio.Event().wait()


ACME = TenantConfig(tenant="acme", version=1, enabled_states=("TX",))


@asynccontextmanager
async def started(
    shelf: Shelf,
    defaults: DeploymentDefaults = NOTHING_ENABLED,
    announcements: Announcements | None = None,
    watch: Stopwatch | None = None,
    pace: Pace = QUICK,
) -> AsyncIterator[ConfigSnapshot]:
    snapshot = ConfigSnapshot(shelf, defaults, announcements, monotonic=watch or Stopwatch(), pace=pace)
    await snapshot.start()
    try:
        yield snapshot
    finally:
        await snapshot.aclose()


async def test_c1_a_tenant_without_configuration_is_not_configured() -> None:
    async with started(Shelf(ACME)) as snapshot:
        assert snapshot.get("globex") is None


async def test_c4_a_tenant_that_enables_no_state_is_configured_all_the_same() -> None:
    async with started(Shelf(TenantConfig(tenant="acme", version=1))) as snapshot:
        config = snapshot.get("acme")

    assert config is not None
    assert config.enabled_states == frozenset()


async def test_a_tenant_without_configuration_inherits_a_deployment_that_enables_states() -> None:
    async with started(Shelf(ACME), TEXAS_ENABLED) as snapshot:
        config = snapshot.get("globex")

        assert config is not None
        assert (config.tenant, config.version) == ("globex", 0)
        assert config.enabled_states == {"TX"}
        assert snapshot.get("globex") is config


async def test_c16_what_was_handed_out_stays_one_version_when_the_mode_is_flipped() -> None:
    async with started(Shelf(ACME)) as snapshot:
        before = snapshot.get("acme")
        await snapshot.publish(msgspec.structs.replace(ACME, version=2, gate_mode=GateMode.ENFORCE))
        after = snapshot.get("acme")

    assert before is not None
    assert after is not None
    assert (before.version, before.policy_for("TX", None).mode) == (1, GateMode.AUDIT)
    assert (after.version, after.policy_for("TX", None).mode) == (2, GateMode.ENFORCE)


async def test_c17_what_this_process_writes_is_in_force_at_once_and_announced() -> None:
    bell = Bell()
    async with started(Shelf(), announcements=bell) as snapshot:
        await snapshot.publish(ACME)

        config = snapshot.get("acme")
        assert config is not None
        assert config.config is ACME

    assert bell.announced == ["acme"]


async def test_c17_an_announcement_leads_to_a_read_before_the_next_poll() -> None:
    bell, shelf = Bell(), Shelf()
    async with started(shelf, announcements=bell, pace=SLOW) as snapshot:
        await asyncio.sleep(0)
        shelf.configs["acme"] = ACME
        bell.ring()

        await until(lambda: snapshot.get("acme") is not None, SOON)


async def test_c17_a_change_that_nobody_announces_is_found_by_the_poll() -> None:
    shelf = Shelf()
    async with started(shelf) as snapshot:
        shelf.configs["acme"] = ACME

        await until(lambda: snapshot.get("acme") is not None, SOON)


async def test_a_version_published_out_of_order_does_not_replace_a_later_one() -> None:
    async with started(Shelf()) as snapshot:
        await snapshot.publish(msgspec.structs.replace(ACME, version=3))
        await snapshot.publish(msgspec.structs.replace(ACME, version=2))

        assert version_of(snapshot) == 3


async def test_a_read_that_began_before_a_publication_does_not_undo_it() -> None:
    shelf, bell = Shelf(ACME), Bell()
    second, third = (msgspec.structs.replace(ACME, version=version) for version in (2, 3))
    async with started(shelf, announcements=bell, pace=SLOW) as snapshot:
        await asyncio.sleep(0)
        shelf.configs["acme"] = second
        seen: list[int] = []

        async def publish_the_third() -> None:
            shelf.configs["acme"] = third
            await snapshot.publish(third)
            seen.append(version_of(snapshot))

        shelf.during_a_read = publish_the_third
        bell.ring()
        await until(lambda: shelf.finished_reads > 1, SOON)
        await asyncio.sleep(0)

        assert [*seen, version_of(snapshot)] == [3, 3]


def version_of(snapshot: ConfigSnapshot, tenant: str = "acme") -> int:
    config = snapshot.get(tenant)
    return -1 if config is None else config.version


async def test_c20_the_last_known_configuration_stays_in_force_while_the_store_is_unreachable() -> None:
    shelf, watch = Shelf(ACME), Stopwatch()
    async with started(shelf, watch=watch) as snapshot:
        shelf.outage = StoreUnavailable("down")
        staleness = []
        for seconds in (QUICK.stale_after, 0.1):
            watch.seconds += seconds
            staleness.append(snapshot.is_stale)

        assert staleness == [False, True]
        assert version_of(snapshot) == 1


async def test_c20_an_unknown_tenant_is_not_taken_for_unconfigured_while_the_store_is_unreachable() -> None:
    shelf, watch = Shelf(ACME), Stopwatch()
    async with started(shelf, watch=watch) as snapshot:
        watch.seconds += QUICK.stale_after + 0.1

        with pytest.raises(StoreUnavailable):
            snapshot.get("globex")


async def test_c20_a_tenant_that_inherits_keeps_inheriting_while_the_store_is_unreachable() -> None:
    watch = Stopwatch()
    async with started(Shelf(), TEXAS_ENABLED, watch=watch) as snapshot:
        watch.seconds += QUICK.stale_after + 0.1

        assert snapshot.is_stale
        assert version_of(snapshot, "globex") == 0


@pytest.mark.parametrize("defaults", [NOTHING_ENABLED, TEXAS_ENABLED])
async def test_c20_before_the_first_read_nothing_is_known_of_any_tenant(defaults: DeploymentDefaults) -> None:
    shelf = Shelf(ACME)
    shelf.outage = StoreUnavailable("down")
    async with started(shelf, defaults) as snapshot:
        assert not snapshot.is_loaded
        assert snapshot.is_stale
        assert snapshot.age_seconds == float("inf")
        with pytest.raises(StoreUnavailable):
            snapshot.get("acme")


@pytest.mark.parametrize("outage", [StoreUnavailable("down"), RuntimeError("a bug")])
async def test_c20_the_snapshot_recovers_by_itself(outage: Exception) -> None:
    shelf, watch = Shelf(ACME), Stopwatch()
    shelf.outage = outage
    async with started(shelf, watch=watch) as snapshot:
        shelf.outage = None
        await until(lambda: snapshot.is_loaded, SOON)

        assert not snapshot.is_stale
        assert version_of(snapshot) == 1


async def test_c20_a_store_that_hangs_is_given_up_and_asked_again() -> None:
    shelf = Shelf(ACME)
    shelf.hangs = True
    async with started(shelf) as snapshot:
        assert not snapshot.is_loaded

        shelf.hangs = False
        await until(lambda: snapshot.is_loaded, SOON)


async def test_a_configuration_this_release_cannot_read_is_not_taken_for_none() -> None:
    shelf, bell = Shelf(ACME), Bell()
    shelf.unreadable = {"globex": 4}
    async with started(shelf, TEXAS_ENABLED, announcements=bell) as snapshot:
        await asyncio.sleep(0)
        with pytest.raises(StoreUnavailable):
            snapshot.get("globex")
        assert version_of(snapshot) == 1

        shelf.unreadable = {}
        shelf.configs["globex"] = TenantConfig(tenant="globex", version=5)
        bell.ring()
        await until(lambda: "globex" not in shelf.unreadable and readable(snapshot, "globex"), SOON)

        assert version_of(snapshot, "globex") == 5


def readable(snapshot: ConfigSnapshot, tenant: str) -> bool:
    try:
        snapshot.get(tenant)
    except StoreUnavailable:
        return False
    return True


async def test_an_older_version_that_can_be_read_stays_in_force_under_one_that_cannot() -> None:
    shelf, bell = Shelf(ACME), Bell()
    async with started(shelf, announcements=bell) as snapshot:
        await asyncio.sleep(0)
        shelf.configs = {}
        shelf.unreadable = {"acme": 2}
        reads = shelf.reads
        bell.ring()
        await until(lambda: shelf.reads > reads, SOON)
        await asyncio.sleep(0)

        assert version_of(snapshot) == 1


@pytest.mark.parametrize("defaults", [NOTHING_ENABLED, TEXAS_ENABLED])
async def test_c20_a_store_that_lost_its_tenants_does_not_make_them_unconfigured(
    defaults: DeploymentDefaults, capsys: pytest.CaptureFixture[str]
) -> None:
    shelf, globex = Shelf(ACME), TenantConfig(tenant="globex", version=4)
    shelf.configs["globex"] = globex
    async with started(shelf, defaults) as snapshot:
        for left in ({"globex": globex}, {}, {"initech": ACME}):
            shelf.configs = dict(left)
            await another_read(shelf)
            assert (version_of(snapshot), version_of(snapshot, "globex")) == (1, 4)
            assert snapshot.is_stale

    assert lost_in(capsys.readouterr().out) == ["['acme']", "['globex']"]


async def another_read(shelf: Shelf) -> None:
    """The one under way may still see what was; the one after it does not."""
    reads = shelf.reads
    await until(lambda: shelf.reads >= reads + 2, SOON)


def lost_in(log: str) -> list[str]:
    return [line.partition("tenants=")[2].strip() for line in log.splitlines() if "tenant_configs_lost" in line]


async def test_c20_a_tenant_that_comes_back_is_read_again_though_its_version_is_the_same() -> None:
    shelf = Shelf(ACME)
    async with started(shelf) as snapshot:
        shelf.configs = {}
        await another_read(shelf)
        shelf.configs["acme"] = msgspec.structs.replace(ACME, gate_mode=GateMode.ENFORCE)
        await until(lambda: not snapshot.is_stale, SOON)

        config = snapshot.get("acme")
        assert config is not None
        assert config.tenant_policy.mode is GateMode.ENFORCE


async def test_c20_a_lost_tenant_that_is_configured_anew_has_its_new_configuration_at_once() -> None:
    shelf = Shelf(msgspec.structs.replace(ACME, version=7))
    async with started(shelf) as snapshot:
        shelf.configs = {}
        await another_read(shelf)
        await snapshot.publish(ACME)

        assert version_of(snapshot) == 1
        assert not snapshot.is_stale


async def test_c20_a_configuration_nobody_could_read_is_not_taken_for_none_after_it_is_lost() -> None:
    shelf = Shelf(ACME)
    shelf.unreadable = {"globex": 4}
    async with started(shelf) as snapshot:
        shelf.unreadable = {}
        await another_read(shelf)

        assert not readable(snapshot, "globex")


async def test_a_closed_snapshot_leaves_nothing_running() -> None:
    before = asyncio.all_tasks()

    async with started(Shelf(ACME), announcements=Bell()) as snapshot:
        assert len(asyncio.all_tasks() - before) == 2

    assert asyncio.all_tasks() == before
    assert version_of(snapshot) == 1
