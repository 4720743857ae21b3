"""What the credentialing pages work with: the same services that programs call."""

from gate.credentialing.service.desk import CredentialingDesk
from gate.web.portal.pages import Pages
from gate.web.units import VisitorUnits


class Office(VisitorUnits, frozen=True, kw_only=True):
    """The pages, the business layer, and the database on which it works."""

    pages: Pages
    desk: CredentialingDesk
