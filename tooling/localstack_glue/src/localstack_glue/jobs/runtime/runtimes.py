"""Finds the Python and the Spark for a run's GlueVersion; that of Glue 6.0 is created for its first run."""

import logging
import threading
from collections.abc import Sequence
from pathlib import Path

from localstack_glue.jobs.definitions import COMMANDS
from localstack_glue.jobs.runtime import installers
from localstack_glue.jobs.runtime.environment import RunRequest
from localstack_glue.jobs.runtime.files import JobPreparationError
from localstack_glue.jobs.runtime.glue_versions import NEWER_SPARK, SPARK_OF, why_not_run
from localstack_glue.service.settings import PYTHON_6, Settings

LOG = logging.getLogger(__name__)
MAKING_TIMEOUT_S = 1800
_NOT_INSTALLED = "The runtime of Glue 6.0 could not be installed"


class Runtimes:
    """The settings of each runtime that jobs of this service may have."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._finding = threading.Lock()
        self._newer: Settings | None = None

    def of(self, request: RunRequest, *, may_make: bool = True) -> Settings:
        """The settings with the runtime of a run's GlueVersion.

        Raises:
            JobPreparationError: there is no runtime for it; the message states what to do.
        """
        if not request.is_spark or request.command["Name"] not in COMMANDS:
            return self._settings
        identity = request.identity
        if reason := why_not_run(identity.job_name, identity.run_id, request.glue_version):
            raise JobPreparationError(reason)
        if _has_spark(self._settings, SPARK_OF[request.glue_version]):
            return self._settings
        if SPARK_OF[request.glue_version] != NEWER_SPARK:
            raise JobPreparationError(
                f"GlueVersion {request.glue_version} has Spark {SPARK_OF[request.glue_version]}, and"
                f" {self._settings.python} has Spark {self._settings.spark_version}: set"
                f" {self._settings.python_variable} to a Python with pyspark 3.5.6"
            )
        return self._of_6(may_make=may_make)

    def missing(self, glue_version: str) -> str | None:
        """What is missing here for a Spark job of this version; None if it runs or its runtime can be installed."""
        if _has_spark(self._settings, SPARK_OF[glue_version]):
            return self._settings.missing_for_spark()
        if SPARK_OF[glue_version] != NEWER_SPARK:
            return f"{self._settings.python} has Spark {self._settings.spark_version}"
        if self._settings.make_python_6:
            return None
        try:
            return self._of_6(may_make=False).missing_for_spark()
        except JobPreparationError as error:
            return str(error)

    def _of_6(self, *, may_make: bool) -> Settings:
        if self._newer is None and not may_make and not self._is_there:
            raise JobPreparationError("the runtime of Glue 6.0 is not installed yet")
        with self._finding:  # two runs at once make one
            if self._newer is None:
                self._newer = self._find_6()
            return self._newer

    @property
    def _is_there(self) -> bool:
        python = self._settings.python_6
        return not self._settings.make_python_6 or (python is not None and python.exists())

    def _find_6(self) -> Settings:
        python = self._settings.python_6
        if python is None or not python.exists():
            if not self._settings.make_python_6:
                raise JobPreparationError(_how_to_make(python))
            python = _install(self._settings.make_python_6)
        found = self._settings.with_python(python, PYTHON_6)
        if not _has_spark(found, NEWER_SPARK):
            has = f"Spark {found.spark_version}" if found.spark_home else "no pyspark"
            raise JobPreparationError(
                f"GlueVersion 6.0 has Spark {NEWER_SPARK}, and {python} has {has}: {_how_to_make(None)}"
            )
        return found


def _has_spark(settings: Settings, spark: str) -> bool:
    """Whether a runtime has this Spark. One without a version counts as the older one."""
    version = settings.spark_version
    return spark != NEWER_SPARK if version is None else version.startswith(f"{spark}.")


def _install(command: Sequence[str]) -> Path:
    LOG.info("creating the runtime of Glue 6.0: %s", " ".join(command))
    printed = installers.run(command, failure=_NOT_INSTALLED, timeout_s=MAKING_TIMEOUT_S)
    lines = printed.strip().splitlines()  # a path may hold spaces
    if not lines or not Path(lines[-1]).is_file():
        raise JobPreparationError(f"{_NOT_INSTALLED}: {command[0]} did not return the path of its Python")
    return Path(lines[-1])


def _how_to_make(named: Path | None) -> str:
    there = f"there is no Python at {named}" if named else "there is no runtime of Glue 6.0"
    return (
        f"{there}; make one (uv venv --python 3.13 FOLDER; uv pip install --python FOLDER pyspark==4.1.1 boto3 pandas)"
        f" and set {PYTHON_6} to FOLDER/bin/python"
    )
