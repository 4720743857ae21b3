"""Addresses of lists: what is wanted of a list is in its address, so that a link is a saved view. Pure."""

from urllib.parse import urlencode


def address(path: str, **wanted: str) -> str:
    """`path` with what is wanted of it; what is empty is left out."""
    query = urlencode({name: value for name, value in wanted.items() if value})
    return f"{path}?{query}" if query else path


def exported(path: str, **wanted: str) -> str:
    """The list at `path` as a file, with exactly what is wanted of it."""
    return address(f"{path}/export.csv", **wanted)
