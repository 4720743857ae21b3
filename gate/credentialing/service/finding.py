"""Records that a request names; what is not there, is not the tenant's or is archived is refused alike."""

from gate.credentialing.model.fields import is_id
from gate.credentialing.model.payers import Payer
from gate.credentialing.model.providers import Provider
from gate.credentialing.repository import payers, providers
from gate.errors import NotFound
from gate.persistence.unit_of_work import UnitOfWork


def known(kind: str, record_id: str) -> str:
    """An id that may be looked up.

    Raises:
        NotFound: nothing has such an id.
    """
    if not is_id(record_id):
        raise missing(kind)
    return record_id


def missing(kind: str) -> NotFound:
    """That there is no such record."""
    return NotFound(f"there is no such {kind}")


async def provider_of(unit: UnitOfWork, provider_id: str, *, to_change: bool = False) -> Provider:
    """The provider of that id.

    Raises:
        NotFound: the tenant has none.
    """
    found = await providers.find(unit, known("provider", provider_id), to_change=to_change)
    if found is None:
        raise missing("provider")
    return found


async def payer_of(unit: UnitOfWork, payer_id: str, *, to_change: bool = False) -> Payer:
    """The payer of that id.

    Raises:
        NotFound: the tenant has none.
    """
    found = await payers.find(unit, known("payer", payer_id), to_change=to_change)
    if found is None:
        raise missing("payer")
    return found
