"""Who calls: tokens, API keys, how much is admitted at once, and the certificates both sides show."""

from gate.auth.development import DevelopmentKeyVerifier, development_key
from gate.auth.jwks import JwksVerifier
from gate.auth.key_ring import KeyRing
from gate.auth.key_use import KeyUse
from gate.auth.repository import KeyStore
from gate.auth.tokens import RememberingVerifier
from gate.persistence.following import API_KEYS
from gate.rpc.admission import Admission
from gate.rpc.certificates import Certificates
from gate.wiring.process import Process


def signed_tokens(process: Process) -> RememberingVerifier:
    """Tokens of the identity provider, or of the development key.

    Raises:
        gate.errors.PreconditionFailed: the development key cannot be used.
    """
    settings, clock = process.settings, process.clock
    if settings.uses_development_key:
        return RememberingVerifier(DevelopmentKeyVerifier(development_key(settings.data_dir)), clock)
    published = JwksVerifier(settings.auth)
    process.stack.push_async_callback(published.aclose)
    return RememberingVerifier(published, clock)


async def api_keys(process: Process) -> KeyRing:
    """Every tenant's, as last heard of."""
    store = KeyStore(process.database, process.clock)
    use = KeyUse(store)
    use.start()
    process.stack.push_async_callback(use.aclose)
    longest = process.settings.auth.api_keys_max_stale_seconds
    ring = KeyRing(store, use, process.clock, process.announcements(API_KEYS), max_stale_seconds=longest)
    await ring.start()
    process.stack.push_async_callback(ring.aclose)
    process.metrics.tell_age_of_api_keys(lambda: ring.age_seconds)
    return ring


def admission(process: Process) -> Admission:
    """How many claims are answered at once."""
    admitted = Admission(process.settings.limits.claims_in_flight, process.metrics)
    process.metrics.count_claims_in_flight(lambda: admitted.claims_in_flight)
    return admitted


def certificates(process: Process) -> Certificates:
    """The gRPC door's, read anew whenever they are replaced.

    Raises:
        gate.errors.PreconditionFailed: they cannot be used.
    """
    shown = Certificates(process.settings.tls, process.metrics, process.clock)
    shown.start()
    process.stack.push_async_callback(shown.aclose)
    return shown
