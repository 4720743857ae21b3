"""Requests that their receiver can believe, and that lead nowhere a tenant should not reach."""

import asyncio
import socket
from datetime import timedelta

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from gate.audit.model import Actor, Via
from gate.delivery.endpoints import MOST_ENDPOINTS, WebhookRules
from gate.delivery.model import is_public, problem_with
from gate.delivery.public_addresses import PublicResolver
from gate.errors import InvalidInput, NotFound, PreconditionFailed
from gate.outbox.channel import Undelivered
from sources.http import open_session
from tests.delivery.desk import KEY, OLGA, WebhookDesk, letter
from tests.delivery.receivers import Hooked


async def hooked_up(desk: WebhookDesk) -> tuple[Hooked, str]:
    hooked = Hooked()
    made = await desk.create(hooked.url)
    hooked.secret = made.secret
    await hooked.start()
    return hooked, made.endpoint.id


async def test_its_receiver_verifies_it_and_finds_all_of_it(desk: WebhookDesk) -> None:
    hooked, endpoint = await hooked_up(desk)

    await desk.channel.deliver(letter(endpoint))
    await hooked.stop()

    ((message_id, body),) = hooked.verified
    assert message_id == f"msg_{letter().stable_id}"
    assert body["type"] == "alert.raised"
    assert body["data"] == {"text": "It is past due.", "npi": "1234567893"}


async def test_a_message_to_nobody_in_particular_goes_to_each_endpoint_that_wants_its_topic(desk: WebhookDesk) -> None:
    wanted = [
        await desk.create("https://a.example/"),
        await desk.create("https://b.example/", ["alert."]),
        await desk.create("https://c.example/", ["task.done", "alert.raised"]),
    ]
    await desk.create("https://d.example/", ["task."])
    await desk.create("https://e.example/", tenant="globex")

    copies = await desk.channel.deliver(letter())

    assert [copy.recipient for copy in copies] == [made.endpoint.id for made in wanted]
    assert len({copy.key for copy in copies}) == 3
    assert [copy.key for copy in copies] == [copy.key for copy in await desk.channel.deliver(letter())]


@pytest.mark.parametrize("status", [301, 302, 307, 400, 404, 429, 500, 503])
async def test_whatever_is_not_a_2xx_is_tried_again_and_redirects_are_not_followed(
    desk: WebhookDesk, status: int
) -> None:
    hooked, endpoint = await hooked_up(desk)
    hooked.answers = status
    hooked.headers = {"location": "/elsewhere"}

    with pytest.raises(Undelivered) as refused:
        await desk.channel.deliver(letter(endpoint))
    await hooked.stop()

    assert (refused.value.reason, refused.value.is_final) == (f"its receiver answered {status}", False)
    assert hooked.paths == ["/hook"]


async def test_410_switches_the_endpoint_off(desk: WebhookDesk) -> None:
    hooked, endpoint = await hooked_up(desk)
    hooked.answers = 410

    for _ in range(2):
        with pytest.raises(Undelivered) as refused:
            await desk.channel.deliver(letter(endpoint))
        assert refused.value.is_final
    await hooked.stop()

    assert len(hooked.paths) == 1
    assert (await desk.read(endpoint)).disabled_because == "its receiver wants nothing any more (410)"
    assert await desk.channel.deliver(letter()) == []


async def test_an_endpoint_that_was_switched_off_can_be_switched_on_again(desk: WebhookDesk) -> None:
    hooked, endpoint = await hooked_up(desk)
    async with desk.database.writing("acme") as unit:
        await desk.endpoints.disable(unit, endpoint, OLGA)
    with pytest.raises(Undelivered, match="switched off"):
        await desk.channel.deliver(letter(endpoint))

    async with desk.database.writing("acme") as unit:
        await desk.endpoints.enable(unit, endpoint, OLGA)
    await desk.channel.deliver(letter(endpoint))
    await hooked.stop()

    assert len(hooked.verified) == 1


