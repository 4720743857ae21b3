"""Connections: what is refused at start-up, and that secrets stay secret."""

import pytest
from pydantic import SecretStr, ValidationError

from sources.connection import SourceConnection


def test_without_a_base_url_a_source_is_not_configured() -> None:
    assert not SourceConnection(api_key=SecretStr("key")).is_configured


def test_the_end_of_line_of_a_secret_file_is_no_part_of_the_secret() -> None:
    connection = SourceConnection.model_validate({"api_key": "key\n"})

    assert connection.key_authorization("X-Api-Key", "") == {"X-Api-Key": "key"}


@pytest.mark.parametrize("blank", ["", "  ", "\n", None])
def test_a_blank_secret_is_none(blank: str | None) -> None:
    assert SourceConnection.model_validate({"api_key": blank}).api_key is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"base_url": "portal.example"},
        {"base_url": "ftp://portal.example"},
        {"base_url": "https://"},
        {"base_url": "https://user:hunter2@portal.example"},
        {"base_url": "https://portal.example/?key=hunter2"},
        {"api_key": "hunter2\r\nX-Injected: 1"},
        {"key_prefix": "hunter2\r\n"},
        {"key_header": "hunter2 header"},
        {"path": "hunter2"},
        {"statuses": {"A": "hunter2"}},
        {"date_format": "hunter2"},
        {"bas_url": "hunter2"},
    ],
)
def test_a_connection_that_could_not_work_is_refused_without_repeating_it(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError) as refused:
        SourceConnection.model_validate(wrong)
    assert "hunter2\\r" not in str(refused.value)
    assert "input_value" not in str(refused.value)


def test_secrets_do_not_show() -> None:
    connection = SourceConnection.model_validate(
        {"base_url": "https://portal.example/", "api_key": "hunter2", "username": "u", "password": "hunter2"}
    )

    assert "hunter2" not in repr(connection) + str(connection) + connection.model_dump_json()
    assert connection.base_url == "https://portal.example"


def test_user_name_and_password_become_http_basic() -> None:
    connection = SourceConnection(username=SecretStr("Aladdin"), password=SecretStr("open sesame"))

    assert connection.basic_authorization() == {"Authorization": "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="}
    assert SourceConnection(username=SecretStr("Aladdin")).basic_authorization() == {}


def test_a_site_names_its_own_header_and_prefix() -> None:
    connection = SourceConnection(api_key=SecretStr("key"), key_header="Authorization", key_prefix="Bearer ")

    assert connection.key_authorization("X-Api-Key", "") == {"Authorization": "Bearer key"}
