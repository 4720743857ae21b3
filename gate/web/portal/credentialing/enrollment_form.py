"""What the enrollment form holds, read into what the service takes. Pure."""

from collections.abc import Sequence
from typing import Final

from gate.credentialing.model.enrollments import EnrollmentChange, EnrollmentDraft, EnrollmentStatus
from gate.credentialing.model.providers import Provider
from gate.web.portal.credentialing.fields import Fields

_MOST_NAMED: Final = 3


def change_in(fields: Fields) -> EnrollmentChange:
    """The record as the form has it.

    Raises:
        InvalidInput: naming every field that cannot be read.
    """
    change = EnrollmentChange(
        status=fields.choice("status", EnrollmentStatus, EnrollmentStatus.PENDING),
        npi=fields.text("npi"),
        billing_npi=fields.text("billing_npi"),
        taxonomy_code=fields.text("taxonomy_code"),
        effective_date=fields.day("effective_date"),
        recert_due_on=fields.day("recert_due_on"),
        submitted_date=fields.day("submitted_date"),
        approved_date=fields.day("approved_date"),
        payer_loaded_date=fields.day("payer_loaded_date"),
        coordinator=fields.text("coordinator"),
        notes=fields.text("notes"),
    )
    fields.settle()
    return change


def draft_in(fields: Fields, provider: Provider | None) -> EnrollmentDraft:
    """A new record.

    Raises:
        InvalidInput: naming every field that cannot be read.
    """
    if not fields.text("payer_id"):
        fields.object("payer_id", "choose a payer")
    change = change_in(fields)
    named = {name: getattr(change, name) for name in change.__struct_fields__}
    return EnrollmentDraft(**named, provider_id=provider.id if provider else "", payer_id=fields.text("payer_id"))


def the_one_meant(fields: Fields, found: Sequence[Provider]) -> Provider | None:
    """The provider whose NPI or name was typed; objects where it is none, or several."""
    typed = fields.text("provider")
    if not typed:
        fields.object("provider", "whose enrollment it is: write the NPI, or the last name")
    elif not found:
        fields.object("provider", "no provider on the roster has this NPI, or a name that begins so")
    elif len(found) > 1:
        some = ", ".join(f"{each.name} ({each.npi})" for each in found[:_MOST_NAMED])
        more = " and others" if len(found) > _MOST_NAMED else ""
        fields.object("provider", f"fits several: {some}{more}. Write the NPI")
    else:
        return found[0]
    return None
