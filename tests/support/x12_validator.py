"""pyx12, an independent validator of X12 files, as a judge of what is written here."""

import io
from pathlib import Path

import pyx12.params
import pyx12.x12n_document


def is_valid(content: bytes, folder: Path) -> bool:
    """Whether every set of the file keeps to its implementation guide, as pyx12 knows it."""
    path = folder / "judged.x12"
    path.write_bytes(content)
    return bool(pyx12.x12n_document.x12n_document(pyx12.params.params(), str(path), io.StringIO(), None, None))
