"""What one serving process knows of those that serve beside it."""

from collections.abc import Callable, Mapping

from gate.workers.words import Condition, Word


class Crew:
    """All workers of one gate, as one of them sees them. By default the process serves alone."""

    def __init__(
        self,
        slot: int = 1,
        size: int = 1,
        metrics_directory: str = "",
        say: Callable[[Word], None] = lambda _: None,
    ) -> None:
        """`say` reaches the supervisor."""
        self.slot = slot
        self.size = size
        self.metrics_directory = metrics_directory
        """Where all of them write their metrics."""
        self.condition = Condition(were_all_there=size == 1)
        self.is_orphaned = False
        """The supervisor is gone."""
        self._say = say

    @property
    def is_alone(self) -> bool:
        """There is no other worker, and nobody to share ports, metrics and contracts with."""
        return self.size == 1

    @property
    def serving(self) -> Mapping[int, int]:
        """Process ids of those that take calls, by slot."""
        return self.condition.serving

    def reasons(self) -> list[str]:
        """What keeps the whole from being sent calls; once all were there, one that is missing is no reason."""
        if self.condition.were_all_there:
            return []
        return [f"{len(self.serving)} of {self.size} workers serve so far"]

    def troubles(self) -> list[str]:
        """What operators should know."""
        missing = self.size - len(self.serving)
        if self.is_alone or not self.condition.were_all_there or not missing:
            return []
        return [f"{missing} of {self.size} workers are missing; they are started again"]

    async def announce(self, *, serving: bool) -> None:
        """This one takes calls, or does not (any more)."""
        self._say(Word(is_serving=serving))

    def failed(self, reason: str) -> None:
        """This one cannot start."""
        self._say(Word(failed=reason))
