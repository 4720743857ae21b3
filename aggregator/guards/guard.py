"""What all guards have in common."""

from sources.contract import EnrollmentSource, SourceDescription


class Guard:
    """A source that passes questions on to another one. What it adds is in the subclass's `fetch`."""

    def __init__(self, inner: EnrollmentSource) -> None:
        self._inner = inner
        # Held, because a dozen guards asking each other would cost a cold question as much as a system call.
        self._description = inner.description

    @property
    def description(self) -> SourceDescription:
        """The guarded source's own."""
        return self._description
