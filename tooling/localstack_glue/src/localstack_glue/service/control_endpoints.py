"""The service's own endpoints under `/_glue`. Clients on other machines learn only that the service exists."""

import ipaddress
import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from werkzeug import Request, Response

from glue_triggers.cron import FIRST_YEAR, LAST_YEAR
from localstack_glue import __version__
from localstack_glue.faults.gateway import SWITCH, Faults
from localstack_glue.faults.plan import FaultPlan
from localstack_glue.provider import GlueProvider
from localstack_glue.service import stored_services
from localstack_glue.service.control_addresses import METHODS
from localstack_glue.service.settings import Network
from localstack_glue.workflows.scheduler import MAX_STARTS

_HOST = re.compile(r"(?:\[(?P<bracketed>[0-9A-Fa-f:.]+)\]|(?P<name>[A-Za-z0-9._-]+))(?::[0-9]{1,5})?", re.ASCII)
_MAX_BYTES = 100_000
_LOOPBACK_NAMES = ("localhost", "localhost.localstack.cloud")


class ControlEndpoints:
    """`/_glue/health`, `/_glue/clock`, `/_glue/iam`, `/_glue/faults` and `/_glue/reset`.

    ``faults`` makes calls fail in the gateway; None if it was not requested.
    """

    def __init__(
        self,
        provider: GlueProvider,
        allowed: tuple[Network, ...] = (),
        hosts: tuple[str, ...] = (),
        faults: Faults | None = None,
    ) -> None:
        self._provider = provider
        self._allowed = allowed
        self._hosts = hosts
        self._faults = faults
        self._endpoints: Mapping[str, Callable[[Request], Response]] = {
            "health": self.health,
            "clock": self.clock,
            "iam": self.iam,
            "faults": self.faults,
            "reset": self.reset,
        }

    def answer(self, name: str, request: Request) -> Response:
        """Respond to `/_glue/<name>`: 404 if there is no such endpoint, 405 if it does not have the method."""
        if name not in METHODS:
            return Response("not found", 404)
        method = "GET" if request.method == "HEAD" else request.method
        if method not in METHODS[name]:
            return Response("method not allowed", 405, {"Allow": ", ".join(METHODS[name])})
        return self._endpoints[name](request)

    def health(self, request: Request) -> Response:
        """GET: the version, the job runtime that was found, and what runs. Callers from elsewhere learn the version."""
        status = {"status": "running", "version": __version__}
        if refusal := self._refuse_host(request):
            return refusal
        if self._refuse(request):
            # through a container's published port all callers are remote, for example health checks
            return _json(status)
        settings, provider = self._provider.settings, self._provider
        missing = settings.missing_for_spark()
        return _json(
            {
                **status,
                "spark": {"available": missing is None, "missing": missing},
                "glue_versions": {
                    version: {"available": lacks is None, "missing": lacks}
                    for version, lacks in provider.job_executor.missing_by_version.items()
                },
                "python": str(settings.python),
                "java_home": str(settings.java_home) if settings.java_home else None,
                "jars": str(settings.jars_dir) if settings.jars_dir else None,
                "work_dir": str(settings.work_dir),
                "running": {
                    "job_runs": provider.job_executor.running_ids,
                    "crawls": provider.crawl_executor.running_ids,
                    "java_ahead": provider.job_executor.java_ahead,
                },
                "clock": self._clock_state(),
                "stored_only": sorted(stored_services.STORED_ONLY),
            }
        )

    def clock(self, request: Request) -> Response:
        """GET: the time. POST: any of {"set": ISO time}, {"advance_seconds": n}, {"frozen": bool}, {"reset": true}."""
        if refusal := self._refuse(request):
            return refusal
        if request.method == "POST":
            try:
                self._move(_document(request))
            except (ValueError, TypeError, AttributeError, OverflowError, RecursionError) as error:
                return _json({"message": f"invalid change of the clock: {error}"}, 400)
            self._provider.scheduler.tick()
        return _json(self._clock_state())

    def iam(self, request: Request) -> Response:
        """GET: the accesses of the roles of crawlers and jobs, the statements that allowed them, and the refusals."""
        if refusal := self._refuse(request):
            return refusal
        guard = self._provider.guard
        return _json({"enforced": guard is not None, "roles": guard.describe() if guard else {}})

    def faults(self, request: Request) -> Response:
        """GET: the plan and its effects. POST: another plan, {"seed": ..., "rules": [...]}. DELETE: no plan.

        Only for this machine, whatever networks may use the other endpoints.
        """
        if refusal := self._refuse(request):
            return refusal
        if not may_control(request.remote_addr, request.headers.get("Origin"), ()):
            return _json({"message": "only this machine may set faults"}, 403)
        if self._faults is None:
            return _json({"message": f"faults are off: start the server with {SWITCH}=1"}, 404)
        if request.method == "DELETE":
            self._faults.plan = None
        if request.method == "POST":
            try:
                self._faults.plan = FaultPlan.parse(_document(request))
            except (ValueError, TypeError, RecursionError) as error:
                return _json({"message": f"invalid fault plan: {error}"}, 400)
        plan = self._faults.plan
        return _json(plan.as_record() if plan else {"seed": None, "rules": [], "struck": []})

    def reset(self, request: Request) -> Response:
        """POST: stop all runs and delete all data."""
        if refusal := self._refuse(request):
            return refusal
        self._provider.reset()
        if self._faults is not None:
            self._faults.plan = None
        stored_services.reset()
        return _json({"reset": True})

    def _refuse_host(self, request: Request) -> Response | None:
        host = request.headers.get("Host")
        if host is None or is_served_host(host, self._hosts, self._allowed):  # every browser sends a host
            return None
        return _json(
            {"message": f"not served under the name {host[:100]!r}; LOCALSTACK_GLUE_CONTROL_HOSTS allows other names"},
            403,
        )

    def _refuse(self, request: Request) -> Response | None:
        if refusal := self._refuse_host(request):
            return refusal
        if may_control(request.remote_addr, request.headers.get("Origin"), self._allowed):
            return None
        return _json(
            {"message": "only this machine may call this; LOCALSTACK_GLUE_CONTROL_ALLOWED allows other networks"}, 403
        )

    def _move(self, change: dict[str, Any]) -> None:
        clock = self._provider.clock
        unknown = set(change) - {"set", "advance_seconds", "frozen", "reset"}
        if unknown:
            raise ValueError(f"unknown members {sorted(unknown)}")
        moment = self._destination(change)
        if change.get("reset"):
            clock.reset()
        if "frozen" in change:
            (clock.freeze if change["frozen"] else clock.unfreeze)()
        if moment is not None:
            clock.set(moment)

    def _destination(self, change: dict[str, Any]) -> datetime | None:
        """The time to which a change would set the clock, if any; raise ValueError if that is impossible."""
        moment = None
        if "set" in change:
            moment = datetime.fromisoformat(change["set"])
            moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        if "advance_seconds" in change:
            base = moment or (datetime.now(UTC) if change.get("reset") else self._provider.clock.now())
            moment = base + timedelta(seconds=float(change["advance_seconds"]))
        if moment is None:
            return None
        if not FIRST_YEAR <= moment.astimezone(UTC).year <= LAST_YEAR:
            raise ValueError(
                f"{moment.isoformat()} is not within the years {FIRST_YEAR} to {LAST_YEAR} that schedules support"
            )
        if self._provider.scheduler.is_too_far(moment):
            raise ValueError(
                f"more than {MAX_STARTS} starts are due until {moment.isoformat()}; move in smaller steps, or"
                " deactivate the schedules that should not fire"
            )
        return moment

    def _clock_state(self) -> dict[str, Any]:
        clock = self._provider.clock
        return {"now": clock.now().isoformat(), "frozen": clock.is_frozen}


