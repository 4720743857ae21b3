"""The database roles behind which PostgreSQL keeps tenants apart. Neither owns a table or may bypass row security.

Every transaction of the service takes one of them on before its first statement, whatever user it connected as: a
superuser or the tables' owner would see every tenant's rows. `migrations/protection.py` creates and entitles them.
"""

from typing import Final

TENANT_ROLE: Final = "enrollment_gate_tenant"
"""Sees and writes the rows of the one tenant that the setting `gate.tenant` names; without the setting, none."""
OVERVIEW_ROLE: Final = "enrollment_gate_overview"
"""Reads across tenants the few tables that one process has to know for all of them, and nothing else."""
ACCOUNTS_ROLE: Final = "enrollment_gate_accounts"
"""Signs people in: reads and writes accounts, sessions and tries to sign in, which belong to no tenant, and reads who
is a member where. It sees no claim, decision or configuration; and the two roles above see none of its tables."""
TENANT_SETTING: Final = "gate.tenant"
