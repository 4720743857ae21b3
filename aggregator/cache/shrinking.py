"""Entries made smaller by what they have in common: names of sources and fields, connections, words, the shape itself.

An entry alone has little to shrink (a sixth); with a dictionary made of other entries, less than a third is left. The
dictionary is made from what comes in and not written down here, because sources and their words are the site's own. It
is never told: a value restored is, byte for byte, the one that was shrunk.
"""

from typing import Final

import zstandard

SAMPLED: Final = 8192
"""Entries that come in before there is a dictionary, so that those of more than one file, state and tenant are in it.
They are kept as they are, as all are where there will not be more of them than that."""
_SAMPLES: Final = 64
"""Of them, evenly spread. More make entries no smaller."""
_LEVEL: Final = 3
"""Takes 3 µs; the next ones save a twentieth for a third more, then an eighth for three times as much."""


class Shrinker:
    """Shrinks and restores. For one thread."""

    def __init__(self, sampled: int = SAMPLED) -> None:
        """`sampled` is for tests that want a dictionary soon."""
        self._every = max(1, sampled // _SAMPLES)
        self._seen = 0
        self._samples: list[bytes] = []
        self._compressor: zstandard.ZstdCompressor | None = None
        self._decompressor = zstandard.ZstdDecompressor()

    def shrink(self, data: bytes) -> bytes:
        """As short as it can be made, from which `restore` makes `data` again. `data` begins as no frame of Zstandard
        does, which is true of MessagePack's arrays.
        """
        if self._compressor is None:
            self._learn(data)
            return data
        return self._compressor.compress(data)

    def restore(self, shrunk: bytes) -> bytes:
        """What was shrunk.

        Raises:
            zstandard.ZstdError: it was not shrunk here.
        """
        return self._decompressor.decompress(shrunk) if shrunk.startswith(zstandard.FRAME_HEADER) else shrunk

    def _learn(self, data: bytes) -> None:
        if self._seen % self._every == 0:
            self._samples.append(data)
        self._seen += 1
        if self._seen < self._every * _SAMPLES:
            return
        common = zstandard.ZstdCompressionDict(b"".join(self._samples), dict_type=zstandard.DICT_TYPE_RAWCONTENT)
        common.precompute_compress(level=_LEVEL)
        self._compressor = zstandard.ZstdCompressor(level=_LEVEL, dict_data=common, write_checksum=False)
        self._decompressor = zstandard.ZstdDecompressor(dict_data=common)
        self._samples = []
