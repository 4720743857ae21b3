from datetime import date

from gate.claimfiles.checks import checks_of
from gate.claimfiles.model import ClaimKind, FileClaim
from tests.claimfiles.x12_text import DENTAL, OTHER, RENDERING, read_one

CLAIM_DATE = "DTP*472*D8*20260310"


def visit(*head: str, lines: tuple[str, ...] = ("LX*1", "SV3*AD:D0120*100")) -> FileClaim:
    return read_one("CLM*D1*100***11:B:1*Y*A*Y*Y", *head, *lines, version=DENTAL)


def test_a_dental_claim_names_its_provider_in_loop_2310b() -> None:
    found = visit(CLAIM_DATE, f"NM1*82*1*BRAMBLE*IVO****XX*{RENDERING}", "PRV*PE*PXC*1223G0001X")

    assert found.kind is ClaimKind.DENTAL
    assert (found.rendering_npi, found.taxonomy_code) == (RENDERING, "1223G0001X")


def test_the_claims_date_holds_where_no_line_has_one() -> None:
    found = visit(CLAIM_DATE)

    assert (found.service_date, found.service_end_date) == (date(2026, 3, 10), date(2026, 3, 10))
    assert found.lines == ()


def test_a_lines_date_wins_over_the_claims() -> None:
    found = visit(CLAIM_DATE, lines=("LX*1", "SV3*AD:D0120*100", "DTP*472*D8*20260402"))

    assert (found.service_date, found.service_end_date) == (date(2026, 4, 2), date(2026, 4, 2))


def test_d26_a_line_without_a_date_keeps_the_claims_when_another_line_has_its_own() -> None:
    lines = ("LX*1", "SV3*AD:D0120*60", "DTP*472*D8*20260402", "LX*2", "SV3*AD:D0150*40")
    units = checks_of(visit(CLAIM_DATE, lines=lines))

    assert [(unit.line_numbers, unit.service_date, unit.charge_cents) for unit in units] == [
        ((1,), date(2026, 4, 2), 6000),
        ((2,), date(2026, 3, 10), 4000),
    ]


def test_a_predetermination_without_dates_is_blocked_not_failed() -> None:
    assert visit().error == "DTP: no date of service"


def test_a_line_has_its_own_provider_and_facility() -> None:
    lines = (
        *("LX*1", "SV3*AD:D0120*100", f"NM1*82*1*SORREL*MAY****XX*{OTHER}"),
        *("NM1*77*2*ANNEX", "N4*SANTA FE*NM*875019998"),
    )
    found = visit(CLAIM_DATE, lines=lines)

    assert [(each.rendering_npi, each.state) for each in found.lines] == [(OTHER, "NM")]