async def test_a_receiver_that_hangs_is_waited_for_as_long_as_was_said(desk: WebhookDesk) -> None:
    hooked, endpoint = await hooked_up(desk)
    hooked.hangs = asyncio.Event()
    _, impatient = desk.with_rules(WebhookRules(keys=[KEY], private_allowed=True), patience=0.3)

    with pytest.raises(Undelivered, match="in time"):
        await impatient.deliver(letter(endpoint))
    hooked.hangs.set()
    await hooked.stop()


async def test_while_a_secret_is_replaced_both_verify_and_afterwards_the_new_one_alone(desk: WebhookDesk) -> None:
    hooked, endpoint = await hooked_up(desk)
    old = hooked.secret
    async with desk.database.writing("acme") as unit:
        new = (await desk.endpoints.replace_secret(unit, endpoint, OLGA)).secret
    assert new != old

    for secret in (old, new):
        hooked.secret = secret
        await desk.channel.deliver(letter(endpoint))
    assert len(hooked.verified) == 2

    desk.turned = timedelta(hours=25)
    seen: dict[str, str] = {}

    async def remember(_: aiohttp.ClientSession, __: object, params: aiohttp.TraceRequestStartParams) -> None:
        seen.update(params.headers)

    trace = aiohttp.TraceConfig()
    trace.on_request_start.append(remember)
    async with aiohttp.ClientSession(trace_configs=[trace]) as session:
        _, channel = desk.with_rules(WebhookRules(keys=[KEY], private_allowed=True), session)
        with pytest.raises(Undelivered):  # the receiver's clock says that it comes from tomorrow
            await channel.deliver(letter(endpoint))
    await hooked.stop()
    assert len(seen["webhook-signature"].split(" ")) == 1


async def test_while_the_deployment_s_key_is_replaced_secrets_of_the_old_one_verify(desk: WebhookDesk) -> None:
    hooked, endpoint = await hooked_up(desk)
    another = b"another key that is long enough, too"
    _, channel = desk.with_rules(WebhookRules(keys=[another, KEY], private_allowed=True))

    await channel.deliver(letter(endpoint))
    await hooked.stop()

    assert len(hooked.verified) == 1


async def test_no_secret_is_another_s(desk: WebhookDesk) -> None:
    secrets = {
        (await desk.create("https://a.example/")).secret,
        (await desk.create("https://a.example/")).secret,
        (await desk.create("https://a.example/", tenant="globex")).secret,
    }

    assert len(secrets) == 3
    with pytest.raises(WebhookVerificationError):
        Webhook(secrets.pop()).verify(b"{}", {"webhook-id": "1", "webhook-timestamp": "1", "webhook-signature": "v1,x"})


async def test_a_private_address_is_refused_when_it_is_named(desk: WebhookDesk) -> None:
    strict, _ = desk.with_rules(WebhookRules(keys=[KEY]))

    for url in ("https://127.0.0.1/", "https://10.1.2.3/", "https://[::1]/", "https://localhost/", "https://db/"):
        async with desk.database.writing("acme") as unit:
            with pytest.raises(InvalidInput, match="url"):
                await strict.create(unit, url, [], "", OLGA)


