from datetime import date

import pytest

from gate.claimfiles.checks import checks_of
from gate.claimfiles.model import ClaimKind, NpiSource, StateSource, asked_about
from tests.claimfiles.x12_text import (
    BILLING,
    BILLING_LEVEL,
    LEVELS,
    OTHER,
    RENDERING,
    claim,
    interchange,
    line,
    read,
    read_one,
    transaction,
)

RENDERING_LOOP = (f"NM1*82*1*BRAMBLE*IVO****XX*{RENDERING}", "PRV*PE*PXC*207Q00000X")


def test_the_rendering_provider_is_that_of_loop_2310b() -> None:
    found = read_one(*claim(*RENDERING_LOOP))

    assert found.kind is ClaimKind.PROFESSIONAL
    assert (found.rendering_npi, found.rendering_source) == (RENDERING, NpiSource.RENDERING)
    assert (found.billing_npi, found.taxonomy_code) == (BILLING, "207Q00000X")
    assert (found.claim_id, found.charge_cents, found.problems) == ("A1", 10000, ())


def test_v5_the_billing_provider_stands_in_for_an_absent_rendering_provider() -> None:
    found = read_one(*claim())

    assert (found.rendering_npi, found.rendering_source) == (BILLING, NpiSource.BILLING)
    assert found.sent_rendering_npi == ""
    assert found.taxonomy_code == "261QP2300X"


def test_v7_the_billing_provider_does_not_stand_in_where_a_rendering_provider_is_named() -> None:
    found = read_one(*claim(*RENDERING_LOOP))

    assert found.sent_rendering_npi == RENDERING


@pytest.mark.parametrize("code", ["G2", "X", ""])
def test_an_nm109_is_an_npi_only_when_nm108_is_xx(code: str) -> None:
    found = read_one(*claim(f"NM1*82*1*BRAMBLE*IVO****{code}*{OTHER}"))

    assert (found.rendering_npi, found.rendering_source) == (BILLING, NpiSource.BILLING)
    (problem,) = found.problems
    assert not problem.blocks
    assert "no NPI" in problem.message


def test_an_atypical_provider_has_no_npi_and_that_is_a_finding_not_a_failure() -> None:
    body = [*BILLING_LEVEL[:2], "NM1*85*2*CAREGIVER", *BILLING_LEVEL[3:], "HL*2*1*22*0", *claim()]
    (found,) = read(interchange(transaction(body)))

    assert found.rendering_npi == ""
    assert "neither the rendering nor the billing provider has an NPI" in found.error
    assert checks_of(found) == ()


def test_v1_an_npi_that_is_not_ten_digits_blocks_the_claim() -> None:
    found = read_one(*claim("NM1*82*1*BRAMBLE*IVO****XX*12345"))

    assert found.error == "loop 2310B: the NPI is not ten digits"


def test_v2_an_npi_with_a_wrong_check_digit_is_for_the_gate_to_judge() -> None:
    assert read_one(*claim("NM1*82*1*BRAMBLE*IVO****XX*1234567890")).problems == ()


def test_the_providers_of_another_payer_are_not_believed() -> None:
    other_payer = (
        "SBR*S*18*******CI",
        "NM1*PR*2*OTHER PAYER*****PI*OTH01",
        f"NM1*82*1*****XX*{OTHER}",
        "NM1*77*2*OTHER FACILITY",
        "N4*ATLANTA*GA*303039998",
        f"NM1*85*2*****XX*{OTHER}",
    )
    found = read_one(*claim(*other_payer))

    assert (found.rendering_npi, found.billing_npi, found.state) == (BILLING, BILLING, "TX")


def test_after_another_payers_providers_the_lines_are_believed_again() -> None:
    other_payer = ("SBR*S*18*******CI", "NM1*82*1", "REF*G2*X1")
    lines = [line(1, f"NM1*82*1*BRAMBLE*IVO****XX*{OTHER}")]
    found = read_one(*claim(*RENDERING_LOOP, *other_payer, lines=lines))

    assert found.rendering_npi == RENDERING
    assert [each.rendering_npi for each in found.lines] == [OTHER]


