"""Decides which Spark runs get a Java from the service, and starts one ahead of a run that is likely soon."""

import logging
import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from localstack_glue.iam.guard import RoleNotAssumableError
from localstack_glue.jobs import spark_jvms
from localstack_glue.jobs.definitions import DEFAULT_GLUE_VERSION, requested_workers
from localstack_glue.jobs.runtime.arguments import RunIdentity
from localstack_glue.jobs.runtime.bookmark_files import job_id
from localstack_glue.jobs.runtime.environment import RunEnvironment, RunRequest, run_environment
from localstack_glue.jobs.runtime.files import JobPreparationError
from localstack_glue.jobs.runtime.preparation import check_runtime, missing_modules
from localstack_glue.jobs.runtime.runtimes import Runtimes
from localstack_glue.jobs.spark_jvms import IDLE_S, SparkJvm, WaitingJvm, WaitingJvms
from localstack_glue.service.account_region import Scope
from localstack_glue.service.clients import ClientFactory, Credentials
from localstack_glue.service.settings import Settings, WarmJvm

LOG = logging.getLogger(__name__)
NO_CREDENTIALS = Credentials("", "")


class StartJvm(Protocol):
    """Starts Java for a run in its folder."""

    def __call__(self, spark_home: Path, folder: Path, run_environment: RunEnvironment, *, is_ahead: bool) -> SparkJvm:
        """Start it; one ahead of its run is warmed up."""
        ...


def run_request(
    scope: Scope,
    identity: RunIdentity,
    plan: Mapping[str, Any],
    merged: Mapping[str, str],
    endpoint_url: str,
    credentials: Credentials = NO_CREDENTIALS,
) -> RunRequest:
    """Collect the known properties of a run."""
    worker_type, workers = requested_workers(plan)
    return RunRequest(
        identity,
        plan["Command"],
        merged,
        worker_type,
        workers,
        endpoint_url,
        scope.region,
        credentials,
        str(plan.get("GlueVersion") or DEFAULT_GLUE_VERSION),
    )


class JavaAhead:
    """Starts Java for runs. With WarmJvm.OFF it does nothing, and scripts start it themselves."""

    def __init__(
        self,
        settings: Settings,
        clients: ClientFactory,
        runs_dir: Path,
        start: StartJvm = spark_jvms.start,
        runtimes: Runtimes | None = None,
    ) -> None:
        self._settings = settings
        self._runtimes = runtimes or Runtimes(settings)
        self._clients = clients
        self._runs_dir = runs_dir
        self._start = start
        self._waiting = WaitingJvms(IDLE_S.get(settings.warm_jvm, 0))
        self._starting = threading.Lock()

    @property
    def state(self) -> str | None:
        """The state of the waiting JVM: `starting`, `ready`, or None."""
        return self._waiting.state

    def expect(self, scope: Scope, job_name: str, plan: Mapping[str, Any], merged: Mapping[str, str]) -> None:
        """Start Java for a job that is likely to run soon, on another thread, unless one waits that fits."""
        if self._settings.warm_jvm is WarmJvm.OFF:
            return
        identity = RunIdentity(job_name, job_id(scope.arn("job", job_name)), "")
        request = run_request(scope, identity, plan, merged, self._clients.endpoint_url)
        if self._gets_java(request):
            threading.Thread(
                target=self._start_ahead,
                args=(scope, plan["Role"], request, self._waiting.era),
                name="glue-java-ahead",
                daemon=True,
            ).start()

    def take(self, scope: Scope, role: str, request: RunRequest) -> WaitingJvm | None:
        """Take the Java that waits, if this run's own would be just so; `request` needs no credentials yet."""
        if self._settings.warm_jvm is WarmJvm.OFF or not self._gets_java(request):
            return None
        try:
            fits = self._fits(scope, role, request, self._runtimes.of(request, may_make=False))
        except JobPreparationError:
            return None  # the run itself will report it
        return self._waiting.take(fits)

    def start(
        self, request: RunRequest, folder: Path, found: RunEnvironment, spark_home: Path | None = None
    ) -> SparkJvm | None:
        """Start Java for a run while its files are fetched; None if the script is to start it."""
        if self._settings.warm_jvm is WarmJvm.OFF or not self._gets_java(request):
            return None
        return self._begin(spark_home or self._settings.spark_home, folder, found, is_ahead=False)

    def drop(self) -> None:
        """End the waiting JVM."""
        self._waiting.drop()

    def _start_ahead(self, scope: Scope, role: str, request: RunRequest, era: int) -> None:
        try:
            settings = self._runtimes.of(request, may_make=False)
            check_runtime(request, settings)
            if missing_modules(request, settings):
                return  # what they add to the path is known when they are installed
            with self._starting:
                if self._waiting.has(self._fits(scope, role, request, settings)):
                    return
                name = f"ahead_{secrets.token_hex(8)}"
                credentials = self._clients.assume_role(scope, role, f"GlueJobRunnerSession-{name}")
                folder = self._runs_dir / name
                found = run_environment(replace(request, credentials=credentials), settings, folder, ())
                jvm = self._begin(settings.spark_home, folder, found, is_ahead=True)
                if jvm is not None:
                    LOG.info("starting Java ahead of a run of %s", request.identity.job_name)
                    self._waiting.put(WaitingJvm(jvm, scope, scope.role_arn(role), credentials), era)
        except (BotoCoreError, ClientError, JobPreparationError, RoleNotAssumableError) as error:
            # the run itself will report it
            LOG.info("Java was not started ahead of %s: %s", request.identity.job_name, error)

    def _begin(
        self, spark_home: Path | None, folder: Path, found: RunEnvironment, *, is_ahead: bool
    ) -> SparkJvm | None:
        if spark_home is None:
            return None
        try:
            return self._start(spark_home, folder, found, is_ahead=is_ahead)
        except OSError as error:
            LOG.warning("Java could not be started ahead of a script: %s", error)
            return None

    def _fits(self, scope: Scope, role: str, request: RunRequest, settings: Settings) -> Callable[[WaitingJvm], bool]:
        def fits(waiting: WaitingJvm) -> bool:
            if (waiting.scope, waiting.role_arn) != (scope, scope.role_arn(role)):
                return False
            if missing_modules(request, settings):
                return False
            own = replace(request, credentials=waiting.credentials)
            return waiting.jvm.run_environment == run_environment(own, settings, waiting.jvm.folder, ())

        return fits

    def _gets_java(self, request: RunRequest) -> bool:
        # jars from S3 have to be there before Java starts
        return request.is_spark and not request.extra_jars