async def test_a_name_that_leads_into_a_private_network_is_refused_at_the_moment_of_connecting(
    desk: WebhookDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    hooked, _ = await hooked_up(desk)
    named = f"http://hooks.clinic.example:{hooked.port}/hook"
    async with desk.database.writing("acme") as unit:
        made = await desk.endpoints.create(unit, named, [], "", OLGA)
    real = socket.getaddrinfo

    def lie(host: str, *others: object, **named: object) -> object:
        return real("127.0.0.1" if host == "hooks.clinic.example" else host, *others, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", lie)
    async with open_session(PublicResolver()) as session:
        _, careful = desk.with_rules(WebhookRules(keys=[KEY], private_allowed=True), session)
        with pytest.raises(Undelivered, match="private network"):
            await careful.deliver(letter(made.endpoint.id))
    await hooked.stop()

    assert hooked.paths == []


async def test_an_endpoint_named_when_more_was_allowed_is_not_called_any_more(desk: WebhookDesk) -> None:
    hooked, endpoint = await hooked_up(desk)
    _, strict = desk.with_rules(WebhookRules(keys=[KEY]))

    with pytest.raises(Undelivered) as refused:
        await strict.deliver(letter(endpoint))
    await hooked.stop()

    assert refused.value.is_final
    assert hooked.paths == []


async def test_without_a_signing_key_there_are_no_endpoints(desk: WebhookDesk) -> None:
    keyless, _ = desk.with_rules(WebhookRules(keys=[]))

    async with desk.database.writing("acme") as unit:
        with pytest.raises(PreconditionFailed, match="SIGNING_KEY"):
            await keyless.create(unit, "https://a.example/", [], "", OLGA)


async def test_a_tenant_has_so_many_endpoints_and_no_more(desk: WebhookDesk) -> None:
    for number in range(MOST_ENDPOINTS):
        await desk.create(f"https://{number}.example/")

    with pytest.raises(PreconditionFailed):
        await desk.create("https://more.example/")


async def test_another_tenant_s_endpoint_is_none(desk: WebhookDesk) -> None:
    made = await desk.create("https://a.example/")
    stranger = Actor(tenant="globex", subject="gus", via=Via.SESSION)

    async with desk.database.writing("globex") as unit:
        for act in (
            desk.endpoints.replace_secret,
            desk.endpoints.remove,
            desk.endpoints.enable,
            desk.endpoints.disable,
        ):
            with pytest.raises(NotFound):
                await act(unit, made.endpoint.id, stranger)
    with pytest.raises(Undelivered, match="removed"):
        await desk.channel.deliver(letter(made.endpoint.id, tenant="globex"))


async def test_every_act_is_on_record_without_secret_or_query(desk: WebhookDesk) -> None:
    made = await desk.create("https://a.example/hook?token=hush")
    async with desk.database.writing("acme") as unit:
        await desk.endpoints.replace_secret(unit, made.endpoint.id, OLGA)
        await desk.endpoints.disable(unit, made.endpoint.id, OLGA)
        await desk.endpoints.enable(unit, made.endpoint.id, OLGA)
        await desk.endpoints.remove(unit, made.endpoint.id, OLGA)

    actions = [action for _, action, _ in desk.trail.told()]
    assert actions == ["webhook.created", *["webhook.changed"] * 3, "webhook.removed"]
    assert "hush" not in str(desk.trail.events)
    assert "whsec" not in str(desk.trail.events)


@pytest.mark.parametrize(
    ("url", "fits"),
    [
        ("https://hooks.clinic.example/in?x=1", True),
        ("https://hooks.clinic.example:8443/", True),
        ("https://8.8.8.8/", True),
        ("http://hooks.clinic.example/", False),
        ("https://user:pass@hooks.clinic.example/", False),
        ("https://hooks.clinic.example/#part", False),
        ("https:///nowhere", False),
        ("ftp://hooks.clinic.example/", False),
        ("https://hooks.clinic.example:x/", False),
        ("https://hooks.clinic.example/\r\nHost: other", False),
        ("https://169.254.169.254/latest/meta-data", False),
        ("https://2130706433/", False),
        ("https://0x7f.1/", False),
        ("https://127.1/", False),
        ("https://[::ffff:10.0.0.1]/", False),
        ("https://metadata.google.internal/", False),
        ("https://localhost./", False),
        ("https://" + "a" * 3000 + ".example/", False),
    ],
)
def test_which_addresses_may_be_named(url: str, *, fits: bool) -> None:
    assert (problem_with(url, private_allowed=False) == "") is fits


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fe80::1%eth0",
        "fd00::1",
        "::ffff:192.168.0.1",
        "2002:7f00:1::",
        "64:ff9b::a00:1",
        "ff02::1",
        "nonsense",
    ],
)
def test_no_such_address_is_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "64:ff9b::808:808"])
def test_such_an_address_is_public(address: str) -> None:
    assert is_public(address)


@given(st.text(max_size=60))
def test_whatever_is_named_gets_an_answer_in_words(url: str) -> None:
    assert isinstance(problem_with(url, private_allowed=False), str)