def test_the_pay_to_address_is_not_the_billing_address() -> None:
    pay_to = ("NM1*87*2", "N3*PO BOX 9", "N4*ATLANTA*GA*303039998", "NM1*PE*2*PLAN", "N4*BOISE*ID*837029998")
    (found,) = read(interchange(transaction([*BILLING_LEVEL, *pay_to, "HL*2*1*22*0", *claim()])))

    assert (found.state, found.state_source) == ("TX", StateSource.BILLING)


def test_a_billing_provider_without_an_address_does_not_take_the_pay_to_address() -> None:
    level = [*BILLING_LEVEL[:3], "NM1*87*2", "N4*ATLANTA*GA*303039998"]
    (found,) = read(interchange(transaction([*level, "HL*2*1*22*0", *claim()])))

    assert found.error == "loop 2010AA, N402: no state"


def test_the_state_is_that_of_the_service_facility_before_all_others() -> None:
    facility = ("NM1*77*2*RIVERSIDE", "N3*3 QUAY", "N4*SANTA FE*nm*875019998")
    pickup = ("NM1*PW*2", "N3*4 ROAD", "N4*DENVER*CO*802029998")
    found = read_one(*claim(*facility, *pickup))

    assert (found.state, found.state_source) == ("NM", StateSource.FACILITY)


def test_the_state_is_that_of_the_ambulance_pick_up_before_the_billing_providers() -> None:
    found = read_one(*claim("NM1*PW*2", "N4*DENVER*CO*802029998", "NM1*45*2", "N4*CHEYENNE*WY*820019998"))

    assert (found.state, found.state_source) == ("CO", StateSource.PICKUP)


def test_a_facility_without_an_address_does_not_take_that_of_the_next_party() -> None:
    found = read_one(*claim("NM1*77*2*RIVERSIDE", "NM1*DN*1*REFERRER", "N4*DENVER*CO*802029998"))

    assert found.state == "TX"


@pytest.mark.parametrize("state", ["ZZ", "11", "TEXAS"])
def test_c8_what_is_no_state_blocks_the_claim(state: str) -> None:
    found = read_one(*claim("NM1*77*2*RIVERSIDE", f"N4*SOMEWHERE*{state}*875019998"))

    assert found.state == state
    assert found.error == "loop 2310C, N402: the state is not that of a US state or territory"


def test_the_dates_reach_from_the_first_line_to_the_last() -> None:
    lines = [line(1, day="20260312"), ["LX*2", "SV1*HC:99213*5*UN*1***1", "DTP*472*RD8*20260308-20260310"]]
    found = read_one(*claim(lines=lines))

    assert (found.service_date, found.service_end_date) == (date(2026, 3, 8), date(2026, 3, 12))
    assert [each.service_date for each in found.lines] == [date(2026, 3, 12), date(2026, 3, 8)]


def test_c9_a_claim_without_a_date_is_blocked_and_never_dated_today() -> None:
    found = read_one(*claim(lines=[["LX*1", "SV1*HC:99213*100*UN*1***1"]]))

    assert (found.service_date, found.error) == (None, "DTP: no date of service")


@pytest.mark.parametrize(
    "written",
    [
        "D8*20260230",
        "D8*260310",
        "D8*00260310",
        "RD8*20260310-20260308",
        "RD8*20260310",
        "D6*260310",
        "D8*",
        "D8",
        "TM*0830",
    ],
)
def test_a_date_that_cannot_be_read_blocks_the_claim_and_is_never_guessed(written: str) -> None:
    bad = ["LX*2", "SV1*HC:99213*5*UN*1***1", f"DTP*472*{written}"]

    for lines in ([bad], [line(1), bad]):
        found = read_one(*claim(lines=lines))

        assert found.service_date is None
        assert found.error == "DTP: the date of service is not a day (D8) or a span of days (RD8)"


@pytest.mark.parametrize(
    ("written", "cents"),
    [("100", 10000), ("99.5", 9950), ("0.05", 5), (".5", 50), ("12.340", 1234), ("0", 0), ("7.", 700)],
)
def test_charges_are_read_in_cents(written: str, cents: int) -> None:
    assert read_one(*claim(charge=written)).charge_cents == cents


