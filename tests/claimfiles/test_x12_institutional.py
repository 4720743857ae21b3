from datetime import date

import pytest

from gate.claimfiles.checks import checks_of
from gate.claimfiles.model import ClaimKind, FileClaim, NpiSource, StateSource
from tests.claimfiles.x12_text import BILLING, INSTITUTIONAL, OTHER, RENDERING, read_one

ATTENDING_LOOP = (f"NM1*71*1*SORREL*MAY****XX*{OTHER}", "PRV*AT*PXC*208M00000X")
STATEMENT = "DTP*434*RD8*20260308-20260312"


def stay(*head: str, lines: tuple[str, ...] = ("LX*1", "SV2*0450*HC:99281*100*UN*1")) -> FileClaim:
    return read_one("CLM*H1*100***13:A:1**A*Y*Y", *head, "CL1*3*7*30", *lines, version=INSTITUTIONAL)


def test_v5_the_attending_provider_stands_in_for_an_absent_rendering_provider() -> None:
    found = stay(STATEMENT, *ATTENDING_LOOP)

    assert found.kind is ClaimKind.INSTITUTIONAL
    assert (found.rendering_npi, found.rendering_source) == (OTHER, NpiSource.ATTENDING)
    assert (found.sent_rendering_npi, found.taxonomy_code) == (OTHER, "208M00000X")


def test_the_rendering_provider_of_loop_2310d_comes_before_the_attending() -> None:
    found = stay(STATEMENT, *ATTENDING_LOOP, f"NM1*82*1*BRAMBLE*IVO****XX*{RENDERING}")

    assert (found.rendering_npi, found.taxonomy_code) == (RENDERING, "")


def test_v5_the_billing_provider_stands_in_when_nobody_else_is_named() -> None:
    found = stay(STATEMENT)

    assert (found.rendering_npi, found.sent_rendering_npi) == (BILLING, "")


def test_the_dates_are_those_of_the_statement() -> None:
    found = stay(STATEMENT, *ATTENDING_LOOP)

    assert (found.service_date, found.service_end_date) == (date(2026, 3, 8), date(2026, 3, 12))


def test_without_a_statement_the_lines_say_when() -> None:
    lines = ("LX*1", "SV2*0450**60*UN*1", "DTP*472*D8*20260309", "LX*2", "SV2*0450**40*UN*1", "DTP*472*D8*20260308")
    found = stay(*ATTENDING_LOOP, lines=lines)

    assert (found.service_date, found.service_end_date) == (date(2026, 3, 8), date(2026, 3, 9))


@pytest.mark.parametrize("line_date", [(), ("DTP*472*D8*20260308",)])
def test_a_statement_nobody_can_read_is_not_replaced_by_the_lines(line_date: tuple[str, ...]) -> None:
    found = stay("DTP*434*RD8*20260312-20260308", lines=("LX*1", "SV2*0450**100*UN*1", *line_date))

    assert found.service_date is None
    assert "not a day (D8) or a span of days (RD8)" in found.error


def test_a_line_date_nobody_can_read_blocks_the_claim_beside_a_good_statement() -> None:
    found = stay(STATEMENT, lines=("LX*1", "SV2*0450**100*UN*1", "DTP*472*D8*20260231"))

    assert found.service_date == date(2026, 3, 8)
    assert "not a day (D8) or a span of days (RD8)" in found.error


def test_a_line_that_begins_with_the_statement_is_answered_with_it() -> None:
    found = stay(STATEMENT, lines=("LX*1", "SV2*0450*HC:99281*100*UN*1", "DTP*472*D8*20260308"))

    (unit,) = checks_of(found)
    assert (unit.line_number, unit.service_date, unit.service_end_date) == (0, date(2026, 3, 8), date(2026, 3, 12))
    assert unit.charge_cents == 10000


def test_d26_a_line_on_a_later_day_of_the_stay_is_asked_about_too() -> None:
    lines = (
        *("LX*1", "SV2*0450*HC:99281*60*UN*1", "DTP*472*D8*20260308"),
        *("LX*2", "SV2*0450*HC:99281*40*UN*1", "DTP*472*D8*20260312"),
    )
    units = checks_of(stay(STATEMENT, lines=lines))

    assert [(unit.line_number, unit.service_date, unit.charge_cents) for unit in units] == [
        (0, date(2026, 3, 8), 6000),
        (2, date(2026, 3, 12), 4000),
    ]


def test_the_facility_of_loop_2310e_says_where() -> None:
    found = stay(STATEMENT, "NM1*77*2*ANNEX", "N4*SANTA FE*NM*875019998")

    assert (found.state, found.state_source) == ("NM", StateSource.FACILITY)


def test_a_rendering_provider_of_a_line_is_an_override_in_loop_2420c() -> None:
    lines = ("LX*1", "SV2*0450*HC:99281*100*UN*1", f"NM1*82*1*BRAMBLE*IVO****XX*{RENDERING}")
    found = stay(STATEMENT, *ATTENDING_LOOP, lines=lines)

    assert [each.rendering_npi for each in found.lines] == [RENDERING]
    assert [unit.rendering_npi for unit in checks_of(found)] == [OTHER, RENDERING]
