"""What the adapters of state portals share: one GET per NPI, read by a mapping of field names and status words.

No state publishes a per-provider lookup API. The contract in each adapter's `source.toml` is ours; a site overrides
path, authentication, field names and status words in its `SourceConnection` to reach the endpoint it has contracted.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import ClassVar, Final
from urllib.parse import quote

import aiohttp
import msgspec

from sources import http
from sources.clock import Clock, utc_now
from sources.connection import SourceConnection
from sources.contract import Query, SourceDataError, SourceDescription, SourceMalformed, SourceNotConfigured
from sources.manifest import PortalContract
from sources.parsing import Row, decode_json, dig, plain_text
from sources.records import EnrollmentRecord
from sources.statuses import Vocabulary, meaning_of, vocabulary

_INTERPRETED: Final = frozenset(
    {"npi", "id", "status", "effective", "end", "revalidation_due", "lines_of_business", "taxonomies"}
)
"""Our names of the fields that a record has a place for. All others become attributes and never decide."""
_MOST_ATTRIBUTES: Final = 32


class StatePortal:
    """A source that speaks a `PortalContract`. A subclass names its contract and adds its upstream's quirks."""

    description: ClassVar[SourceDescription]
    contract: ClassVar[PortalContract]

    def __init__(self, session: aiohttp.ClientSession, connection: SourceConnection, clock: Clock = utc_now) -> None:
        self._session = session
        self._connection = connection
        self._clock = clock
        self._contract = site_contract(self.contract, connection)
        self._words = vocabulary(self.contract.statuses, connection.statuses)
        self._unknown = http.UnknownProvider(self._contract.not_found_field, self._contract.not_found_code)

    async def fetch(self, query: Query) -> Sequence[EnrollmentRecord]:
        """Every segment the state knows for the NPI; empty when it says that it does not know the provider.

        Raises:
            SourceError: for everything that is not a clean answer.
        """
        name = self.description.name
        headers = self._authorization()
        if not self._connection.is_configured or not headers:
            raise SourceNotConfigured(f"{name}: no base URL or no credential")
        path = self._contract.path.replace("{npi}", quote(query.npi, safe="")).replace("{state}", quote(query.state))
        url = self._connection.base_url + path
        body = await http.get(self._session, name, url, headers=headers, unknown=self._unknown)
        if body is None:
            return ()
        reading = Reading(name, query, self._contract, self._words, self._clock())
        return [self.refine(record) for record in reading.records(body)]

    @staticmethod
    def refine(record: EnrollmentRecord) -> EnrollmentRecord:
        """What only this upstream means by a record. Pure."""
        return record

    def _authorization(self) -> dict[str, str]:
        contract, connection = self._contract, self._connection
        return (
            connection.key_authorization(contract.key_header, contract.key_prefix) or connection.basic_authorization()
        )


class Reading(msgspec.Struct, frozen=True):
    """How to read one answer: whose it is, who was asked about, and by which contract. Pure."""

    source: str
    query: Query
    contract: PortalContract
    words: Vocabulary
    verified_at: datetime

    def records(self, body: bytes) -> list[EnrollmentRecord]:
        """Every record of the body.

        Raises:
            SourceMalformed: the body is not JSON of the agreed shape (row A12).
            SourceDataError: a record is impossible or about another provider (rows D20-D22).
            SourceUnmappedStatus: a status word that nobody mapped (row D19).
        """
        answer = decode_json(self.source, body)
        self._refuse_another_provider(plain_text(dig(answer, self._name_of("npi"))))
        rows = dig(answer, self.contract.records)
        if not isinstance(rows, list):
            raise SourceMalformed(f"{self.source}: there is no list of records where the contract has it")
        return [self._record(Row(self.source, row, self._name_of)) for row in rows]

    def _record(self, row: Row) -> EnrollmentRecord:
        form = self.contract.date_format
        self._refuse_another_provider(row.required_text("npi"))
        meaning = meaning_of(self.source, row.required_text("status"), self.words)
        effective, end = row.period("effective", "end", form)
        return EnrollmentRecord(
            source=self.source,
            npi=self.query.npi,
            state=self.query.state,
            status=meaning.status,
            reason=meaning.reason,
            effective=effective,
            end=end,
            upstream_id=row.text("id"),
            revalidation_due=row.day("revalidation_due", form),
            lines_of_business=row.lines_of_business("lines_of_business"),
            taxonomies=tuple(code.upper() for code in row.texts("taxonomies")),
            attributes=self._attributes(row),
            verified_at=self.verified_at,
        )

    def _attributes(self, row: Row) -> dict[str, str]:
        fields = self.contract.fields
        told = {field: row.text(field) for field in fields if field not in _INTERPRETED}
        mapped = {path.partition(".")[0] for path in fields.values()}
        for key, value in row.values.items():
            name = plain_text(key) or ""
            # An unmapped key that happens to be called like one of our fields could otherwise decide.
            if key not in mapped and name not in fields:
                told.setdefault(name, plain_text(value) or "")
        return dict([(name, text) for name, text in told.items() if text][:_MOST_ATTRIBUTES])

    def _refuse_another_provider(self, npi: str | None) -> None:
        if npi and npi != self.query.npi:
            raise SourceDataError(f"{self.source}: the answer is about another provider")

    def _name_of(self, field: str) -> str:
        return self.contract.fields.get(field, "")


def site_contract(contract: PortalContract, connection: SourceConnection) -> PortalContract:
    """The documented contract with a site's overrides."""
    fields: Mapping[str, str] = {**contract.fields, **connection.fields}
    scalars = ("path", "key_header", "key_prefix", "records", "not_found_field", "not_found_code", "date_format")
    overridden = {name: value for name in scalars if (value := getattr(connection, name)) is not None}
    return msgspec.structs.replace(contract, fields=dict(fields), **overridden)
