"""`gate jobs`, on an embedded database and nothing else running."""

from tests.cli.shell import Shell

JOBS = ["deliver-outbox", "ledger-retention", "outbox-retention", "job-history", "alert-scan", "alert-digests"]


def test_jobs_are_listed_with_schedule_and_last_run(lonely: Shell) -> None:
    listed = lonely.gate("jobs", "list", "--json").json
    assert [each["job"] for each in listed] == JOBS
    assert {each["last_run"] for each in listed} == {None}

    lonely.gate("jobs", "run", "job-history")

    table = lonely.gate("jobs", "list").out
    assert "never" in table
    assert "idle" in table


def test_a_run_is_told_and_kept_with_what_it_counted(lonely: Shell) -> None:
    told = lonely.gate("jobs", "run", "deliver-outbox", "--json").json
    (kept,) = lonely.gate("jobs", "history", "deliver-outbox", "--json").json

    assert told == kept
    assert (kept["state"], kept["is_ordered"], kept["attempts"]) == ("idle", True, 1)
    assert kept["summary"] == {"delivered": 0, "postponed": 0, "dead": 0}
    assert "delivered 0" in lonely.gate("jobs", "history", "deliver-outbox").out


def test_a_job_runs_for_a_given_time_once(lonely: Shell) -> None:
    once = ("jobs", "run", "outbox-retention", "--at", "2026-03-10")

    first, second = lonely.gate(*once), lonely.gate(*once)

    assert (first.code, second.code) == (0, 0)
    assert first.out.startswith("outbox-retention: idle in ")
    assert (second.out, "it ran for that time already" in second.err) == ("", True)
    (run,) = lonely.gate("jobs", "history", "outbox-retention", "--json").json
    assert run["scheduled_for"] == "2026-03-10T00:00:00Z"


def test_what_there_is_not_ends_with_2(lonely: Shell) -> None:
    assert lonely.gate("jobs", "run", "nonsense").complaint == "there is no such job"
    assert lonely.gate("jobs", "history", "nonsense").complaint == "there is no such job"
    assert "--tenant is for ledger-retention" in lonely.gate("jobs", "run", "job-history", "--tenant", "acme").complaint


def test_without_a_database_it_says_so(lonely: Shell) -> None:
    ran = lonely.gate("jobs", "list", GATE_DATABASE_URL="postgresql://nobody@127.0.0.1:1/gate")
    assert "the database cannot be reached" in ran.complaint
