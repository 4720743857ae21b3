"""The pages there are, and who sees which. A page is listed when it works, and to whom it opens. Pure."""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from gate.auth.permissions import Permission


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One page in the navigation."""

    title: str
    path: str
    keys: str
    """Typed one after the other, they open it: ``g o``."""
    permission: Permission | None = None
    """None: every member's."""


class Section(msgspec.Struct, frozen=True):
    """Pages that belong together."""

    title: str
    entries: Sequence[Entry]


SECTIONS: Final[Sequence[Section]] = (
    Section("Claims gate", (Entry(title="Overview", path="/", keys="g o"),)),
    Section(
        "System",
        (
            Entry(title="Status", path="/status", keys="g s"),
            Entry(title="Your account", path="/account", keys="g a"),
        ),
    ),
)


def navigation_for(permissions: Iterable[Permission], sections: Sequence[Section] = SECTIONS) -> list[Section]:
    """What somebody with these permissions sees; a section without pages is left out."""
    held = frozenset(permissions)
    visible = (
        Section(section.title, [entry for entry in section.entries if entry.permission in {None, *held}])
        for section in sections
    )
    return [section for section in visible if section.entries]
