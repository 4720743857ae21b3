"""The certificate of the gRPC door, renewed while it is in use: connections made after a renewal get the new one.

The files are read every few seconds. What does not fit together, is half written or has expired does not replace what
is in use; it is told once, and looked at again until it fits.
"""

import asyncio
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol

import grpc
import msgspec
import structlog
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes, PublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from gate.clock import Clock
from gate.errors import PreconditionFailed
from gate.setting_sections import TlsSettings

LOOK_SECONDS: Final = 2.0
_log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class CertificateObserver(Protocol):
    """Hears how the certificates are doing."""

    def certificate_expires_in(self, certificate: str, seconds: float) -> None:
        """The earliest end among the certificates of one file: ``server`` or ``client_ca``."""
        ...

    def certificate_not_renewed(self) -> None:
        """Files were changed and cannot be used."""
        ...


class Contents(msgspec.Struct, frozen=True):
    """What the files of `TlsSettings` held when they were read."""

    certificate: bytes
    private_key: bytes
    client_ca: bytes | None

    @classmethod
    def of(cls, tls: TlsSettings) -> "Contents | None":
        """None where the door speaks no TLS.

        Raises:
            PreconditionFailed: a file cannot be read.
        """
        if tls.certificate_file is None or tls.private_key_file is None:
            return None
        client_ca = None if tls.client_ca_file is None else _read(tls.client_ca_file)
        return cls(_read(tls.certificate_file), _read(tls.private_key_file), client_ca)

    def expiries(self) -> dict[str, datetime]:
        """When the first certificate of each file ends, UTC.

        Raises:
            PreconditionFailed: they are no certificates, or not those of the key.
        """
        certificates = _certificates(self.certificate, "GATE_TLS__CERTIFICATE_FILE")
        if _public_key(self.private_key) != _key_of(certificates[0]):
            raise PreconditionFailed("GATE_TLS__PRIVATE_KEY_FILE is not the key of GATE_TLS__CERTIFICATE_FILE")
        ends = {"server": certificates}
        if self.client_ca is not None:
            ends["client_ca"] = _certificates(self.client_ca, "GATE_TLS__CLIENT_CA_FILE")
        return {name: min(one.not_valid_after_utc for one in found) for name, found in ends.items()}

    def must_be_valid(self, now: datetime) -> None:
        """An old certificate that still stands is better than a new one that does not.

        Raises:
            PreconditionFailed: the server's certificate, or one above it in the file, is not valid now.
        """
        for one in _certificates(self.certificate, "GATE_TLS__CERTIFICATE_FILE"):
            if not one.not_valid_before_utc <= now < one.not_valid_after_utc:
                raise PreconditionFailed("GATE_TLS__CERTIFICATE_FILE has expired, or is not valid yet")

    def configuration(self) -> grpc.ServerCertificateConfiguration:
        """As gRPC takes it."""
        return grpc.ssl_server_certificate_configuration(
            [(self.private_key, self.certificate)], root_certificates=self.client_ca
        )


class Certificates:
    """Hands gRPC the certificate that is in use at the time of each handshake."""

    def __init__(
        self, tls: TlsSettings, observer: CertificateObserver, clock: Clock, look_seconds: float = LOOK_SECONDS
    ) -> None:
        """Read the files.

        Raises:
            PreconditionFailed: they cannot be read or do not fit together.
        """
        self._tls = tls
        self._observer = observer
        self._clock = clock
        self._look_seconds = look_seconds
        self._in_use = Contents.of(tls)
        self._ends = {} if self._in_use is None else self._in_use.expiries()
        self._complaint: object = None
        self._looking: asyncio.Task[None] | None = None
        self._handed_out = self._in_use
        self._tell_expiry()
        if self._in_use is not None:
            self._warn_of_what_clients_will_refuse(self._in_use)

    def credentials(self) -> grpc.ServerCredentials | None:
        """For the server; None: plaintext. With a client CA, clients must present a certificate of it."""
        if self._in_use is None:
            return None
        return grpc.dynamic_ssl_server_credentials(
            self._in_use.configuration(),
            self._renewed,  # type: ignore[arg-type]  # the stubs forget that None means: as before
            require_client_authentication=self._in_use.client_ca is not None,
        )

    def start(self) -> None:
        """Look at the files every few seconds until `aclose`."""
        if self._in_use is not None:
            self._looking = asyncio.create_task(self._keep_looking(), name="tls-certificates")

    async def aclose(self) -> None:
        """Stop looking."""
        if self._looking is not None:
            self._looking.cancel()
            with suppress(asyncio.CancelledError):
                await self._looking

    def _renewed(self) -> grpc.ServerCertificateConfiguration | None:
        """Called by gRPC before every handshake, in a thread of its own; None: as before."""
        current = self._in_use
        if current is None or current is self._handed_out:
            return None
        self._handed_out = current
        return current.configuration()

    async def _keep_looking(self) -> None:
        while True:
            await asyncio.sleep(self._look_seconds)
            await asyncio.to_thread(self._look)
            self._tell_expiry()

    def _look(self) -> None:
        found: Contents | None = None
        try:
            found = Contents.of(self._tls)
            if found is None or found == self._in_use:
                self._complaint = None
                return
            ends = found.expiries()
            found.must_be_valid(self._clock())
        except PreconditionFailed as error:
            self._complain(error, found)
        else:
            self._in_use, self._ends, self._complaint = found, ends, None
            _log.info("certificate_renewed", expires_at=ends["server"].isoformat())

    def _complain(self, error: PreconditionFailed, found: Contents | None) -> None:
        """Once about the same contents."""
        if (complaint := (str(error), found)) != self._complaint:
            self._complaint = complaint
            self._observer.certificate_not_renewed()
            _log.error("certificate_not_renewed", reason=str(error))

    def _warn_of_what_clients_will_refuse(self, contents: Contents) -> None:
        """No reason not to start: whoever renews it next needs no restart then."""
        try:
            contents.must_be_valid(self._clock())
        except PreconditionFailed as error:
            _log.error("certificate_not_valid", reason=str(error))

    def _tell_expiry(self) -> None:
        now = self._clock()
        for name, end in self._ends.items():
            self._observer.certificate_expires_in(name, (end - now).total_seconds())


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise PreconditionFailed(f"{file} (GATE_TLS__…) cannot be read: {error.strerror}") from error


def _certificates(content: bytes, key: str) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(content)
    except ValueError:
        raise PreconditionFailed(f"{key} holds no certificates in PEM form") from None


def _public_key(private_key: bytes) -> bytes:
    try:
        return _written(load_pem_private_key(private_key, password=None).public_key())
    except (ValueError, TypeError, UnsupportedAlgorithm):  # a TypeError: it needs a passphrase
        raise PreconditionFailed("GATE_TLS__PRIVATE_KEY_FILE holds no private key in PEM without passphrase") from None


def _key_of(certificate: x509.Certificate) -> bytes:
    try:
        return _written(certificate.public_key())
    except (ValueError, UnsupportedAlgorithm):
        raise PreconditionFailed("GATE_TLS__CERTIFICATE_FILE holds a kind of key that is not known") from None


def _written(key: CertificatePublicKeyTypes | PublicKeyTypes) -> bytes:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
