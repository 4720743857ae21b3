"""Ports that several processes of one gate serve at, and no other gate by accident."""

import socket

from gate.errors import PreconditionFailed


def held(address: str, key: str) -> socket.socket:
    """A socket that keeps ``host:port`` for this gate's workers and takes no connection itself; port 0: any free one.

    Until it is closed, whoever serves without SO_REUSEPORT, and whoever else holds ports this way, is refused. Workers
    bind beside it with SO_REUSEPORT, which Linux allows to processes of the same user.

    Raises:
        PreconditionFailed: the address, which the setting `key` names, is taken or not this machine's.
    """
    host, _, port = address.rpartition(":")
    kept: socket.socket | None = None
    try:
        family, _, _, _, where = socket.getaddrinfo(
            host.strip("[]"), int(port), type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        # Two steps, because SO_REUSEPORT from the beginning would share the port with another gate: alone first, which
        # fails where anybody is, and only then open to others.
        with socket.create_server((str(where[0]), int(where[1])), family=family) as alone:
            alone.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            kept = socket.socket(family)
            kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            # For the bind alone, which connections of a gate before may still be in the way of. Kept on, it would allow
            # another gate's bind, as nobody listens here.
            kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            kept.bind(alone.getsockname())
            kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)
    except OSError as error:
        if kept is not None:
            kept.close()
        raise PreconditionFailed(
            f"nothing can be served at {address} ({key}): the address is taken or not this machine's"
        ) from error
    return kept


def with_port(address: str, kept: socket.socket) -> str:
    """``host:port`` with the number that was really taken."""
    host, _, _ = address.rpartition(":")
    return f"{host}:{kept.getsockname()[1]}"
