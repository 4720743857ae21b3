"""What the gate refuses, and why. Doors translate these to gRPC statuses and HTTP answers, once.

GateError
├── InvalidInput          the caller's request names something malformed; says which field
├── Unauthenticated       no credential, or one that does not verify
├── PermissionDenied      a good credential that may not do this, or names another tenant
├── NotFound
├── Conflict              the version the caller read no longer stands
├── PreconditionFailed    refused in the present state; says what would have to change
├── StoreUnavailable      a store that must be asked cannot be
└── Overloaded            more is under way than the gate takes on; says when to come back
"""

import msgspec


class FieldViolation(msgspec.Struct, frozen=True):
    """One thing wrong with a request: `field` is the path as the caller wrote it, `description` what is wrong."""

    field: str
    description: str


class GateError(Exception):
    """Root of the tree above. The message is for the caller; it holds no secret and no upstream's text."""


class InvalidInput(GateError):
    """The request is malformed."""

    def __init__(self, *violations: FieldViolation) -> None:
        super().__init__("; ".join(f"{violation.field}: {violation.description}" for violation in violations))
        self.violations = violations


class Unauthenticated(GateError):
    """No credential, or one that does not verify."""


class PermissionDenied(GateError):
    """The credential is good and does not allow this."""


class NotFound(GateError):
    """There is no such thing in the caller's tenant."""


class Conflict(GateError):
    """Somebody else changed it since it was read."""


class PreconditionFailed(GateError):
    """Refused in the present state."""


class StoreUnavailable(GateError):
    """A store that must be asked cannot be."""


class Overloaded(GateError):
    """More is under way than the gate takes on. Nothing was done; the same request may be sent again."""

    def __init__(self, retry_after: float) -> None:
        super().__init__("the gate has as much under way as it takes on; nothing was done: send it again in a moment")
        self.retry_after = retry_after
        """Seconds."""
