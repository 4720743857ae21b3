"""Mail as people get it, over TLS, to nobody else."""

import ssl
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from gate.delivery.email import EmailChannel, written
from gate.outbox.channel import Undelivered
from gate.setting_sections import EmailSettings
from tests.delivery.desk import letter
from tests.delivery.receivers import PASSWORD, Mailbox, text_of
from tests.support.certificates import Authority

SENDER = "gate@payer.example"
anything = st.text(max_size=300)


def mail(recipient: str = "ann@clinic.example", **different: object) -> str:
    return written(letter(recipient, channel="email", **different), SENDER).as_string()


def settings(mailbox: Mailbox, **different: object) -> EmailSettings:
    return EmailSettings.model_validate(
        {"host": "127.0.0.1", "port": mailbox.port, "sender": SENDER, "security": "none", "timeout_seconds": 5}
        | different
    )


def contexts(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """The server's, and that of a client who believes in its authority."""
    authority = Authority()
    pair = authority.issue()
    (folder / "certificate.pem").write_bytes(pair.certificate)
    (folder / "key.pem").write_bytes(pair.key)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    return server, ssl.create_default_context(cadata=authority.pem.decode())


async def test_a_mail_has_a_text_an_html_and_says_that_nobody_need_reply() -> None:
    mailbox = Mailbox()
    await mailbox.start()
    await EmailChannel(settings(mailbox)).deliver(
        letter("ann@clinic.example", subject="Past due: Doe, Jane", body={"text": "First <b>.\n\nSecond & last."})
    )
    await mailbox.stop()

    (message,) = mailbox.messages
    assert message["To"] == "ann@clinic.example"
    assert message["From"] == "Enrollment gate <gate@payer.example>"
    assert message["Subject"] == "Past due: Doe, Jane"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"].endswith("@payer.example>")
    assert text_of(message) == "First <b>.\n\nSecond & last."
    html = message.get_body(("html",)).get_content()  # type: ignore[attr-defined]  # as in receivers
    assert "<p>First &lt;b&gt;.</p><p>Second &amp; last.</p>" in html


async def test_over_starttls_with_a_password(tmp_path: Path) -> None:
    server, client = contexts(tmp_path)
    mailbox = Mailbox(tls=server, demands="auth")
    await mailbox.start()
    wanted = settings(mailbox, security="starttls", username="gate", password=SecretStr(PASSWORD))

    await EmailChannel(wanted, client).deliver(letter("ann@clinic.example"))
    await mailbox.stop()

    assert mailbox.recipients == ["ann@clinic.example"]


async def test_a_server_without_starttls_gets_no_mail() -> None:
    mailbox = Mailbox()
    await mailbox.start()

    with pytest.raises(Undelivered):
        await EmailChannel(settings(mailbox, security="starttls")).deliver(letter("ann@clinic.example"))
    await mailbox.stop()

    assert mailbox.messages == []


async def test_a_server_whose_certificate_nobody_vouches_for_gets_no_mail(tmp_path: Path) -> None:
    server, _ = contexts(tmp_path)
    mailbox = Mailbox(tls=server, demands="starttls")
    await mailbox.start()

    with pytest.raises(Undelivered) as refused:
        await EmailChannel(settings(mailbox, security="starttls")).deliver(letter("ann@clinic.example"))
    await mailbox.stop()

    assert not refused.value.is_final
    assert mailbox.messages == []


async def test_a_wrong_password_is_told_without_it(tmp_path: Path) -> None:
    server, client = contexts(tmp_path)
    mailbox = Mailbox(tls=server, demands="auth")
    await mailbox.start()
    wanted = settings(mailbox, security="starttls", username="gate", password=SecretStr("not the word"))

    with pytest.raises(Undelivered) as refused:
        await EmailChannel(wanted, client).deliver(letter("ann@clinic.example"))
    await mailbox.stop()

    assert refused.value.reason == "the mail server refuses our credentials (535)"
    assert not refused.value.is_final


@pytest.mark.parametrize(
    ("answer", "is_final"), [("550 ann@clinic.example lives here no more", True), ("450 come back later", False)]
)
async def test_a_refused_recipient_is_told_without_the_server_s_words(answer: str, *, is_final: bool) -> None:
    mailbox = Mailbox()
    mailbox.refuses["ann@clinic.example"] = answer
    await mailbox.start()

    with pytest.raises(Undelivered) as refused:
        await EmailChannel(settings(mailbox)).deliver(letter("ann@clinic.example"))
    await mailbox.stop()

    assert refused.value.reason == f"the mail server refuses the recipient ({answer[:3]})"
    assert refused.value.is_final is is_final


async def test_a_server_that_hangs_is_waited_for_as_long_as_was_said() -> None:
    mailbox = Mailbox()
    mailbox.hangs = True
    await mailbox.start()

    with pytest.raises(Undelivered, match="in time"):
        await EmailChannel(settings(mailbox, timeout_seconds=0.5)).deliver(letter("ann@clinic.example"))

    mailbox.hangs = False
    await mailbox.stop()


async def test_without_a_mail_server_letters_wait() -> None:
    with pytest.raises(Undelivered, match="GATE_DELIVERY__EMAIL__HOST") as missing:
        await EmailChannel(EmailSettings()).deliver(letter("ann@clinic.example"))

    assert not missing.value.is_final


@given(anything, anything)
def test_no_subject_and_no_text_adds_a_header_or_a_recipient(subject: str, text: str) -> None:
    encodable = text.encode("utf-8", "replace").decode()
    written_mail = written(letter("ann@clinic.example", subject=subject, body={"text": encodable}), SENDER)

    assert sorted(written_mail.keys()) == [
        "Auto-Submitted",
        "Content-Type",
        "Date",
        "From",
        "MIME-Version",
        "Message-ID",
        "Subject",
        "To",
    ]
    header = written_mail.as_bytes().partition(b"\r\n\r\n")[0]
    assert header.lower().count(b"\r\nto:") == 1
    assert b"\r\nbcc:" not in header.lower()


@pytest.mark.parametrize(
    "recipient",
    [
        "",
        "ann",
        "@clinic.example",
        "ann@",
        "ann@clinic.example\r\nBcc: all@clinic.example",
        "a b@clinic.example",
        "ann@clinic.example, bob@clinic.example",
        "Ann <ann@clinic.example>",
        "änn@clinic.example",
    ],
)
def test_what_is_no_single_address_is_refused_for_good(recipient: str) -> None:
    with pytest.raises(Undelivered) as refused:
        mail(recipient)

    assert refused.value.is_final
    assert "clinic" not in refused.value.reason


def test_a_letter_without_a_text_is_told_by_its_fields() -> None:
    assert "npi: 1234567893" in mail(body={"npi": "1234567893", "state": "TX"})