def _document(request: Request) -> Any:
    """The JSON of a request. Raises ValueError."""
    body = request.get_data()
    if len(body) > _MAX_BYTES:
        raise ValueError(f"the body has {len(body)} bytes; the limit is {_MAX_BYTES}")
    return json.loads(body or b"{}")


def may_control(remote_addr: str | None, origin: str | None, allowed: tuple[Network, ...]) -> bool:
    """Whether a caller may use the endpoints, which nothing else protects: on this machine or an allowed network."""
    if origin:
        return False  # a page in a browser is never an allowed caller
    try:
        address = ipaddress.ip_address(remote_addr or "")
    except ValueError:
        return False
    return address.is_loopback or any(address in network for network in allowed)


def is_served_host(host: str, hosts: tuple[str, ...], allowed: tuple[Network, ...]) -> bool:
    """Whether a Host header names this machine, or a name from the settings.

    A web page whose name resolves to 127.0.0.1 sends that name: its request comes from this machine and, for GET, has
    no Origin.
    """
    found = _HOST.fullmatch(host)
    if found is None:
        return False
    name = (found["bracketed"] or found["name"]).lower().removesuffix(".")
    if name in (*_LOOPBACK_NAMES, *hosts):
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    return address.is_loopback or any(address in network for network in allowed)


def _json(body: dict[str, Any], status: int = 200) -> Response:
    return Response(json.dumps(body), status=status, mimetype="application/json")
