"""Checks of job definitions, AWS's defaults, and their values for a run."""

import secrets
from collections.abc import Mapping
from typing import Any

from localstack_glue.jobs.runtime.workers import WORKER_TYPES
from localstack_glue.service.errors import InvalidInputException
from localstack_glue.service.models import JsonDict

# gluestreaming is Spark as well; anything else is accepted as AWS does, and its runs fail
COMMANDS = ("glueetl", "gluestreaming", "pythonshell")
SPARK_COMMANDS = ("glueetl", "gluestreaming")
# of jobs that are created without one: AWS's own default until 6.0, whose runtime not every installation here has
DEFAULT_GLUE_VERSION = "5.1"
DEFAULT_TIMEOUT_MIN = 2880
DEFAULT_TIMEOUT_MIN_FROM_5 = 480
LONGEST_TIMEOUT_MIN = 7 * 24 * 60
DEFAULT_DPUS = 10.0
PYTHON_SHELL_DPUS, LARGE_PYTHON_SHELL_DPUS = 0.0625, 1.0
LEAST_SPARK_DPUS = 2
MOST_RETRIES = 10  # docs.aws.amazon.com/glue/latest/dg/add-job.html, Number of retries
FLEX, FIRST_FLEX_VERSION, FLEX_WORKERS = "FLEX", 3, ("G.1X", "G.2X")
RAY_WORKER, STREAM_WORKER = "Z.2X", "G.025X"
MOST_ARGUMENT_BYTES = 260 * 1024  # dg/aws-glue-programming-etl-glue-arguments.html
RUN_OVERRIDES = (
    "ExecutionClass",
    "JobRunQueuingEnabled",
    "MaxCapacity",
    "NotificationProperty",
    "NumberOfWorkers",
    "SecurityConfiguration",
    "Timeout",
    "WorkerType",
)


def complete(definition: Mapping[str, Any]) -> JsonDict:
    """Check a definition and add AWS's defaults.

    Raises:
        InvalidInputException: AWS would refuse the definition.
    """
    job = {key: value for key, value in definition.items() if value is not None}
    _check_arguments(job.get("DefaultArguments") or {}, job.get("NonOverridableArguments") or {})
    command = job.get("Command") or {}
    if not command.get("Name"):
        raise InvalidInputException("Command name should not be null or empty")
    if command["Name"] == "pythonshell" and job.get("WorkerType"):
        raise InvalidInputException("Worker Type is not supported for Job Command pythonshell")
    if not job.get("Role"):
        raise InvalidInputException("Role must not be empty")
    _check_timeout(job)
    job["Command"] = {"PythonVersion": "3", **command}
    job.setdefault("JobMode", "SCRIPT")
    job.setdefault("MaxRetries", 0)
    if not 0 <= job["MaxRetries"] <= MOST_RETRIES:
        raise InvalidInputException(f"Max retries must be between 0 and {MOST_RETRIES}, not {job['MaxRetries']}")
    job.setdefault("GlueVersion", "0.9" if command["Name"] == "pythonshell" else DEFAULT_GLUE_VERSION)
    _check_execution_class(job)
    job["ExecutionProperty"] = {"MaxConcurrentRuns": 1, **(job.get("ExecutionProperty") or {})}
    if not job.get("Timeout") and command["Name"] != "gluestreaming":  # which runs until it is stopped
        job["Timeout"] = DEFAULT_TIMEOUT_MIN_FROM_5 if _major(job["GlueVersion"]) >= 5 else DEFAULT_TIMEOUT_MIN
    return job | _capacity(job)


def for_run(definition: JsonDict, request: Mapping[str, Any]) -> JsonDict:
    """Apply the parameters of StartJobRun or of a trigger's action to a job's definition.

    Raises:
        InvalidInputException: AWS would refuse the parameters, or this service does not support one.
    """
    if request.get("ExecutionRoleSessionPolicy"):  # a run must not have more rights than it was meant to have
        raise InvalidInputException("glue-local does not support ExecutionRoleSessionPolicy")
    _check_arguments(request.get("Arguments") or {})
    overrides = {key: request[key] for key in RUN_OVERRIDES if request.get(key) is not None}
    if (allocated := request.get("AllocatedCapacity")) is not None:  # what MaxCapacity was called before
        if "MaxCapacity" in overrides:
            raise InvalidInputException("Please set only Allocated Capacity or Max Capacity")
        overrides["MaxCapacity"] = float(allocated)
    _check_execution_class(definition | overrides)
    _check_timeout(overrides)
    if not {"WorkerType", "NumberOfWorkers", "MaxCapacity"} & set(overrides):
        return definition | overrides
    base = {key: value for key, value in definition.items() if key not in ("MaxCapacity", "AllocatedCapacity")}
    if "MaxCapacity" in overrides:
        base = {key: value for key, value in base.items() if key not in ("WorkerType", "NumberOfWorkers")}
    plan = base | overrides
    return plan | _capacity(plan)


def _check_arguments(*given: Mapping[str, str]) -> None:
    """Refuse more arguments than AWS takes.

    Raises:
        InvalidInputException: names and values together have more than 260 KB.
    """
    size = sum(len(f"{name}{value}".encode()) for arguments in given for name, value in arguments.items())
    if size > MOST_ARGUMENT_BYTES:
        raise InvalidInputException(f"Job arguments must be at most {MOST_ARGUMENT_BYTES} bytes, not {size}")


