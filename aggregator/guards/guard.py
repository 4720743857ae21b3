"""What all guards have in common."""

from sources.contract import EnrollmentSource, SourceDescription


class Guard:
    """A source that passes questions on to another one. What it adds is in the subclass's `fetch`."""

    def __init__(self, inner: EnrollmentSource) -> None:
        self._inner = inner

    @property
    def description(self) -> SourceDescription:
        """The guarded source's own."""
        return self._inner.description
