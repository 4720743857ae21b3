"""Payers in a table: what they ask, how they work, what speaks for them, and what is wanted of it. Pure."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from gate.credentialing.model.selection import PayerSort, PayerStanding, PayerStatistics, SelectionFilter
from gate.credentialing.model.workflows import WorkflowType
from gate.web.portal.condition import Badge
from gate.web.portal.credentialing.views.addresses import address
from gate.web.portal.credentialing.views.badges import (
    ALLOWS_SUPERVISED,
    ATTENDING,
    BEGUN_BY_HAND,
    CONTRACTED,
    IN_PROGRESS,
    INDIVIDUAL_CONTRACT,
    NOT_STARTED,
    WORKFLOW,
    words,
)

NO_PAYERS: Final = ("No payers configured.", "Add a payer, and how credentialing goes with it.")
WORKFLOWS: Final[Sequence[tuple[str, str]]] = (
    ("", "All workflows"),
    *((kind.value, WORKFLOW[kind].words) for kind in WorkflowType),
)
STANDINGS: Final[Sequence[tuple[str, str]]] = (
    ("", "All standings"),
    ("recommended", "Recommended"),
    ("not_started", "Not started"),
    ("in_progress", "In progress"),
    ("contracted", "Contracted"),
)


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What is wanted of the table."""

    search: str = ""
    workflow: str = ""
    standing: str = ""
    sort: str = ""
    """A column's key, with ``-`` before it from the most to the least; empty: recommended ones, then by name."""
    page: str = ""
    """Where a page of the table begins that is too long for one."""

    @property
    def is_anything(self) -> bool:
        """Whether payers may be left out."""
        return bool(self.search or self.workflow or self.standing or self.page)

    def kept(self) -> dict[str, str]:
        """What an address of the table says, but for where a page begins."""
        return {"search": self.search, "workflow": self.workflow, "standing": self.standing, "sort": self.sort}


class PayerLine(msgspec.Struct, frozen=True, kw_only=True):
    """One row."""

    id: str
    name: str
    kind: str
    requirements: Sequence[Badge]
    workflow: Badge
    workflow_key: str
    typical_days: int | None
    contracts: int
    bookable: int
    census: int
    standing: Badge
    standing_keys: str
    is_recommended: bool
    can_choose: bool


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """One column by which rows are sorted."""

    key: str
    title: str
    kind: str
    """``number`` or ``text``."""
    sorted: str
    """As `aria-sort` has it; empty: by another column."""
    path: str
    """Where the table is sorted by it, or the other way round."""


_TITLES: Final[Mapping[str, str]] = {
    "name": "Payer",
    "contracts": "Contracts",
    "bookable": "Bookable",
    "census": "Census",
}


def selection_in(wish: Wish, provider_id: str = "") -> SelectionFilter:
    """What is asked of the service; what the address asks for and nobody knows is as good as nothing."""
    key = wish.sort.removeprefix("-")
    workflows, standings = {kind.value: kind for kind in WorkflowType}, {each.value: each for each in PayerStanding}
    return SelectionFilter(
        provider_id=provider_id,
        search=wish.search,
        workflow_type=workflows.get(wish.workflow),
        standing=standings.get(wish.standing),
        sort=PayerSort(key) if key in _TITLES else PayerSort.RECOMMENDED,
        is_descending=wish.sort.startswith("-"),
    )


def payer_lines(rows: Sequence[PayerStatistics]) -> list[PayerLine]:
    """The rows, in their order."""
    return [_line(row) for row in rows]


def columns(path: str, wish: Wish, **kept: str) -> Mapping[str, Column]:
    """The columns by which the table at `path` is sorted, by key; `kept` stays in the address."""
    return {key: _column(path, {**kept, **wish.kept()}, wish.sort, key) for key in _TITLES}


def first_page(path: str, wish: Wish, **kept: str) -> str:
    """Where the table begins; empty: here."""
    return address(path, **kept, **wish.kept()) if wish.page else ""


def next_page(path: str, wish: Wish, token: str, **kept: str) -> str:
    """Where the table goes on; empty: it ends here."""
    return address(path, **kept, **wish.kept(), page=token) if token else ""


def _column(path: str, kept: Mapping[str, str], sort: str, key: str) -> Column:
    kind = "text" if key == "name" else "number"
    sorted_now = {key: "ascending", f"-{key}": "descending"}.get(sort, "")
    # Names begin at A, numbers at the largest; a second click turns them round.
    first, second = (key, f"-{key}") if kind == "text" else (f"-{key}", key)
    following = second if sort == first else first
    return Column(
        key=key, title=_TITLES[key], kind=kind, sorted=sorted_now, path=address(path, **{**kept, "sort": following})
    )


def _line(row: PayerStatistics) -> PayerLine:
    wanted = {
        INDIVIDUAL_CONTRACT: row.requires_individual_contract,
        ATTENDING: row.requires_attending,
        ALLOWS_SUPERVISED: row.allows_supervised,
    }
    standing, key = _standing(row)
    return PayerLine(
        id=row.id,
        name=row.name,
        kind=" · ".join(filter(None, (words(row.payer_type), row.state))),
        requirements=[badge for badge, holds in wanted.items() if holds],
        workflow=WORKFLOW[row.workflow_type],
        workflow_key=row.workflow_type.value,
        typical_days=row.typical_approval_days,
        contracts=row.total_contracts,
        bookable=row.bookable_providers,
        census=row.current_census,
        standing=standing,
        standing_keys=f"{key} recommended" if row.is_recommended else key,
        is_recommended=row.is_recommended,
        can_choose=not row.already_contracted and not (row.already_credentialing and row.has_tasks),
    )


def _standing(row: PayerStatistics) -> tuple[Badge, str]:
    if row.already_contracted:
        return CONTRACTED, "contracted"
    if row.already_credentialing:
        return IN_PROGRESS if row.has_tasks else BEGUN_BY_HAND, "in_progress"
    return NOT_STARTED, "not_started"
