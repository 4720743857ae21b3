from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.web.paths import HOME, own_path

HERE = "https://gate.example.org/sign-in"


@pytest.mark.parametrize("path", ["/", "/account", "/decisions?state=TX&page=2", "/a/b#c", "/account?next=//x"])
def test_paths_of_ours_are_kept(path: str) -> None:
    assert own_path(path) == path


@pytest.mark.parametrize(
    "wanted",
    [
        "",
        "account",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https://evil.example",
        "https:evil.example",
        "javascript:alert(1)",
        " //evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "/\x00",
        "/é",
        "/x" * 1000,
        "/sign-in",
        "/sign-in/oidc",
        "/sign-out",
    ],
)
def test_anything_else_leads_home(wanted: str) -> None:
    assert own_path(wanted) == HOME


@given(st.text(alphabet="/\\.:@evil#?%\t\n\r &;ajx", max_size=12))
def test_no_browser_leaves_this_host_by_it(wanted: str) -> None:
    path = own_path(wanted)

    # Browsers read a backslash as a slash and pass over tabs and line ends.
    as_read = path.replace("\\", "/").translate({9: None, 10: None, 13: None})
    assert urlsplit(urljoin(HERE, as_read)).netloc == "gate.example.org"
    assert path.startswith("/")
