"""What one tenant wanted to tell outside and where, and every way in which another might name it."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from gate.settings import Settings
from tests.support.letters import give_up
from tests.support.visitors import Visitor

THEIR_SUBJECT, THEIR_RECIPIENT = "Wanda Globexia is past due", "wanda@globex.example"
THEIR_ADDRESS, THEIR_NOTE = "https://hooks.globex.example/in", "globex-dashboard"


class Deliveries(NamedTuple):
    """Of one tenant."""

    letter: str
    endpoint: str
    secret: str

    def marks(self) -> set[str]:
        """By each of these the tenant would be recognized."""
        return {*self, THEIR_SUBJECT, THEIR_RECIPIENT, THEIR_ADDRESS, THEIR_NOTE}


async def keep_deliveries(settings: Settings, tenant: str, them: Visitor) -> Deliveries:
    """A message that could not be delivered, and an endpoint. `them`: signed in to that tenant."""
    await give_up(settings, tenant, THEIR_SUBJECT, recipient=THEIR_RECIPIENT)
    token = (await them.get("/account")).token
    letters = json.loads((await them.get("/api/dead-letters")).text)["data"]
    body = {"url": THEIR_ADDRESS, "description": THEIR_NOTE}
    made = json.loads((await them.send("POST", "/api/webhooks", body, token)).text)["data"]
    return Deliveries(letters[0]["id"], made["endpoint"]["id"], made["secret"])


Named = Callable[[Deliveries], Any]
PARAMETERS: Final[Mapping[str, Named]] = {
    "letter_id": lambda theirs: theirs.letter,
    "endpoint_id": lambda theirs: theirs.endpoint,
    "before": lambda theirs: theirs.letter,
    "job": lambda _: "ledger-retention",
}
"""The other tenant's value of every parameter of these routes."""
BODIES: Final[Mapping[str, object]] = {
    "POST /api/dead-letters/{letter_id}/discard": {"reason": "mine"},
    "POST /api/webhooks": {"url": "https://hooks.acme.example/"},
}
PAGES: Final = {
    "GET /system/deliveries",
    "GET /system/deliveries/{letter_id}/discard",
    "POST /system/deliveries/{letter_id}/discard",
    "POST /system/deliveries/{letter_id}/send-again",
    "GET /system/jobs",
    "GET /system/jobs/{job}",
    "POST /system/jobs/{job}/run",
    "GET /system/webhooks",
    "POST /system/webhooks",
    "POST /system/webhooks/{endpoint_id}/secret",
    "POST /system/webhooks/{endpoint_id}/switch",
    "GET /system/webhooks/{endpoint_id}/remove",
    "POST /system/webhooks/{endpoint_id}/remove",
}
ROUTES: Final = {
    "GET /api/dead-letters",
    "POST /api/dead-letters/{letter_id}/send-again",
    "POST /api/dead-letters/{letter_id}/discard",
    "GET /api/jobs",
    "GET /api/jobs/{job}/runs",
    "POST /api/jobs/{job}/runs",
    "GET /api/webhooks",
    "POST /api/webhooks",
    "POST /api/webhooks/{endpoint_id}/secret",
    "POST /api/webhooks/{endpoint_id}/enable",
    "POST /api/webhooks/{endpoint_id}/disable",
    "DELETE /api/webhooks/{endpoint_id}",
}
"""Of `/api`."""
