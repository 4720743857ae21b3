"""Telling people by e-mail, through the site's own mail server."""

import ssl
from collections.abc import Sequence
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from html import escape
from typing import Final

import aiosmtplib
from pydantic import SecretStr

from gate.outbox.channel import Undelivered
from gate.outbox.letter import Letter
from gate.outbox.message import OutgoingMessage
from gate.setting_sections import EmailSettings

_PERMANENT: Final = 500
_LONGEST_SUBJECT: Final = 200
_CREDENTIALS_REFUSED: Final = "the mail server refuses our credentials ({})"


class EmailChannel:
    """One message, one recipient, one connection."""

    def __init__(self, settings: EmailSettings, tls: ssl.SSLContext | None = None) -> None:
        """`tls`: whom to believe, where it is not whom everybody believes."""
        self._settings = settings
        self._tls = tls

    async def deliver(self, letter: Letter) -> Sequence[OutgoingMessage]:
        """See `Channel`."""
        if not self._settings.is_on:
            raise Undelivered("no mail server is set (GATE_DELIVERY__EMAIL__HOST)")
        message = written(letter, self._settings.sender)
        try:
            await self._send(message)
        except aiosmtplib.SMTPRecipientsRefused as error:
            code = max(refused.code for refused in error.recipients)
            raise Undelivered(f"the mail server refuses the recipient ({code})", is_final=code >= _PERMANENT) from None
        except aiosmtplib.SMTPAuthenticationError as error:
            raise Undelivered(_CREDENTIALS_REFUSED.format(error.code)) from None
        except aiosmtplib.SMTPSenderRefused as error:
            raise Undelivered(f"the mail server refuses the sender ({error.code})") from None
        except aiosmtplib.SMTPDataError as error:
            is_final = error.code >= _PERMANENT
            raise Undelivered(f"the mail server refuses the message ({error.code})", is_final=is_final) from None
        except (aiosmtplib.SMTPTimeoutError, TimeoutError):
            raise Undelivered("the mail server did not answer in time") from None
        except aiosmtplib.SMTPResponseException as error:
            raise Undelivered(f"the mail server answers {error.code}") from None
        except (aiosmtplib.SMTPException, OSError) as error:
            # `from None`, here and above: what servers say may hold addresses.
            raise Undelivered(f"the mail server cannot be reached ({type(error).__name__})") from None
        return ()

    async def _send(self, message: EmailMessage) -> None:
        wanted = self._settings
        await aiosmtplib.send(
            message,
            hostname=wanted.host,
            port=wanted.port,
            username=wanted.username or None,
            password=_shown(wanted.password),
            use_tls=wanted.security == "tls",
            start_tls=wanted.security == "starttls",
            tls_context=self._tls,
            timeout=wanted.timeout_seconds,
        )


def written(letter: Letter, sender: str) -> EmailMessage:
    """The message as it is sent, as text and as simple HTML. Nothing in a letter can add a header or a recipient.

    Raises:
        Undelivered: the recipient is no mail address.
    """
    message = EmailMessage(policy=SMTP)
    try:
        recipient = Address(addr_spec=letter.recipient)
    except (MessageError, ValueError, IndexError):
        raise Undelivered("its recipient is no mail address", is_final=True) from None
    if not (recipient.username and recipient.domain and letter.recipient.isascii() and letter.recipient.isprintable()):
        raise Undelivered("its recipient is no mail address", is_final=True)
    own = Address(addr_spec=sender)
    message["From"] = Address("Enrollment gate", addr_spec=sender)
    message["To"] = recipient
    message["Subject"] = _one_line(letter.subject)
    message["Date"] = letter.created_at
    message["Message-ID"] = f"<{letter.stable_id}@{own.domain}>"
    message["Auto-Submitted"] = "auto-generated"  # so that no holiday replies come back
    text = _text(letter)
    message.set_content(text)
    message.add_alternative(_html(letter.subject, text), subtype="html")
    return message


def _shown(secret: SecretStr) -> str | None:
    return secret.get_secret_value() or None


def _one_line(text: str) -> str:
    printable = "".join(each if each.isprintable() else " " for each in text)
    return " ".join(printable.split())[:_LONGEST_SUBJECT]


def _text(letter: Letter) -> str:
    said = letter.body.get("text")
    if isinstance(said, str):
        return said
    return "\n".join(f"{name}: {value}" for name, value in letter.body.items())


def _html(subject: str, text: str) -> str:
    paragraphs = "".join(
        f"<p>{'<br>'.join(escape(line) for line in paragraph.splitlines())}</p>"
        for paragraph in text.split("\n\n")
        if paragraph.strip()
    )
    return (
        f"<!doctype html><html><head><title>{escape(_one_line(subject))}</title></head><body>{paragraphs}</body></html>"
    )
