"""The doubles of the five portals over real HTTP, each under its own prefix, with a scripted population and faults."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Final

from aiohttp import web

from sources.clock import Clock, utc_now
from sources.connection import SourceConnection
from sources.sandbox.access import is_admitted, sandbox_connections
from sources.sandbox.answers import CANNED, broken_off, error_page, refusal, reset
from sources.sandbox.faults import Fault, FaultKind, parse_faults
from sources.sandbox.population import PORTALS, Population, default_population, parse_population
from sources.sandbox.wire import answer

_LARGEST_POPULATION: Final = 256 * 1024 * 1024
_SHUTDOWN_SECONDS: Final = 1.0
_ANY_HOST: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - what a listener on any address is reached by


class Sandbox:
    """What the portals know and how they misbehave; may be replaced while they run."""

    def __init__(self, population: Population, clock: Clock) -> None:
        self._clock = clock
        self._population = population
        self._faults: Mapping[str, Fault] = {}
        self._met: Counter[str] = Counter()
        self._calls: Counter[str] = Counter()
        self._stopping = asyncio.Event()
        self.replace_population(population)

    def replace_population(self, population: Population) -> None:
        """Serve another population, and its faults where it names any."""
        self._population = population
        if population.faults is not None:
            self.replace_faults(population.faults)

    def replace_faults(self, faults: Mapping[str, Fault]) -> None:
        """Misbehave so from now on; portals not named behave."""
        self._faults = dict(faults)
        self._met.clear()

    def calls(self) -> dict[str, int]:
        """Requests each portal has received, whatever became of them."""
        return {portal: self._calls[portal] for portal in PORTALS}

    def forget_calls(self) -> None:
        """Count from nought again."""
        self._calls.clear()

    async def release(self, _: web.Application) -> None:
        """Let go of the calls that are never answered, so that stopping is quick."""
        self._stopping.set()

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One call of one portal: counted, then the fault, then the credential, then the answer."""
        portal = request.match_info["portal"]
        self._calls[portal] += 1
        fault = self._fault_met_by(portal)
        if fault is None:
            return self._answer(portal, request)
        await asyncio.sleep(fault.wait_seconds)
        return await self._misbehave(fault.kind, portal, request)

    def _fault_met_by(self, portal: str) -> Fault | None:
        fault = self._faults.get(portal)
        if fault is None:
            return None
        self._met[portal] += 1
        return fault if fault.strikes(self._met[portal]) else None

    def _answer(self, portal: str, request: web.Request) -> web.Response:
        if not is_admitted(portal, request.headers):
            return refusal()
        told = answer(self._population, portal, request.match_info["path"], request.query, self._clock())
        if told is None:
            return error_page(HTTPStatus.NOT_FOUND)
        return web.json_response(told.body, status=told.status)

    async def _misbehave(self, kind: FaultKind, portal: str, request: web.Request) -> web.StreamResponse:
        if kind in CANNED:
            return CANNED[kind]()
        if kind is FaultKind.MALFORMED:
            return broken_off(self._answer(portal, request))
        if kind is FaultKind.TIMEOUT:
            await self._stopping.wait()
            return reset(request)
        return reset(request) if kind is FaultKind.RESET else self._answer(portal, request)


class RunningSandbox:
    """A sandbox that listens."""

    def __init__(self, runner: web.AppRunner, base_url: str, sandbox: Sandbox) -> None:
        self._runner = runner
        self.base_url = base_url
        """Without a trailing slash; each portal is below it under its source's name."""
        self.sandbox = sandbox

    @property
    def connections(self) -> dict[str, SourceConnection]:
        """How each built-in source reaches its double."""
        return sandbox_connections(self.base_url)

    async def stop(self) -> None:
        """Stop listening; calls that hang are dropped."""
        await self._runner.cleanup()


async def start_sandbox(
    host: str = "127.0.0.1", port: int = 0, population: Population | None = None, clock: Clock = utc_now
) -> RunningSandbox:
    """Serve the five portals; port 0 takes any free one, no population the bundled one.

    `clock` decides what `today` in a population means, in the state of each portal.

    Raises:
        OSError: the address cannot be listened on.
    """
    sandbox = Sandbox(default_population() if population is None else population, clock)
    # Without handler_cancellation a call that hangs would outlive the client that gave up on it.
    runner = web.AppRunner(
        _application(sandbox), access_log=None, handler_cancellation=True, shutdown_timeout=_SHUTDOWN_SECONDS
    )
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError:
        await runner.cleanup()
        raise
    bound_host, bound_port = runner.addresses[0][:2]
    reached_by = _ANY_HOST.get(bound_host, bound_host)
    origin = f"[{reached_by}]:{bound_port}" if ":" in reached_by else f"{reached_by}:{bound_port}"
    return RunningSandbox(runner, f"http://{origin}", sandbox)


def _application(sandbox: Sandbox) -> web.Application:
    async def put_population(request: web.Request) -> web.Response:
        return await _replace(request, lambda document: sandbox.replace_population(parse_population(document)))

    async def put_faults(request: web.Request) -> web.Response:
        return await _replace(request, lambda document: sandbox.replace_faults(parse_faults(document, PORTALS)))

    async def get_calls(_: web.Request) -> web.Response:
        return web.json_response(sandbox.calls())

    async def delete_calls(_: web.Request) -> web.Response:
        sandbox.forget_calls()
        return web.json_response(sandbox.calls())

    application = web.Application(client_max_size=_LARGEST_POPULATION)
    application.router.add_put("/sandbox/population", put_population)
    application.router.add_put("/sandbox/faults", put_faults)
    application.router.add_get("/sandbox/calls", get_calls)
    application.router.add_delete("/sandbox/calls", delete_calls)
    application.router.add_get(f"/{{portal:{'|'.join(PORTALS)}}}/{{path:.*}}", sandbox.serve)
    application.on_shutdown.append(sandbox.release)
    return application


async def _replace(request: web.Request, replace: Callable[[object], None]) -> web.Response:
    try:
        replace(json.loads(await request.read()))
    except ValueError as error:
        return web.json_response({"error": str(error)}, status=HTTPStatus.BAD_REQUEST)
    return web.json_response({"status": "replaced"})
