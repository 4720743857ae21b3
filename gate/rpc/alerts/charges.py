"""What a claim charged, out of the bytes in which the ledger keeps it."""

from google.protobuf.message import DecodeError

from gate.v1 import claim_pb2


def charge_in(claim: bytes) -> int:
    """Integer cents; 0 where a release wrote it that said it otherwise."""
    try:
        return claim_pb2.Claim.FromString(claim).charge_cents
    except DecodeError:
        return 0
