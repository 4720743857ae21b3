"""California, PAVE. Its quirks are words and names, kept in source.toml; README.md beside this file explains them."""

from typing import ClassVar

from sources.contract import SourceDescription
from sources.manifest import PortalContract, load_contract, load_description
from sources.state_portal import StatePortal


class CaPave(StatePortal):
    """Enrollment periods of one NPI in Medi-Cal."""

    description: ClassVar[SourceDescription] = load_description(__package__)
    contract: ClassVar[PortalContract] = load_contract(__package__)
