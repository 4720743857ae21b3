"""Everything that lists or counts credentialing records, at each of the three doors: pages, REST and gRPC."""

from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
from google.protobuf.message import Message

from gate.credentialing.model.applications import ApplicationFilter, ApplicationStatus
from gate.credentialing.model.contracts import ContractFilter
from gate.credentialing.model.enrollments import DeadlineFilter, EnrollmentFilter, EnrollmentStatus
from gate.credentialing.model.paging import PageRequest, page_of
from gate.credentialing.model.payers import PayerFilter
from gate.credentialing.model.preferences import Preferences
from gate.credentialing.model.providers import ProviderFilter
from gate.credentialing.model.tasks import TaskFilter, TaskStatus
from gate.credentialing.service.enrollments import Window
from gate.v1 import credentialing_pb2 as pb
from tests.bench.credentialing_rows import COORDINATORS, Population

PAGES: Final = "/pm/credentialing"
API: Final = "/api/admin"
_NOBODY: Final = "1999999999"


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """One list or figure; empty where a door does not have it."""

    name: str
    page: str = ""
    """Its address in the portal."""
    rest: str = ""
    rpc: str = ""
    message: Message | None = None
    deep: str = ""
    """The token of a page far down."""
    is_paged: bool = True


def questions(people: Population) -> Iterator[Question]:
    """About this organisation."""
    yield from _enrollments(people)
    yield from _deadlines(people)
    yield from _applications(people)
    yield from _roster(people)
    yield from _payers(people)
    yield from _of_one_provider(people)
    yield from _tasks(people)
    yield from _contracts(people)
    yield from _reports(people)
    yield Question(name="today", page="/today?", rest="/api/today", is_paged=False)


def token_after(wanted: msgspec.Struct, *position: str) -> str:
    """Of the page that begins behind the record at `position`."""
    return page_of((None, None), PageRequest(1), wanted, lambda _: position).next_page_token


