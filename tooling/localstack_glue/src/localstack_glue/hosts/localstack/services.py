"""The services as a host of LocalStack's kind takes them: LocalStack itself, and forks of it under their own names.

Imports stay inside the functions: plux loads the modules that name them at every start.
"""

import functools
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from localstack.services.plugins import Service
    from werkzeug import Request, Response

    from localstack_glue.crawlers.execution import ReadInProcess
    from localstack_glue.faults.gateway import Faults
    from localstack_glue.iam.guard import RoleGuard
    from localstack_glue.provider import GlueProvider
    from localstack_glue.service.account_region import Scope
    from localstack_glue.service.clients import ClientFactory
    from localstack_glue.service.control_endpoints import ControlEndpoints
    from localstack_glue.service.state_files import StateFile


_FIRST_USE = threading.Lock()


def glue() -> "Service":
    """Make the service at its first use."""
    from localstack_glue.hosts.localstack.dispatch import build_service

    return build_service(_provider())


def athena() -> "Service":
    """Make Athena at its first use."""
    from localstack_glue.athena.callers import RoleCallers
    from localstack_glue.athena.engines import Engines
    from localstack_glue.athena.provider import AthenaProvider
    from localstack_glue.hosts.localstack.dispatch import build_service
    from localstack_glue.iam.moto_sessions import MotoSessions
    from localstack_glue.service.clock import SystemClock

    guard = _provider().guard
    clients = _clients(guard)
    callers = RoleCallers(clients, guard, MotoSessions()) if guard is not None else None
    engines = Engines(clients, callers, functools.partial(_reads(), guard))
    return build_service(AthenaProvider(SystemClock(), engines.of, callers, on_close=engines.close))


def budgets() -> "Service":
    """Make Budgets, which are stored only, at their first use."""
    from localstack_glue.budgets.provider import BudgetsProvider
    from localstack_glue.hosts.localstack.dispatch import build_service
    from localstack_glue.service.clock import SystemClock

    return build_service(BudgetsProvider(SystemClock()))


def quicksight() -> "Service":
    """Make QuickSight, which is stored only, at its first use."""
    from localstack_glue.hosts.localstack.dispatch import build_service
    from localstack_glue.quicksight.provider import QuickSightProvider
    from localstack_glue.service.clock import SystemClock

    return build_service(QuickSightProvider(SystemClock()))


def take_in() -> None:
    """Fix the faults of this Python and of hosts of this kind, and add the control endpoints."""
    from localstack.aws import handlers

    from localstack_glue.hosts import process
    from localstack_glue.hosts.localstack import host_mode, python_versions, s3_listing, service_index
    from localstack_glue.hosts.localstack.awaited_runs import AwaitedRuns
    from localstack_glue.hosts.localstack.missing_dashboards import correct_missing_dashboard
    from localstack_glue.hosts.localstack.workflow_targets import WorkflowTargets
    from localstack_glue.service.control_addresses import CONTROL, METHODS

    process.save_time()
    python_versions.apply()
    if (faults := _faults()) is not None:
        from localstack_glue.hosts.localstack.faulty_gateway import install

        install(faults)
    host_mode.bind_only_to_configured_hosts()
    if root := os.environ.get("FILESYSTEM_ROOT"):  # set in host mode only, a folder per LocalStack
        host_mode.keep_s3_objects_in(Path(root).absolute() / "s3-objects")
    s3_listing.repair()
    service_index.keep()
    handlers.run_custom_response_handlers.append(correct_missing_dashboard)
    handlers.serve_custom_service_request_handlers.append(WorkflowTargets(_provider))
    handlers.serve_custom_service_request_handlers.append(AwaitedRuns())
    from localstack.services.edge import ROUTER

    for name, methods in METHODS.items():
        ROUTER.add(f"{CONTROL}{name}", functools.partial(_answer_control, name), methods=list(methods))


def take_up_state() -> None:
    """Start the service if it has stored state: its schedules are due without a call."""
    from localstack.services.plugins import SERVICE_PLUGINS

    from localstack_glue.service.settings import find_state_dir
    from localstack_glue.service.state_files import STATE_FILE

    folder = find_state_dir(os.environ, _persistent_dir())
    if folder is not None and (folder / STATE_FILE).exists():
        SERVICE_PLUGINS.require("glue")


