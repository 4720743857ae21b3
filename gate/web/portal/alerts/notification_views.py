"""What follows from who wants to be told of alerts, in words; and when there are any. Pure."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

import msgspec

from gate.alerts.model.kinds import LONG_LADDER, AlertKind, recredentialing_ladder
from gate.alerts.model.preferences import ZONES, MailStyle, Mute, NotificationPreferences
from gate.alerts.model.texts import is_address
from gate.tenancy.model import EffectiveConfig
from gate.web.portal.alerts.views import KIND_TITLES

NOTIFICATIONS: Final = "/pm/notifications"
STYLES: Final[Sequence[tuple[str, str]]] = (
    (MailStyle.SINGLE.value, "A mail for each alert"),
    (MailStyle.DIGEST.value, "One mail a day"),
    (MailStyle.NONE.value, "No mails"),
)
STYLE_WORDS: Final[Mapping[MailStyle, str]] = {MailStyle(value): words for value, words in STYLES}
HOURS: Final[Sequence[tuple[str, str]]] = tuple((str(hour), f"{hour:02}:00") for hour in range(24))
TIME_ZONES: Final[Sequence[tuple[str, str]]] = tuple((zone, zone.replace("_", " ")) for zone in sorted(ZONES))
_FROM: Final = "from 60 days before its deadline on"
_DONE: Final[Mapping[str, str]] = {
    "settled": "The organisation’s settings were changed.",
    "chosen": "Your own choice was kept.",
}


class Consequence(msgspec.Struct, frozen=True):
    """Something that follows from the settings."""

    words: str
    is_gap: bool = False
    """Whether somebody may miss something because of it."""


class Ladder(msgspec.Struct, frozen=True):
    """When alerts of one kind are raised."""

    title: str
    days: str
    whose: str
    settled: str
    """Where; empty: nowhere."""
    path: str = ""
    """Of the page on which it is."""


def notice_of(done: str) -> str:
    """What the page says of what was done just before; empty: nothing was."""
    return _DONE.get(done, "")


def consequences(preferences: NotificationPreferences, mutes: Collection[Mute]) -> list[Consequence]:
    """What follows for the organisation."""
    return [*_mails(preferences), _escalation(preferences), *_muted(mutes, "", "for everybody: nobody is written to")]


def own_consequences(preferences: NotificationPreferences, mutes: Collection[Mute], login: str) -> list[Consequence]:
    """What follows for one person."""
    own = preferences.recipient(login)
    if own is None or own.style is MailStyle.NONE:
        mail = Consequence("You get no mails.")
    elif own.style is MailStyle.SINGLE:
        mail = Consequence(f"You get a mail at {own.email} for each alert, {_FROM}.")
    else:
        mail = Consequence(f"You get one mail a day at {own.email}, {_when(preferences)}, if there is something new.")
    return [mail, *_muted(mutes, login, "for you: you are not written to")]


def has_address(preferences: NotificationPreferences, login: str) -> bool:
    """Whether it is known where mails to somebody would go."""
    return preferences.recipient(login) is not None or is_address(login)


def ladders(config: EffectiveConfig, lead_days: int, *, settings: str) -> list[Ladder]:
    """By kind. `settings` is the page of the lead days; empty: whoever asks may not see it."""
    usual = config.tenant_policy.revalidation_warning_days
    others = {
        state: days
        for state in sorted(config.states_with_override)
        if (days := config.policy_for(state, None).revalidation_warning_days) != usual
    }
    revalidation = "; ".join([_days(usual), *(f"{state}: {_days(days)}" for state, days in others.items())])
    by_payer = _days(recredentialing_ladder(lead_days))
    title = KIND_TITLES
    return [
        Ladder(title[AlertKind.REVALIDATION], revalidation, "the state’s", "with the gate’s configuration"),
        Ladder(title[AlertKind.RECREDENTIALING], by_payer, "your organisation’s", "Credentialing settings", settings),
        Ladder(title[AlertKind.CREDENTIAL_EXPIRY], _days(LONG_LADDER), "the state’s, else your organisation’s", ""),
        Ladder(title[AlertKind.ATTESTATION], _days(LONG_LADDER), "the state’s", ""),
    ]


def _mails(preferences: NotificationPreferences) -> Iterator[Consequence]:
    styles = [recipient.style for recipient in preferences.recipients]
    single, digest = styles.count(MailStyle.SINGLE), styles.count(MailStyle.DIGEST)
    if not single and not digest:
        yield Consequence("Nobody is told by mail: no recipient and no person chose mails.", is_gap=True)
    if single:
        yield Consequence(f"{_people(single)} a mail for each alert, {_FROM}.")
    if digest:
        yield Consequence(f"{_people(digest)} one mail a day, {_when(preferences)}, on days with something new.")


def _escalation(preferences: NotificationPreferences) -> Consequence:
    days = preferences.escalate_after_days
    if not days:
        return Consequence("An alert that nobody reacts to is never escalated.", is_gap=True)
    waited = f"An alert that nobody reacts to for {_counted(days, 'day')} is escalated"
    if not preferences.escalate_to:
        return Consequence(f"{waited}, and nobody is told of that by mail: no address is named.", is_gap=True)
    return Consequence(f"{waited}: a mail goes to {', '.join(preferences.escalate_to)}.")


def _muted(mutes: Collection[Mute], person: str, what: str) -> Iterator[Consequence]:
    kinds = [KIND_TITLES[kind] for kind in AlertKind if any(m.kind is kind and m.person == person for m in mutes)]
    if kinds:
        verb, them = ("is", "it") if len(kinds) == 1 else ("are", "them")
        yield Consequence(f"{', '.join(kinds)} {verb} muted {what}, and lists leave {them} out.", is_gap=True)


def _when(preferences: NotificationPreferences) -> str:
    return f"from {preferences.digest_hour:02}:00 on ({preferences.time_zone.replace('_', ' ')})"


def _people(count: int) -> str:
    return "1 person gets" if count == 1 else f"{count} people get"


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _days(days: Sequence[int]) -> str:
    return f"{', '.join(map(str, days))} and past due"