def why_not_runnable(job_name: str, run_id: str, command: Mapping[str, Any], script: str) -> str | None:
    """The reason why no run of a job with this script can start, or None. AWS accepts such jobs; their runs fail."""
    if command["Name"] not in COMMANDS:
        return (
            f"JobName:{job_name} and JobRunId:{run_id} failed to execute with exception Could not find command for"
            f" the given criteria (glue-local runs {', '.join(COMMANDS)}, not {command['Name']})"
        )
    if not script:
        return f"JobName:{job_name} and JobRunId:{run_id} failed to execute with exception No script location"
    return None


def new_run_id() -> str:
    """Make an id like AWS's: `jr_` and 64 hexadecimal digits."""
    return f"jr_{secrets.token_hex(32)}"


def retry_run_id(run_id: str, attempt: int) -> str:
    """Name a retry after the first run (G27)."""
    return f"{run_id.partition('_attempt_')[0]}_attempt_{attempt}"


def requested_workers(plan: Mapping[str, Any]) -> tuple[str, int]:
    """Worker type and number of a run, also if only a capacity is set."""
    worker_type = plan.get("WorkerType")
    if worker_type:
        return str(worker_type), int(plan.get("NumberOfWorkers") or 1)
    return "G.1X", max(1, int(plan.get("MaxCapacity") or 1))


def _capacity(job: Mapping[str, Any]) -> JsonDict:
    """Work out DPUs from workers, or take them as given."""
    worker_type, workers = job.get("WorkerType"), job.get("NumberOfWorkers")
    capacity = job.get("MaxCapacity") or job.get("AllocatedCapacity")
    if worker_type:
        _check_worker_type(str(worker_type), job)
        dpus = WORKER_TYPES[worker_type].dpus * int(workers or 0)
        # also the capacity that Glue has worked out itself: boto/boto3, issue 2644
        if job.get("MaxCapacity") is not None:
            raise InvalidInputException("Please do not set Max Capacity if using Worker Type and Number of Workers.")
        if not workers:
            raise InvalidInputException("Please set both Worker Type and Number of Workers.")
        if int(workers) < (fewest := WORKER_TYPES[worker_type].fewest):
            raise InvalidInputException(
                f"To use Worker Type {worker_type}, minimum allowed value of Number of Workers is {fewest}."
            )
    elif workers:
        raise InvalidInputException("Please set both Worker Type and Number of Workers.")
    elif capacity:
        dpus = float(capacity)
        if job["Command"]["Name"] == "pythonshell" and dpus not in (PYTHON_SHELL_DPUS, LARGE_PYTHON_SHELL_DPUS):
            raise InvalidInputException(f"Max capacity of a Python shell job must be 0.0625 or 1, not {dpus:g}")
        if job["Command"]["Name"] in SPARK_COMMANDS and (dpus < LEAST_SPARK_DPUS or not dpus.is_integer()):
            raise InvalidInputException(
                f"Max capacity of a Spark job must be a whole number of at least {LEAST_SPARK_DPUS}, not {dpus:g}"
            )
    else:
        dpus = PYTHON_SHELL_DPUS if job["Command"]["Name"] == "pythonshell" else DEFAULT_DPUS
    return {"MaxCapacity": float(dpus), "AllocatedCapacity": int(dpus)}


def _check_worker_type(worker_type: str, job: Mapping[str, Any]) -> None:
    """Refuse the worker types that a job's command or version does not have, as the API reference of CreateJob says.

    The words are AWS's: hashicorp/terraform-provider-aws, issue 44420.
    """
    if worker_type not in WORKER_TYPES:
        raise InvalidInputException(f"Worker type {worker_type} is not supported")
    command, version = job["Command"]["Name"], job["GlueVersion"]
    only = {RAY_WORKER: "glueray", STREAM_WORKER: "gluestreaming"}.get(worker_type)
    if (only and command != only) or (command == "glueray" and worker_type != RAY_WORKER):
        raise InvalidInputException(f"Worker type {worker_type} is not supported for Job Command {command}")
    if version[:1].isdigit() and _major(version) < WORKER_TYPES[worker_type].first_version:
        raise InvalidInputException(f"Worker type {worker_type} is not supported for Glue Version {version}")


def _check_timeout(job: Mapping[str, Any]) -> None:
    """Refuse what AWS refuses: docs.aws.amazon.com/glue/latest/webapi/API_CreateJob.html, Timeout."""
    if (job.get("Timeout") or 0) > LONGEST_TIMEOUT_MIN:
        raise InvalidInputException(f"Timeout must be at most {LONGEST_TIMEOUT_MIN} minutes (7 days)")


def _check_execution_class(job: Mapping[str, Any]) -> None:
    if job.get("ExecutionClass") != FLEX:
        return
    if job["Command"]["Name"] != "glueetl" or _major(job["GlueVersion"]) < FIRST_FLEX_VERSION:
        raise InvalidInputException(
            f"Execution class {FLEX} is for jobs of command glueetl and Glue version {FIRST_FLEX_VERSION}.0 or later"
        )
    if job.get("WorkerType") and job["WorkerType"] not in FLEX_WORKERS:
        raise InvalidInputException(f"Execution class {FLEX} is for the worker types {' and '.join(FLEX_WORKERS)}")


def _major(glue_version: str) -> int:
    head = glue_version.partition(".")[0]
    return int(head) if head.isdigit() else 0
