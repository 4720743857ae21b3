"""Names of call metadata that both ends of a call know."""

from typing import Final

TENANT_METADATA: Final = "x-tenant-id"
"""A caller may name the tenant it believes to speak for; another one than the credential's is refused (row C3)."""
