"""What pages say, as functions of what is known."""

from datetime import UTC, datetime, timedelta

import pytest

from gate.accounts.model import browser_in_words
from gate.auth.permissions import Permission
from gate.decision.model import GateMode
from gate.setting_sections import ProviderEnrollmentSettings
from gate.tenancy.defaults import deployment_defaults
from gate.tenancy.model import ModeChange, PolicyOverride, Scope, TenantConfig, in_force
from gate.web.portal.modes import mode_lines
from gate.web.portal.navigation import SECTIONS, Entry, Section, entry_at, navigation_for

NOON = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)


def change(version: int, mode: GateMode, state: str = "", line: str = "") -> ModeChange:
    return ModeChange(
        tenant="clinic",
        config_version=version,
        ordinal=0,
        scope=Scope(state, line),
        from_mode=GateMode.OFF,
        to_mode=mode,
        reason="",
        changed_by="ann",
        changed_at=NOON + timedelta(hours=version),
    )


def test_each_state_shows_its_mode_the_switch_that_set_it_and_its_exceptions() -> None:
    config = TenantConfig(
        tenant="clinic",
        enabled_states=("TX", "CA"),
        gate_mode=GateMode.AUDIT,
        overrides=(
            PolicyOverride(state="TX", gate_mode=GateMode.ENFORCE),
            PolicyOverride(state="TX", line_of_business="CHIP", gate_mode=GateMode.OFF),
        ),
    )
    switches = [
        change(4, GateMode.OFF, "TX", "CHIP"),
        change(3, GateMode.ENFORCE, "TX"),
        change(2, GateMode.ENFORCE, "NY"),
        change(1, GateMode.AUDIT),
    ]

    lines = mode_lines(in_force(config, deployment_defaults(ProviderEnrollmentSettings())), switches)

    assert [(line.state, line.line_of_business, line.badge.words, line.since) for line in lines] == [
        ("CA", "", "AUDIT", NOON + timedelta(hours=1)),
        ("TX", "", "ENFORCE", NOON + timedelta(hours=3)),
        ("TX", "CHIP", "OFF", NOON + timedelta(hours=4)),
    ]


def test_a_mode_that_nobody_ever_switched_has_no_since() -> None:
    defaults = deployment_defaults(ProviderEnrollmentSettings(enabled_states=("TX",)))

    (line,) = mode_lines(in_force(TenantConfig(tenant="clinic"), defaults), [])

    assert (line.badge.words, line.since, line.change) == ("AUDIT", None, None)


def test_navigation_lists_what_one_may_see_and_no_empty_section() -> None:
    everyone = Entry(title="Overview", path="/", keys="g o")
    auditors = Entry(title="Log", path="/audit", keys="g l", needs=(Permission.AUDIT_VIEW, Permission.GATE_ADMIN_VIEW))
    sections = (Section("Gate", (everyone,)), Section("Audit", (auditors,)))

    assert [section.title for section in navigation_for((), sections)] == ["Gate"]
    assert [section.title for section in navigation_for((Permission.AUDIT_VIEW,), sections)] == ["Gate"]
    both = (Permission.AUDIT_VIEW, Permission.GATE_ADMIN_VIEW)
    assert [section.title for section in navigation_for(both, sections)] == ["Gate", "Audit"]


@pytest.mark.parametrize(
    ("path", "entry"),
    [
        ("/today", "/today"),
        ("/", ""),
        ("/account", "/account"),
        ("/accountant", ""),
        ("/pm/credentialing", "/pm/credentialing"),
        ("/pm/credentialing/enrollments/7", "/pm/credentialing"),
        ("/pm/credentialing/deadlines", "/pm/credentialing/deadlines"),
        ("/pm/credentialing/applications/7/edit", "/pm/credentialing/applications"),
        ("/admin/provider-credentialing/7", "/pm/providers"),
        ("/nowhere", ""),
    ],
)
def test_a_page_belongs_to_the_nearest_entry_above_it(path: str, entry: str) -> None:
    assert entry_at(path, SECTIONS) == entry


def test_no_two_pages_answer_to_the_same_keys() -> None:
    keys = [entry.keys for section in SECTIONS for entry in section.entries]

    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Chrome/140.0 Safari/537.36", "Chrome on macOS"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", "Safari on iPhone"),
        ("Mozilla/5.0 (Linux; Android 15) Chrome/140.0 Mobile Safari/537.36", "Chrome on Android"),
        ("curl/8.5.0", "A program"),
        ("", "A program"),
    ],
)
def test_a_browser_is_called_what_its_owner_would_call_it(agent: str, words: str) -> None:
    assert browser_in_words(agent) == words
