"""Counts in files that workers share, tells what it counted, and waits: ``FOLDER SLOT CALLS``."""

import sys

from prometheus_client import CollectorRegistry

from gate.observability.alert_series import AlertSeries
from gate.observability.ledger_series import LedgerSeries
from gate.observability.merged import share_series
from gate.observability.metrics import Metrics

folder, slot, calls = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
share_series(folder, slot)
metrics = Metrics(CollectorRegistry())
metrics.count_claims_in_flight(lambda: calls)
metrics.tell_age_of_api_keys(lambda: slot)
metrics.write_asked()
metrics.certificate_expires_in("server", 100.0 * slot)
for _ in range(calls):
    metrics.request_ended("CheckClaim", "OK", 0.01)
metrics.noted.count()
LedgerSeries(metrics.registry, 5).ledger_queue(calls, 10.0 * slot, 1000)
AlertSeries(metrics.registry, ["attestation"], ["critical"]).alerts_stand({("attestation", "critical"): calls})
sys.stdout.write("counted\n")
sys.stdout.flush()
sys.stdin.read()