@pytest.mark.parametrize("written", ["", "-5", "1,000", "12.345", "1e3", "1_0", "99999999999999", "."])
def test_a_charge_nobody_can_read_does_not_keep_the_claim_from_being_checked(written: str) -> None:
    found = read_one(*claim(charge=written))

    assert found.charge_cents is None
    assert found.error == ""
    assert len(checks_of(found)) == 1


def test_v6_the_rendering_provider_of_a_line_is_kept_with_it() -> None:
    override = (f"NM1*82*1*SORREL*MAY****XX*{OTHER}", "PRV*PE*PXC*363LF0000X")
    found = read_one(*claim(*RENDERING_LOOP, lines=[line(1), line(2, *override)]))

    assert [(each.line_number, each.rendering_npi, each.taxonomy_code) for each in found.lines] == [
        (1, "", ""),
        (2, OTHER, "363LF0000X"),
    ]


@pytest.mark.parametrize(
    "loop",
    [("NM1*77*2*ANNEX", "N4*RENO*NV*895019998"), ("NM1*PW*2", "N3*5 ROAD", "N4*RENO*NV*895019998")],
    ids=["2420C service facility", "2420G ambulance pick-up"],
)
def test_a_line_rendered_elsewhere_has_its_own_state(loop: tuple[str, ...]) -> None:
    found = read_one(*claim(lines=[line(1), line(2, *loop)]))

    assert found.state == "TX"
    assert [each.state for each in found.lines] == ["", "NV"]


def test_an_ordering_provider_of_a_line_is_no_override() -> None:
    assert read_one(*claim(lines=[line(1, f"NM1*DK*1*SORREL*MAY****XX*{OTHER}")])).lines == ()


def test_a_line_whose_rendering_provider_has_no_npi_falls_back_and_says_so() -> None:
    found = read_one(*claim(*RENDERING_LOOP, lines=[line(1), line(2, "NM1*82*1*SORREL*MAY")]))

    assert found.lines[1].rendering_npi == ""
    assert [(each.place, each.blocks) for each in found.problems] == [("line 2", False)]


def test_lines_that_say_nothing_new_are_not_kept() -> None:
    assert read_one(*claim(*RENDERING_LOOP, lines=[line(1), line(2), line(3)])).lines == ()


def test_more_lines_than_any_guide_allows_block_the_claim() -> None:
    found = read_one(*claim(lines=[line(number) for number in range(1, 1002)]))

    assert found.error == "loop 2400: more than 1000 service lines"


def test_a_new_billing_provider_replaces_the_one_before_and_a_new_subscriber_does_not() -> None:
    second = [
        "HL*3*1*22*0",
        *claim(claim_id="A2"),
        "HL*4**20*1",
        f"NM1*85*2*THISTLE CLINIC*****XX*{OTHER}",
        "N4*ALBANY*NY*122079998",
        "HL*5*4*22*1",
        "HL*6*5*23*0",
        "NM1*QC*1*FERNSBY*TED",
        "N4*RENO*NV*895019998",
        *claim(claim_id="A3"),
    ]
    found = read(interchange(transaction([*LEVELS, *claim(), *second])))

    assert [(each.claim_id, each.billing_npi, each.state, each.taxonomy_code) for each in found] == [
        ("A1", BILLING, "TX", "261QP2300X"),
        ("A2", BILLING, "TX", "261QP2300X"),
        ("A3", OTHER, "NY", ""),
    ]


def test_v9_control_characters_of_a_claim_number_reach_no_log() -> None:
    assert read_one(*claim(claim_id="A\x1b[2J\n1")).claim_id == "A�[2J�1"


@pytest.mark.parametrize("stated", ["nm", "11"])
def test_the_state_that_is_asked_may_be_said_wherever_the_service_was_given(stated: str) -> None:
    claim_facility = ("NM1*77*2*RIVERSIDE", "N3*3 QUAY", f"N4*SANTA FE*{stated}*875019998")
    line_facility = ("NM1*77*2*ANNEX", f"N4*RENO*{stated}*895019998")
    found = asked_about(read_one(*claim(*claim_facility, lines=[line(1), line(2, *line_facility)])), "TX")

    assert (found.state, found.state_source, found.error) == ("TX", StateSource.GIVEN, "")
    assert [unit.state for unit in checks_of(found)] == ["TX"]
