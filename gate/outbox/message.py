"""What other rooms hand over to be told outside, beside the change that it tells of. Pure."""

from datetime import datetime

import msgspec


class OutgoingMessage(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to be told on one channel."""

    key: str
    """Unique per tenant and channel: a message whose key is known already is left out, however often it is added."""
    channel: str
    """``email``, ``webhook`` or ``event``."""
    topic: str
    """What kind of thing happened, like ``alert.raised``."""
    subject: str
    """In an e-mail its subject line; of an event, what it is about."""
    recipient: str
    """A mail address; empty where the channel knows whom to tell."""
    body: dict[str, object]
    """JSON. An e-mail says its ``text``; webhooks and events carry all of it as their data."""
    not_before: datetime
    """Aware; it is not sent earlier."""
