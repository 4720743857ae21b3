"""What the forms of credentials and renewals hold, read into what the service takes. Pure."""

from datetime import date

from gate.credentialing.model.credentials import CredentialChange, CredentialDraft, CredentialKind, RenewalDraft
from gate.web.portal.credentialing.fields import Fields


def draft_in(fields: Fields, provider_id: str) -> CredentialDraft:
    """A new record.

    Raises:
        InvalidInput: naming every field that cannot be read.
    """
    draft = CredentialDraft(
        provider_id=provider_id,
        kind=fields.choice("kind", CredentialKind, CredentialKind.LICENSE),
        number=fields.text("number"),
        issuer=fields.text("issuer"),
        state=fields.text("state"),
        issued_on=fields.day("issued_on"),
        expires_on=fields.day("expires_on"),
        coordinator=fields.text("coordinator"),
        document_reference=fields.text("document_reference"),
        notes=fields.text("notes"),
    )
    fields.settle()
    return draft


def change_in(fields: Fields) -> CredentialChange:
    """The record as the form has it.

    Raises:
        InvalidInput: naming every field that cannot be read.
    """
    draft = draft_in(fields, "")
    named = {name: getattr(draft, name) for name in draft.__struct_fields__ if name != "provider_id"}
    return CredentialChange(**named)


def renewal_in(fields: Fields) -> RenewalDraft:
    """What a renewed document says.

    Raises:
        InvalidInput: naming every field that cannot be read.
    """
    if not fields.text("expires_on"):
        fields.object("expires_on", "is required: until when the renewed document holds")
    draft = RenewalDraft(
        number=fields.text("number"),
        issuer=fields.text("issuer"),
        issued_on=fields.day("issued_on"),
        expires_on=fields.day("expires_on") or date.max,
        document_reference=fields.text("document_reference"),
        notes=fields.text("notes"),
    )
    fields.settle()
    return draft
