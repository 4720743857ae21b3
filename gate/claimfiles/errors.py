"""The one way in which a claim file as a whole can fail."""

from gate.claimfiles.x12_events import Event


class ClaimFileError(Exception):
    """The file cannot be read on: empty, damaged, of another format or another version.

    What is wrong with one claim is never raised; it is told by `FileClaim.problems`. Messages name the place
    and quote from the file at most an identifier of its format, never a claim's own data.
    """

    def __init__(self, place: str, message: str, *events: Event) -> None:
        super().__init__(f"{place}: {message}" if place else message)
        self.place = place
        """Where, for a reader of the file: ``segment 12 (byte 345)``, ``row 7, column npi``; may be empty."""
        self.message = message
        self.events = events
        """What an acknowledgment of the file says about it; none where no code of X12 fits."""
