"""Bytes by key within a total size, where what is asked for again outlasts what is asked for once.

A new key is on trial: it stands in a short queue, and leaves with its end unless somebody asked for it meanwhile. Who
was asked for moves to the main queue and is passed over there as often as it is used again (the policy S3-FIFO). A
million providers of one claim file therefore drive each other out and not the ones that are asked for all day.

Everything is flat. An entry is one `bytes`: whether it was used, its key, its value; a table finds it by the hash of
the key, which also stands for it in its queue. That is 130 to 180 bytes beside key and value, where moka-py takes 470
and keeps fewer of those that are asked for again beside a scan. The garbage collector, which would stop everything for
as long as it takes to look at a million objects, need not look into bytes and numbers.

Many small tables and not one: a table that has to grow is copied, which takes 50 µs for one of ours and 50 ms for one
of a million entries, and leaves its former memory behind as a hole of that size.
"""

from array import array
from collections import deque
from sys import getsizeof
from typing import Final

_BYTES_PER_TABLE: Final = 1_000_000
_BYTES_PER_PLACE: Final = 20
"""Of a table: 24 for each entry of which there are two for three places, and 4."""
_ENTRY_OVERHEAD: Final = 52
"""Bytes that an entry takes beside itself and its table: the hash (32), its place in a queue (8), what is lost between
(12)."""
_UNUSED: Final = b"\0"
_USED: Final = b"\1"
_HEADER: Final = 33
"""Bytes of an empty `bytes`."""
_ALIGNMENT: Final = 16
"""Of what Python allocates."""
_TRIAL_SHARE: Final = 10
"""One in so many entries is on trial, where there is no room for all."""
_MOST_REPRIEVES: Final = 1000
"""In a row, which takes 0.5 ms; so that nobody waits while a million are gone through, all of which were used."""
_BYTES_PER_TRACE: Final = 256


class PackedEntries:
    """At most `max_bytes`, tables and traces of what left included. No key is the beginning of another, and no value is
    empty.
    """

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self.evictions = 0
        """Entries that had to make room."""
        self._tables: list[dict[int, bytes]] = [{} for _ in range(max(1, max_bytes // _BYTES_PER_TABLE))]
        self._rooms = [_room(table) for table in self._tables]
        self._trial = _Queue()
        self._main = _Queue()
        # Of an entry that failed its trial some bits of its hash, until those of another one take their place: should
        # it come back, it was on trial for too short a time.
        self._traces = array("I", bytes(4 * max(1, max_bytes // _BYTES_PER_TRACE)))
        self._least = getsizeof(self._traces) + sum(self._rooms)
        self._charged = self._least

    @property
    def size(self) -> int:
        """Bytes taken up."""
        return self._charged - sum(self._rooms) + sum(map(getsizeof, self._tables))

    def __len__(self) -> int:
        """The number of entries, those that were discarded and still have a place in a queue included."""
        return len(self._trial) + len(self._main)

    def look(self, key: bytes) -> bytes | None:
        """The value, without that counting as a use."""
        hashed = _hash(key)
        entry = self._tables[hashed % len(self._tables)].get(hashed)
        if entry is None or not entry.startswith(key, 1):  # another key may have the same hash
            return None
        return entry[1 + len(key) :] or None

    def use(self, key: bytes) -> bytes | None:
        """The value; it stays longer for it."""
        hashed = _hash(key)
        table = self._tables[hashed % len(self._tables)]
        entry = table.get(hashed)
        if entry is None or not entry.startswith(key, 1):
            return None
        if entry.startswith(_UNUSED):
            table[hashed] = _USED + entry[1:]
        return entry[1 + len(key) :] or None

    def put(self, key: bytes, value: bytes) -> None:
        """Keep the value in place of the one before. One too large for all of the room is not kept, nor what it
        replaces.
        """
        if _bulk(key, value) > self.max_bytes - self._least:
            self.discard(key)
            return
        hashed = _hash(key)
        before = self._tables[hashed % len(self._tables)].get(hashed)
        if before is None:
            (self._main if self._left_a_trace(hashed) else self._trial).append(hashed)
            self._insert(hashed, b"".join((_UNUSED, key, value)))
        else:
            self._replace(hashed, before, b"".join((before[:1], key, value)))
        self._make_room()

    def discard(self, key: bytes) -> None:
        """Forget the value. The key keeps its place in its queue, where it would cost too much to look for it."""
        value = self.look(key)
        if value is not None:
            self._replace(_hash(key), _UNUSED + key + value, _UNUSED + key)

    def _insert(self, hashed: int, entry: bytes) -> None:
        number = hashed % len(self._tables)
        table = self._tables[number]
        table[hashed] = entry
        room = _room(table)
        self._charged += _bulk(entry) + room - self._rooms[number]
        self._rooms[number] = room

    def _replace(self, hashed: int, before: bytes, entry: bytes) -> None:
        self._tables[hashed % len(self._tables)][hashed] = entry
        self._charged += _bulk(entry) - _bulk(before)

    def _make_room(self) -> None:
        reprieves = 0
        while self._charged > self.max_bytes:
            on_trial = len(self._trial) * _TRIAL_SHARE > len(self)
            hashed = (self._trial if on_trial else self._main).popleft()
            table = self._tables[hashed % len(self._tables)]
            entry = table[hashed]
            if entry.startswith(_USED) and reprieves < _MOST_REPRIEVES:
                reprieves += 1
                table[hashed] = _UNUSED + entry[1:]
                self._main.append(hashed)
                continue
            del table[hashed]
            self._charged -= _bulk(entry)
            self.evictions += 1
            if on_trial:
                self._leave_a_trace(hashed)

    def _leave_a_trace(self, hashed: int) -> None:
        self._traces[hashed % len(self._traces)] = hashed >> 28

    def _left_a_trace(self, hashed: int) -> bool:
        return self._traces[hashed % len(self._traces)] == hashed >> 28


class _Queue:
    """First in, first out, in pieces that are left behind one by one."""

    PIECE: Final = 4096

    def __init__(self) -> None:
        self._pieces: deque[array[int]] = deque()
        self._first = 0
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def append(self, hashed: int) -> None:
        if not self._pieces or len(self._pieces[-1]) == self.PIECE:
            self._pieces.append(array("Q"))
        self._pieces[-1].append(hashed)
        self._length += 1

    def popleft(self) -> int:
        hashed = self._pieces[0][self._first]
        self._first += 1
        self._length -= 1
        if self._first == self.PIECE:
            self._pieces.popleft()
            self._first = 0
        return hashed


def _hash(key: bytes) -> int:
    """60 bits, the most that Python keeps in 32 bytes."""
    return hash(key) & 0xFFF_FFFF_FFFF_FFFF


def _room(table: dict[int, bytes]) -> int:
    """Bytes that a table of so many entries takes once some leave and others come: a power of two above three times as
    many places, which is twice what it takes while it grows. What is not set apart for that from the beginning belongs
    to entries when it is needed, and memory that entries leave is not given back.
    """
    return max(getsizeof(table), _BYTES_PER_PLACE << (3 * len(table)).bit_length())


def _bulk(*parts: bytes) -> int:
    """Bytes that an entry of these parts takes, beside its table."""
    length = _HEADER + sum(map(len, parts))
    return -(-length // _ALIGNMENT) * _ALIGNMENT + _ENTRY_OVERHEAD
