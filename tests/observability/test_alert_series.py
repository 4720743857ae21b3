"""What Prometheus sees of alerts."""

from math import isnan

from prometheus_client import CollectorRegistry, generate_latest

from gate.alerts.model.kinds import AlertKind, Urgency
from gate.observability.alert_series import AlertSeries

KINDS, URGENCIES = [kind.value for kind in AlertKind], [urgency.value for urgency in Urgency]


def shown(registry: CollectorRegistry) -> dict[str, float]:
    lines = generate_latest(registry).decode().splitlines()
    series = (line.rsplit(" ", 1) for line in lines if line.startswith("enrollment_gate_alert"))
    return {name.removeprefix("enrollment_gate_"): float(value) for name, value in series if "_created" not in name}


def test_changes_and_digests_are_counted() -> None:
    series = AlertSeries(registry := CollectorRegistry(), KINDS, URGENCIES)

    series.alerts_changed("revalidation", "past_due", "raised", 3)
    series.alerts_changed("revalidation", "past_due", "raised", 1)
    series.digests_written(2)

    told = shown(registry)
    assert told['alert_changes_total{kind="revalidation",urgency="past_due",what="raised"}'] == 4
    assert told["alert_digests_total"] == 2


def test_whether_due_dates_could_be_told_is_counted_from_zero_on() -> None:
    """A series that begins with its first failure shows Prometheus no increase."""
    series = AlertSeries(registry := CollectorRegistry(), KINDS, URGENCIES)

    scans = {name: value for name, value in shown(registry).items() if name.startswith("alert_scans")}
    assert list(scans.values()) == [0] * 2 * len(KINDS)
    series.due_dates_read("attestation", are_told=False)
    assert shown(registry)['alert_scans_total{kind="attestation",result="unavailable"}'] == 1


def test_of_alerts_that_are_current_every_kind_is_told_or_it_is_said_that_nobody_knows() -> None:
    series = AlertSeries(registry := CollectorRegistry(), KINDS, URGENCIES)
    gauge = "alerts_current{kind="

    series.alerts_stand({("revalidation", "critical"): 7})
    told = {name: value for name, value in shown(registry).items() if name.startswith(gauge)}
    assert len(told) == len(KINDS) * len(URGENCIES)
    assert told['alerts_current{kind="revalidation",urgency="critical"}'] == sum(told.values()) == 7

    series.alerts_stand(None)
    assert all(isnan(value) for name, value in shown(registry).items() if name.startswith(gauge))
