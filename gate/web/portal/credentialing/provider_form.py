"""What the provider form holds, read into what the service takes. Pure."""

from gate.credentialing.model.providers import ProviderChange, ProviderDraft
from gate.web.portal.credentialing.fields import Fields


def draft_in(fields: Fields) -> ProviderDraft:
    """A new record.

    Raises:
        InvalidInput: naming every field that cannot be read.
    """
    draft = ProviderDraft(
        first_name=fields.text("first_name"),
        last_name=fields.text("last_name"),
        npi=fields.text("npi"),
        role=fields.text("role"),
        is_attending=fields.flag("is_attending"),
        is_supervising=fields.flag("is_supervising"),
        is_bookable=fields.flag("is_bookable"),
        taxonomies=fields.codes("taxonomies"),
        states=fields.codes("states"),
        caqh_attested_on=fields.day("caqh_attested_on"),
    )
    fields.settle()
    return draft


def change_in(fields: Fields) -> ProviderChange:
    """The record as the form has it.

    Raises:
        InvalidInput: naming every field that cannot be read.
    """
    draft = draft_in(fields)
    return ProviderChange(**{name: getattr(draft, name) for name in draft.__struct_fields__})
