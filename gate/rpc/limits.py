"""What client and server agree on beside the contract; apart from the server, so that a client need not import it."""

from typing import Final

LARGEST_MESSAGE: Final = 32 * 1024 * 1024
"""Bytes: a full batch with every field filled is some 4 MiB in, 8 MiB out."""
LARGEST_QUESTION: Final = 4 * 1024 * 1024
"""Bytes of a request that holds no claims: 10 000 anchors, the longest, are 1.3 MiB. Many small parts take 40 times as
much once they are read."""
