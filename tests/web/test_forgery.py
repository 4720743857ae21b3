import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.web.forgery import is_from_our_pages, is_token, token_for

HOST = {"host": "gate.example.org"}
PUBLIC = "https://gate.example.org"


@given(st.text(min_size=1), st.text(min_size=1))
def test_a_token_is_its_own_secret_s_alone(secret: str, other: str) -> None:
    assert is_token(token_for(secret), secret)
    assert is_token(token_for(other), secret) == (other == secret)


@given(st.text())
def test_without_a_secret_no_token_is_right(given_token: str) -> None:
    assert not is_token(given_token, "")
    assert not is_token(token_for(""), "")


@pytest.mark.parametrize(
    ("headers", "is_ours"),
    [
        ({}, True),  # a browser of long ago, or a program: the token decides
        ({"origin": "https://gate.example.org"}, True),
        ({"origin": "http://gate.example.org"}, True),  # TLS ends at a proxy, which may say otherwise
        ({"origin": "HTTPS://GATE.example.org"}, True),
        ({"origin": "https://gate.example.org:8443"}, False),
        ({"origin": "https://gate.example.org.evil.example"}, False),
        ({"origin": "https://evil.example"}, False),
        ({"origin": "null"}, False),
        ({"origin": ""}, False),
        ({"origin": "http://["}, False),
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "none"}, True),
        ({"sec-fetch-site": "same-site"}, False),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "cross-site", "origin": "https://gate.example.org"}, False),
        ({"sec-fetch-site": "same-origin", "origin": "https://evil.example"}, False),
    ],
    ids=str,
)
def test_what_another_site_sends_is_not_from_our_pages(headers: dict[str, str], is_ours: bool) -> None:
    assert is_from_our_pages(HOST | headers, "") is is_ours
    assert is_from_our_pages({"host": "10.0.0.7:8080"} | headers, PUBLIC) is is_ours


def test_a_request_that_names_no_host_is_not_from_our_pages() -> None:
    assert not is_from_our_pages({"origin": ""}, "")