def stop_everything() -> None:
    """End job runs and crawls before LocalStack ends."""
    if _make_provider.cache_info().currsize:
        _provider().close()


def _provider() -> "GlueProvider":
    with _FIRST_USE:  # the first two requests may come at the same time
        return _make_provider()


@functools.cache
def _make_provider() -> "GlueProvider":
    from localstack import config
    from localstack.aws import handlers

    from localstack_glue.hosts.localstack.catalog_events import CatalogEventHandler
    from localstack_glue.jobs.job_processes import SubprocessRunner
    from localstack_glue.provider import GlueProvider
    from localstack_glue.service.settings import Settings, is_iam_enforced

    guard = _guard_calls() if is_iam_enforced(os.environ) else None
    settings = Settings.from_env(os.environ, Path(config.dirs.cache) / "glue", _persistent_dir())
    provider = GlueProvider(settings, _clients(guard), SubprocessRunner(), _reads())
    handlers.run_custom_response_handlers.append(CatalogEventHandler(provider.events))
    if provider.state is not None:
        handlers.run_custom_response_handlers.append(_follower(provider.state))
    return provider


def _clients(guard: "RoleGuard | None") -> "ClientFactory":
    """Clients of the host around; roles are assumed in it directly, as it knows no caller that they all trust."""
    from localstack import config
    from localstack.services.plugins import SERVICE_PLUGINS

    from localstack_glue.iam.moto_sessions import open_session
    from localstack_glue.service.clients import ClientFactory, Credentials

    def assumed(scope: "Scope", role_arn: str, session_name: str) -> Credentials:
        SERVICE_PLUGINS.require("sts")  # its keys have the form from which the host reads an account
        return Credentials(*open_session(scope, role_arn, session_name))

    return ClientFactory(config.internal_service_url(host="127.0.0.1"), guard, assumed)


def _persistent_dir() -> Path | None:
    from localstack import config

    return Path(config.dirs.data) / "glue" if config.PERSISTENCE else None


def _follower(state: "StateFile") -> Callable[..., None]:
    """Follow the responses to Glue's calls: all except those that only read may have changed something."""

    def follow(_chain: Any, context: Any, _response: Any) -> None:
        if context.service is None or context.service.service_name != "glue" or context.operation is None:
            return
        if not context.operation.name.startswith(("Get", "List", "BatchGet", "Search")):
            state.touch()

    return follow


def _guard_calls() -> "RoleGuard":
    """Check the calls of roles that the service assumes. Before its first use, nobody has their credentials."""
    from localstack.aws import handlers

    from localstack_glue.hosts.localstack.role_check import RoleChain, RoleGuardHandler, add_refused_deletions
    from localstack_glue.iam.guard import RoleGuard
    from localstack_glue.iam.roles import MotoRoles

    guard = RoleGuard(MotoRoles())
    handlers.serve_custom_service_request_handlers.append(RoleGuardHandler(guard))
    handlers.run_custom_response_handlers.append(add_refused_deletions)
    handlers.run_custom_response_handlers.append(RoleChain(guard))
    return guard


@functools.cache
def _control() -> "ControlEndpoints":
    from localstack_glue.service.control_endpoints import ControlEndpoints

    provider = _provider()
    settings = provider.settings
    return ControlEndpoints(provider, settings.control_networks, settings.control_hosts, _faults())


def _answer_control(name: str, request: "Request") -> "Response":
    return _control().answer(name, request)


def _reads() -> "ReadInProcess":
    """How S3 is read without a request; by requests alone where calls fail on order, which these would pass by."""
    from localstack_glue.crawlers.execution import requests_only
    from localstack_glue.hosts.localstack.s3_in_process import in_process_reads

    return in_process_reads if _faults() is None else requests_only


@functools.cache
def _faults() -> "Faults | None":
    """The faults of calls; None unless the environment enables them."""
    from localstack_glue.faults.gateway import SWITCH, Faults

    return Faults() if os.environ.get(SWITCH, "").lower() in ("1", "true", "on") else None
