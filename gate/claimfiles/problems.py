"""Collects what is wrong with a file around its claims, without growing with the file."""

from collections.abc import Sequence
from typing import Final

from gate.claimfiles.model import FileProblem

KEPT: Final = 100


class FileProblems:
    """The first hundred problems in file order, and the number of all."""

    def __init__(self) -> None:
        self._kept: list[FileProblem] = []
        self.count = 0

    def add(self, place: str, message: str) -> None:
        """Note one problem."""
        self.count += 1
        if len(self._kept) < KEPT:
            self._kept.append(FileProblem(place, message))

    @property
    def kept(self) -> Sequence[FileProblem]:
        """The first problems, in file order."""
        return tuple(self._kept)
