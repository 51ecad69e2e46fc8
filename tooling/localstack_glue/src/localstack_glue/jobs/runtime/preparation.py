"""Turns a job run into a command with its files and environment."""

import os
import shlex
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from localstack_glue.jobs.definitions import why_not_runnable
from localstack_glue.jobs.job_processes import Launch
from localstack_glue.jobs.runtime import arguments, bootstrap, jars, spark_conf
from localstack_glue.jobs.runtime.environment import (
    RunEnvironment,
    RunRequest,
    conf_folder,
    event_log_folder,
    run_environment,
    scratch_folder,
    temporary_folder,
)
from localstack_glue.jobs.runtime.files import JobPreparationError, fetch, fetch_all
from localstack_glue.jobs.runtime.ignored_arguments import refusal
from localstack_glue.jobs.runtime.modules import ModuleInstaller, RuntimePython, missing_requirements
from localstack_glue.jobs.runtime.wheels_zip import is_wheels_zip, unpack
from localstack_glue.service.settings import Settings

REASON_FILE = "error-message"
# called as soon as a run's environment is known; returns further variables for the script's environment
Begin = Callable[[RunEnvironment], Mapping[str, str]]


def prepare(
    request: RunRequest,
    s3: Any,
    settings: Settings,
    installer: ModuleInstaller,
    folder: Path,
    begin: Begin = lambda _surroundings: {},
) -> Launch:
    """Write the configuration, fetch the files, and build the command.

    Raises:
        JobPreparationError: the run cannot start.
    """
    identity, uri = request.identity, request.script_location
    if reason := why_not_runnable(identity.job_name, identity.run_id, request.command, uri):
        raise JobPreparationError(reason)
    if reason := refusal(request.merged, is_spark=request.is_spark):
        raise JobPreparationError(reason)
    check_runtime(request, settings)
    modules = _modules(request, s3, settings, installer, folder)
    found = run_environment(request, settings, folder, modules)
    lay_out(folder, found)
    more = begin(found)
    script = fetch(s3, uri, folder / "script")
    for position, uri in enumerate(arguments.comma_list(request.merged, "--extra-py-files")):
        fetch(s3, uri, folder / "python" / str(position))
    if request.is_spark:
        for uri in arguments.comma_list(request.merged, "--extra-files"):
            fetch_all(s3, uri, scratch_folder(folder))
        for position, uri in enumerate(request.extra_jars):
            fetch(s3, uri, folder / "jars" / str(position))
    # the bootstrap is run by its file: the job's Python does not know this package
    command = [str(settings.python), str(Path(bootstrap.__file__)), str(folder / REASON_FILE), str(script)]
    command += arguments.script_arguments(request.merged, request.identity)
    environment = {**found.environment, bootstrap.PARENT_VARIABLE: str(os.getpid()), **more}
    return Launch(folder.name, command, environment, scratch_folder(folder))


def lay_out(folder: Path, found: RunEnvironment) -> None:
    """Create a run's folders, and write Spark's configuration; an existing one is kept."""
    scratch_folder(folder).mkdir(parents=True, exist_ok=True)
    temporary_folder(folder).mkdir(exist_ok=True)
    if "spark.eventLog.dir" in found.properties:
        event_log_folder(folder).mkdir(exist_ok=True)
    if found.properties and not conf_folder(folder).exists():
        spark_conf.write(conf_folder(folder), found.properties)


def read_reason(folder: Path) -> str | None:
    """Return the reason that the failed script wrote (G29)."""
    file = folder / REASON_FILE
    return file.read_text(encoding="utf-8", errors="replace") if file.is_file() else None


def check_runtime(request: RunRequest, settings: Settings) -> None:
    """Raise JobPreparationError if this machine lacks something that a run needs."""
    if not settings.python.exists():
        raise JobPreparationError(f"there is no Python at {settings.python}; set LOCALSTACK_GLUE_PYTHON")
    if not request.is_spark:
        return
    if missing := settings.missing_for_spark():
        raise JobPreparationError(f"This machine cannot run Spark jobs: {missing}")
    if missing := jars.missing(request.merged, settings):
        raise JobPreparationError(missing)


def missing_modules(request: RunRequest, settings: Settings) -> list[str]:
    """List the `--additional-python-modules` that the job runtime does not have."""
    wanted = arguments.comma_list(request.merged, "--additional-python-modules")
    return missing_requirements(wanted, RuntimePython.probe(settings.python)) if wanted else []


def _modules(request: RunRequest, s3: Any, settings: Settings, installer: ModuleInstaller, folder: Path) -> list[str]:
    missing = missing_modules(request, settings)
    options = shlex.split(request.merged.get("--python-modules-installer-option", ""))
    wanted = []
    for line in missing:
        module = str(fetch(s3, line, folder / "wheels")) if line.startswith("s3://") else line
        if is_wheels_zip(module):
            found = unpack(Path(module), installer.cache)
            options += ["--find-links", str(found.folder)]
            wanted += missing_requirements(found.requirements, RuntimePython.probe(settings.python))
        else:
            wanted.append(module)
    return [str(installer.install(wanted, options))] if wanted else []
