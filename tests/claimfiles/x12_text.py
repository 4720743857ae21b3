"""Look-alikes of 837 files for tests. Segments are written with `*` and without terminators; people are invented."""

import io
from collections.abc import Iterable, Sequence

from gate.claimfiles.model import FileClaim
from gate.claimfiles.problems import FileProblems
from gate.claimfiles.x12_reader import read_x12

PROFESSIONAL = "005010X222A1"
INSTITUTIONAL = "005010X223A2"
DENTAL = "005010X224A2"

BILLING = "1999996666"
RENDERING = "1234567893"
OTHER = "1588667638"

BILLING_LEVEL = (
    "HL*1**20*1",
    "PRV*BI*PXC*261QP2300X",
    f"NM1*85*2*HEATHER CLINIC*****XX*{BILLING}",
    "N3*1 HEATHER LANE",
    "N4*AUSTIN*TX*787019998",
    "REF*EI*741234567",
)
SUBSCRIBER_LEVEL = (
    "HL*2*1*22*0",
    "SBR*P*18*******MC",
    "NM1*IL*1*FERNSBY*OLIVE****MI*MC0000001",
    "N3*2 HEATHER LANE",
    "N4*RENO*NV*895019998",
    "DMG*D8*19800101*F",
    "NM1*PR*2*STATE MEDICAID*****PI*MCD01",
    "N4*BATON ROUGE*LA*708029998",
)
LEVELS = (*BILLING_LEVEL, *SUBSCRIBER_LEVEL)


def transaction(
    body: Sequence[str], version: str = PROFESSIONAL, control: str = "0001", count: int | None = None
) -> list[str]:
    """ST..SE around `body`, with a true segment count unless another is given."""
    segments = [f"ST*837*{control}*{version}", f"BHT*0019*00*B{control}*20260401*0830*CH", *body]
    return [*segments, f"SE*{len(segments) + 1 if count is None else count}*{control}"]


def interchange(
    *transactions: Sequence[str],
    control: str = "000000001",
    version: str = PROFESSIONAL,
    separators: str = "*~:",
    line_end: str = "",
) -> bytes:
    """ISA..IEA around one functional group."""
    segments = [
        f"ISA*00*          *00*          *ZZ*HEATHER        *ZZ*PAYERGATE      *260401*0830*^*00501*{control}*0*T*:",
        f"GS*HC*HEATHER*PAYERGATE*20260401*0830*1*X*{version}",
        *(segment for each in transactions for segment in each),
        f"GE*{len(transactions)}*1",
        f"IEA*1*{control}",
    ]
    return rendered(segments, separators, line_end)


def rendered(segments: Iterable[str], separators: str = "*~:", line_end: str = "") -> bytes:
    """Segments as bytes, with other separators (element, terminator, component) where asked for."""
    element, terminator, component = tuple(separators)
    translation = str.maketrans("*:", element + component)
    return "".join(segment.translate(translation) + terminator + line_end for segment in segments).encode("latin-1")


def line(number: int, *more: str, day: str = "20260310", cents: str = "100") -> list[str]:
    """A professional service line on one day, with what else stands in it."""
    return [f"LX*{number}", f"SV1*HC:99213*{cents}*UN*1***1", f"DTP*472*D8*{day}", f"REF*6R*A{number}", *more]


def claim(
    *head: str, lines: Sequence[Sequence[str]] = (line(1),), claim_id: str = "A1", charge: str = "100"
) -> list[str]:
    """A claim: what stands between CLM and its lines, then the lines."""
    return [f"CLM*{claim_id}*{charge}***11:B:1*Y*A*Y*Y", *head, *(segment for each in lines for segment in each)]


def read(content: bytes, problems: FileProblems | None = None) -> list[FileClaim]:
    """All claims of a file."""
    return list(read_x12(io.BytesIO(content), problems or FileProblems()))


def read_one(*body: str, version: str = PROFESSIONAL) -> FileClaim:
    """The only claim of a transaction whose levels are `LEVELS`."""
    (found,) = read(interchange(transaction([*LEVELS, *body], version), version=version))
    return found
