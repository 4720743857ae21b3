"""Who is asked on behalf of one tenant about one state, and how long their answers live."""

from collections.abc import Iterable
from typing import Self

import msgspec

from aggregator.knowledge import CacheRules
from aggregator.merge import by_priority
from sources.contract import EnrollmentSource, SourceDescription


class Panel(msgspec.Struct, frozen=True, kw_only=True):
    """The ordered sources of one tenant for one state.

    Build one per tenant, state and configuration version, and use that one for every question: evidence is kept ready
    for the panel it was judged by, and flights are shared by questions to equal panels only, so that no answer mixes
    two configurations.
    """

    tenant: str
    state: str
    sources: tuple[EnrollmentSource, ...]
    descriptions: tuple[SourceDescription, ...]
    """Of `sources`, in the same order."""
    identities: tuple[str, ...]
    """Of the connections by which `sources` are asked, in the same order: what is remembered from another connection
    counts as never heard. Empty for a source that has no `identity`."""
    rules: CacheRules

    @classmethod
    def of(cls, tenant: str, state: str, sources: Iterable[EnrollmentSource], rules: CacheRules) -> Self:
        """The panel of those of `sources` (guarded, in configured order) that speak for `state`.

        Raises:
            ValueError: two sources have one name.
        """
        ordered = by_priority(source for source in sources if source.description.speaks_for(state))
        descriptions = tuple(source.description for source in ordered)
        names = [description.name for description in descriptions]
        if len(set(names)) != len(names):
            raise ValueError(f"two sources of one name for {state}: {', '.join(sorted(names))}")
        return cls(
            tenant=tenant,
            state=state,
            sources=ordered,
            descriptions=descriptions,
            identities=tuple(getattr(source, "identity", "") for source in ordered),
            rules=rules,
        )
