"""What addresses of lists and pages carry."""

from typing import Annotated

from fastapi import Query

from gate.web.portal.credentialing.views.payer_table import Wish

Search = Annotated[str, Query(max_length=200)]
Token = Annotated[str, Query(alias="page", max_length=2000)]
"""Where a page of a list begins."""
Key = Annotated[str, Query(max_length=40)]
"""A column, a status, an id."""
Done = Annotated[str, Query(max_length=40)]
"""What was done just before; the page says so."""
Login = Annotated[str, Query(max_length=254)]
"""Whose: ``me``, ``nobody``, or somebody's login."""


def wished(search: Search = "", workflow: Key = "", standing: Key = "", sort: Key = "", token: Token = "") -> Wish:
    """A dependency: what is wanted of the table of payers."""
    return Wish(search=search, workflow=workflow, standing=standing, sort=sort, page=token)
