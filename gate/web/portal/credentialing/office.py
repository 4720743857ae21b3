"""What the credentialing pages work with: the same services that programs call."""

from gate.web.portal.pages import Pages
from gate.web.visited_desk import VisitedDesk


class Office(VisitedDesk, frozen=True):
    """The business layer and the pages that show it."""

    pages: Pages
