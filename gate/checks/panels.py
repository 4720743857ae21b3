"""Which sources are asked in a tenant's name: the deployment's contracts, or the tenant's own."""

from collections.abc import Callable, Mapping

from aggregator.panel import Panel
from gate.tenancy.model import EffectiveConfig
from sources.connection import SourceConnection
from sources.contract import EnrollmentSource, SourceDescription

ConnectionFor = Callable[[EffectiveConfig, str], SourceConnection]
"""The connection by which a tenant asks a source; unconfigured where it has none."""
GuardedSourceAt = Callable[[str, SourceConnection], EnrollmentSource]
"""The guarded source of that name at that connection; the same object for the same connection."""


class Panels:
    """Panels by tenant, state and configuration version.

    A national source nobody contracted is not asked and not "unavailable" either.
    """

    def __init__(
        self,
        descriptions: Mapping[str, SourceDescription],
        connection_for: ConnectionFor,
        guarded_source_at: GuardedSourceAt,
    ) -> None:
        self.descriptions = descriptions
        self._connection_for = connection_for
        self._guarded_source_at = guarded_source_at
        self._panels: dict[str, tuple[EffectiveConfig, dict[str, Panel]]] = {}

    def panel(self, config: EffectiveConfig, state: str) -> Panel:
        """Who is asked about `state` under this very configuration."""
        kept = self._panels.get(config.tenant)
        if kept is None or kept[0] is not config:
            kept = (config, {})
            self._panels[config.tenant] = kept
        panel = kept[1].get(state)
        if panel is None:
            panel = kept[1][state] = self._build(config, state)
        return panel

    def sources_of(self, config: EffectiveConfig) -> dict[str, EnrollmentSource | None]:
        """Every known source as this tenant would ask it; None where it has no connection."""
        return {name: self._source(config, name) for name in self.descriptions}

    def connection_of(self, config: EffectiveConfig, name: str) -> SourceConnection:
        """Where this tenant asks the source."""
        return self._connection_for(config, name)

    def can_ask(self, config: EffectiveConfig, state: str) -> bool:
        """Whether a source that speaks for the state itself is implemented and configured."""
        return any(
            description.implemented and self._source(config, description.name) is not None
            for description in self._of_state(state)
        )

    def has_only_stubs(self, state: str) -> bool:
        """Whether the state has sources of its own and none of them can answer yet (row A17)."""
        own = self._of_state(state)
        return bool(own) and not any(description.implemented for description in own)

    def unanswerable(self, config: EffectiveConfig) -> list[str]:
        """Enforced states about which nobody can be asked, in words."""
        return [
            f"no source that speaks for {state} is configured: every claim there will be pended as SOURCE_UNAVAILABLE"
            for state in sorted(config.enforced_states())
            if not self.can_ask(config, state)
        ]

    def _of_state(self, state: str) -> list[SourceDescription]:
        return [description for description in self.descriptions.values() if state in description.states]

    def _build(self, config: EffectiveConfig, state: str) -> Panel:
        """A source of the state itself stays in the panel without a connection: its silence must be told.

        Without it, a credential that was withdrawn would leave the nation to vouch for whom the state terminated.
        """
        sources = [
            self._guarded_source_at(name, connection)
            for name, description in self.descriptions.items()
            if (connection := self._connection_for(config, name)).is_configured or state in description.states
        ]
        return Panel.of(config.tenant, state, sources, config.cache)

    def _source(self, config: EffectiveConfig, name: str) -> EnrollmentSource | None:
        connection = self._connection_for(config, name)
        return self._guarded_source_at(name, connection) if connection.is_configured else None
