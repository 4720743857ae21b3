"""The pages there are, and who sees which. A page is listed when it works, and to whom it opens. Pure."""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from gate.auth.permissions import Permission

_CREDENTIALING: Final = (Permission.PRACTICE_ADMIN, Permission.CREDENTIALING_VIEW)

_ADMINISTRATION: Final = (Permission.GATE_ADMIN_VIEW,)


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One page in the navigation."""

    title: str
    path: str
    keys: str
    """Typed one after the other, they open it: ``g o``."""
    needs: Sequence[Permission] = ()
    """All of them; none: it is every member's."""
    also: str = ""
    """Where pages that belong to it are found besides below its own path."""

    def holds(self, path: str) -> bool:
        """Whether the page at `path` is this one, or belongs to it."""
        above = (self.path.rstrip("/"), *((self.also,) if self.also else ()))
        return path == self.path or any(each and path.startswith(f"{each}/") for each in above)


class Section(msgspec.Struct, frozen=True):
    """Pages that belong together."""

    title: str
    """Empty: a page that stands for itself."""
    entries: Sequence[Entry]


SECTIONS: Final[Sequence[Section]] = (
    Section("", (Entry(title="Today", path="/today", keys="g t"),)),
    Section("Claims gate", (Entry(title="Overview", path="/overview", keys="g o"),)),
    Section(
        "Providers",
        (
            Entry(
                title="Roster",
                path="/pm/providers",
                keys="g r",
                needs=_CREDENTIALING,
                also="/admin/provider-credentialing",
            ),
        ),
    ),
    Section(
        "Credentialing",
        (
            Entry(title="Enrollments", path="/pm/credentialing", keys="g e", needs=_CREDENTIALING),
            Entry(title="Deadlines", path="/pm/credentialing/deadlines", keys="g l", needs=_CREDENTIALING),
            Entry(title="Applications", path="/pm/credentialing/applications", keys="g n", needs=_CREDENTIALING),
            Entry(title="Tasks", path="/pm/credentialing/tasks", keys="g k", needs=_CREDENTIALING),
            Entry(title="Workflows", path="/pm/credentialing/workflows", keys="g f", needs=_CREDENTIALING),
        ),
    ),
    Section(
        "Inbox",
        (
            Entry(
                title="Expiring",
                path="/pm/inbox/expiring",
                keys="g x",
                needs=_CREDENTIALING,
                also="/pm/credentials",
            ),
            Entry(title="Alerts", path="/pm/inbox/alerts", keys="g i", needs=(Permission.ALERTS_VIEW,)),
            Entry(title="Mismatches", path="/pm/credentialing/mismatches", keys="g m", needs=_CREDENTIALING),
            Entry(title="Document review", path="/pm/inbox/review", keys="g v", needs=_CREDENTIALING),
        ),
    ),
    Section("Payers", (Entry(title="Directory", path="/pm/payers", keys="g y", needs=_CREDENTIALING),)),
    Section(
        "System",
        (
            Entry(title="Status", path="/status", keys="g s"),
            Entry(title="Jobs", path="/system/jobs", keys="g j", needs=_ADMINISTRATION),
            Entry(title="Deliveries", path="/system/deliveries", keys="g d", needs=_ADMINISTRATION),
            Entry(title="Webhooks", path="/system/webhooks", keys="g w", needs=_ADMINISTRATION),
            Entry(title="Notifications", path="/pm/notifications", keys="g b", needs=(Permission.ALERTS_VIEW,)),
            Entry(title="Your account", path="/account", keys="g a"),
        ),
    ),
)


def navigation_for(permissions: Iterable[Permission], sections: Sequence[Section] = SECTIONS) -> list[Section]:
    """What somebody with these permissions sees; a section without pages is left out."""
    held = frozenset(permissions)
    visible = (
        Section(section.title, [entry for entry in section.entries if held.issuperset(entry.needs)])
        for section in sections
    )
    return [section for section in visible if section.entries]


def entry_at(path: str, sections: Sequence[Section]) -> str:
    """The path of the entry under which the page at `path` is found; empty: under none."""
    found = (entry.path for section in sections for entry in section.entries if entry.holds(path))
    return max(found, key=len, default="")