def _enrollments(people: Population) -> Iterator[Question]:
    npi, number = people.npi_of(people.providers // 2), people.providers // 2
    tenth = people.enrollment_id(len(people.pairs) // 10)
    searches = {
        "an NPI": npi,
        "a billing NPI": "1800001116"[:9] + "6",
        "a taxonomy": people.taxonomy_of(number),
        "a rare taxonomy": people.taxonomy_of(1),
        "an NPI nobody has": _NOBODY,
        "the beginning of many": "1",
        "the beginning of some": npi[:4],
        "the beginning of few": npi[:6],
        "the beginning of taxonomies": "207",
        "the beginning of none": "1999",
        "what no code holds": "acme-clinic",
    }
    wanted = {"all": EnrollmentFilter()}
    wanted |= {status.value: EnrollmentFilter(status=status) for status in EnrollmentStatus}
    wanted |= {f"search {name}": EnrollmentFilter(search=text) for name, text in searches.items()}
    wanted |= {
        f"{status.value}, search {name}": EnrollmentFilter(search=searches[name], status=status)
        for status in (EnrollmentStatus.ENROLLED, EnrollmentStatus.DENIED)
        for name in ("a taxonomy", "the beginning of many", "the beginning of taxonomies", "the beginning of none")
    }
    for name, each in wanted.items():
        query = _query(search=each.search, status=each.status)
        yield Question(
            name=f"enrollments, {name}",
            page=f"{PAGES}?{query}",
            rest=f"{API}/enrollments?{query}",
            rpc="ListEnrollments",
            message=pb.ListEnrollmentsRequest(
                search=each.search, status=_enum("PROVIDER_ENROLLMENT_STATUS", each.status)
            ),
            deep=token_after(each, tenth) if not each.search or "many" in name else "",
        )
    one, payer = people.provider_id(number), people.payer_id(people.payers // 2)
    by_record: dict[str, dict[str, Any]] = {
        "of a provider": {"provider_id": one},
        "of a payer": {"payer_id": payer},
        "of both": {"provider_id": one, "payer_id": payer},
    }
    for name, fields in by_record.items():
        for status in (None, EnrollmentStatus.DENIED):
            wanted_one = EnrollmentFilter(status=status, **fields)
            yield Question(
                name=f"enrollments, {name}{f', {status.value}' if status else ''}",
                rest=f"{API}/enrollments?{_query(status=status, **_camel(fields))}",
                rpc="ListEnrollments",
                message=pb.ListEnrollmentsRequest(status=_enum("PROVIDER_ENROLLMENT_STATUS", status), **fields),
                deep=token_after(wanted_one, tenth),
            )
    yield Question(name="enrollments, a new one's form", page=f"{PAGES}/enrollments/new", is_paged=False)


def _deadlines(people: Population) -> Iterator[Question]:
    wanted = Window(days=Preferences().recred_alert_lead_days, wanted=DeadlineFilter())
    late = token_after(wanted, people.today.isoformat(), people.enrollment_id(len(people.pairs) // 2))
    yield Question(
        name="deadlines",
        page=f"{PAGES}/deadlines?",
        rest=f"{API}/credentialing-deadlines?",
        rpc="ListDeadlines",
        message=pb.ListDeadlinesRequest(),
        deep=late,
    )


def _applications(people: Population) -> Iterator[Question]:
    tenth = people.application_id(len(people.pairs) // 10)
    for status in (None, *ApplicationStatus):
        query = _query(status=status)
        yield Question(
            name=f"applications, {status.value if status else 'all'}",
            page=f"{PAGES}/applications?{query}",
            rest=f"{API}/credentialing-applications?{query}",
            rpc="ListApplications",
            message=pb.ListApplicationsRequest(application_status=_enum("APPLICATION_STATUS", status)),
            deep=token_after(ApplicationFilter(application_status=status), tenth),
        )
    yield Question(
        name="applications, overdue",
        page=f"{PAGES}/applications?status=overdue",
        rest=f"{API}/credentialing-applications?overdue=true",
        rpc="ListApplications",
        message=pb.ListApplicationsRequest(is_overdue=True),
        deep=token_after(ApplicationFilter(is_overdue=True), people.today.isoformat(), tenth),
    )
    fields: dict[str, Any] = {"payer_id": people.payer_id(people.payers // 2)}
    for status in (None, ApplicationStatus.DENIED):
        yield Question(
            name=f"applications, of a payer{', denied' if status else ''}",
            rest=f"{API}/credentialing-applications?{_query(status=status, **_camel(fields))}",
            rpc="ListApplications",
            message=pb.ListApplicationsRequest(application_status=_enum("APPLICATION_STATUS", status), **fields),
            deep=token_after(ApplicationFilter(application_status=status, **fields), tenth),
        )


def _roster(people: Population) -> Iterator[Question]:
    npi = people.npi_of(people.providers // 2)
    for name, text in {
        "all": "",
        "search a name": "patel-",
        "search nobody": "nobody",
        "search an NPI": npi,
        "search the beginning of NPIs": npi[:3],
    }.items():
        query = _query(search=text)
        yield Question(
            name=f"roster, {name}",
            page=f"/pm/providers?{query}",
            rest=f"{API}/providers?{query}",
            rpc="ListProviders",
            message=pb.ListProvidersRequest(search=text),
            deep="" if text else token_after(ProviderFilter(), "haddad", ""),
        )


def _payers(people: Population) -> Iterator[Question]:
    for name, text in {"all": "", "search": "novak", "search nothing": "zzz"}.items():
        yield Question(
            name=f"payers, {name}",
            rest=f"{API}/payers?{_query(search=text)}",
            rpc="ListPayers",
            message=pb.ListPayersRequest(search=text),
            deep="" if text else token_after(PayerFilter(), "novak", ""),
        )
    one = people.provider_id(people.providers // 2)
    board = f"/admin/provider-credentialing/{one}"
    for name, page, provider_id in (("directory", "/pm/payers?", ""), ("for a provider", f"{board}?tab=payers&", one)):
        for sort in ("", "name", "-contracts", "-bookable", "census"):
            yield Question(
                name=f"payers, {name}{f', by {sort}' if sort else ''}",
                page=f"{page}{_query(sort=sort)}",
                rest=f"{API}/payers/selection-stats?{_query(providerId=provider_id)}" if not sort else "",
                rpc="ListPayerStatistics" if not sort else "",
                message=pb.ListPayerStatisticsRequest(provider_id=provider_id),
            )


def _of_one_provider(people: Population) -> Iterator[Question]:
    one = people.provider_id(people.providers // 2)
    yield Question(
        name="dashboard",
        page=f"/admin/provider-credentialing/{one}?tab=tasks",
        rest=f"{API}/providers/{one}/credentialing-dashboard",
        rpc="GetCredentialingDashboard",
        message=pb.GetCredentialingDashboardRequest(provider_id=one),
        is_paged=False,
    )
    for tab in ("contracts", "enrollments"):
        yield Question(name=f"dashboard, {tab}", page=f"/admin/provider-credentialing/{one}?tab={tab}", is_paged=False)


def _tasks(people: Population) -> Iterator[Question]:
    middle = (people.today.isoformat(), people.id_of(5, 100))
    for status in (None, *TaskStatus):
        for whom in ("", COORDINATORS[3], "nobody"):
            wanted = TaskFilter(assigned_to=whom, task_status=status)
            yield Question(
                name=f"tasks, {status.value if status else 'all'}{f', of {whom}' if whom else ''}",
                rest=f"{API}/credentialing-tasks?{_query(status=status, assignedTo=whom)}",
                rpc="ListTasks",
                message=pb.ListTasksRequest(assigned_to=whom, task_status=_enum("TASK_STATUS", status)),
                deep=token_after(wanted, *middle),
            )


def _contracts(people: Population) -> Iterator[Question]:
    tenth = people.id_of(6, len(people.pairs) // 10)
    by_record: dict[str, dict[str, Any]] = {
        "all": {},
        "of a provider": {"provider_id": people.provider_id(people.providers // 2)},
        "of a payer": {"payer_id": people.payer_id(people.payers // 2)},
        "of a payer without any": {"payer_id": people.id_of(2, people.payers + 1)},
    }
    for name, fields in by_record.items():
        yield Question(
            name=f"contracts, {name}",
            rest=f"{API}/contracts?{_query(**_camel(fields))}",
            rpc="ListContracts",
            message=pb.ListContractsRequest(**fields),
            deep=token_after(ContractFilter(**fields), tenth),
        )


def _reports(people: Population) -> Iterator[Question]:
    for whom in (COORDINATORS[3], "nobody"):
        yield Question(
            name=f"calendar of {whom}",
            rest=f"{API}/credentialing-calendar.ics?{_query(coordinator=whom)}",
            rpc="GetCalendar",
            message=pb.GetCalendarRequest(coordinator=whom),
            is_paged=False,
        )
    yield Question(
        name="pipeline",
        rest=f"{API}/credentialing-pipeline",
        rpc="GetPipelineSummary",
        message=pb.GetPipelineSummaryRequest(),
        is_paged=False,
    )
    yield Question(
        name="figures",
        page=f"{PAGES}/applications/figures?",
        rest=f"{API}/credentialing-durations?",
        rpc="ListDurations",
        message=pb.ListDurationsRequest(),
    )
    yield Question(
        name="mismatches",
        page=f"{PAGES}/mismatches?",
        rest=f"{API}/credentialing-mismatches?",
        rpc="ListMismatches",
        message=pb.ListMismatchesRequest(),
        deep=token_after(ProviderFilter(), "haddad", ""),
    )


def _query(**wanted: Any) -> str:
    return urlencode({name: str(value) for name, value in wanted.items() if value})


def _camel(fields: dict[str, str]) -> dict[str, str]:
    return {name.replace("_id", "Id"): value for name, value in fields.items()}


def _enum(kind: str, value: Any) -> Any:
    return f"{kind}_{value.name}" if value is not None else 0
