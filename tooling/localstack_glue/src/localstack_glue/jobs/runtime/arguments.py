"""How Glue builds a script's command line from the arguments of job, run and trigger (G10, G28)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

# Arguments that tell the service how to run the script; the script does not see them (G28).
SERVICE_ARGUMENTS = frozenset(
    {
        "--additional-python-modules",
        "--auto-scale-within-microbatch",
        "--class",
        "--conf",
        "--continuous-log-conversionPattern",
        "--continuous-log-logGroup",
        "--continuous-log-logStreamPrefix",
        "--custom-logGroup-prefix",
        "--custom-logStream-prefix",
        "--customer-driver-env-vars",
        "--customer-executor-env-vars",
        "--datalake-formats",
        "--disable-proxy-v2",
        "--enable-auto-scaling",
        "--enable-continuous-cloudwatch-log",
        "--enable-continuous-log-filter",
        "--enable-glue-datacatalog",
        "--enable-job-insights",
        "--enable-lakeformation-fine-grained-access",
        "--enable-metrics",
        "--enable-observability-metrics",
        "--enable-rename-algorithm-v2",
        "--enable-s3-parquet-optimized-committer",
        "--enable-spark-ui",
        "--executor-cores",
        "--extra-files",
        "--extra-jars",
        "--extra-py-files",
        "--job-language",
        "--library-set",
        "--python-modules-installer-option",
        "--python-virtual-env",
        "--scriptLocation",
        "--spark-event-logs-path",
        "--use-postgres-driver",
        "--user-jars-first",
        "--write-shuffle-files-to-s3",
        "--write-shuffle-spills-to-s3",
        "library-set",
    }
)


@dataclass(frozen=True, slots=True)
class RunIdentity:
    """The names of a run that are passed to the script."""

    job_name: str
    job_id: str
    run_id: str
    workflow_name: str | None = None
    workflow_run_id: str | None = None


def merge(defaults: Mapping[str, str], passed: Mapping[str, str], fixed: Mapping[str, str]) -> dict[str, str]:
    """Apply a run's arguments to the defaults; non-overridable ones are kept (G10, G28)."""
    return {**defaults, **passed, **fixed}


def script_arguments(merged: Mapping[str, str], identity: RunIdentity) -> list[str]:
    """Build the script's `sys.argv[1:]`."""
    line = ["--JOB_NAME", identity.job_name, "--JOB_ID", identity.job_id, "--JOB_RUN_ID", identity.run_id]
    if identity.workflow_name and identity.workflow_run_id:
        line += ["--WORKFLOW_NAME", identity.workflow_name, "--WORKFLOW_RUN_ID", identity.workflow_run_id]
    for key, value in merged.items():
        if key not in SERVICE_ARGUMENTS:
            line += [key, value] if value != "" else [key]
    return line


def comma_list(merged: Mapping[str, str], name: str) -> list[str]:
    """Split an argument that holds a comma-separated list; the commas of `package[extra,extra]` do not count."""
    parts = re.split(r",(?![^\[\]]*\])", merged.get(name, ""))
    return [part.strip() for part in parts if part.strip()]


def spark_conf(merged: Mapping[str, str]) -> dict[str, str]:
    """Read `--conf`: `a=1 --conf b=2`, the way several settings are put into one argument (G28)."""
    settings = {}
    for part in re.split(r"(?:^|\s)--conf\s", merged.get("--conf", "")):
        key, is_pair, value = part.strip().partition("=")
        if is_pair:
            settings[key.strip()] = value.strip()
    return settings


def environment_variables(merged: Mapping[str, str]) -> dict[str, str]:
    """Read `--customer-driver-env-vars`: `A=1,B="x, y"`; Glue demands the prefix CUSTOMER_ for them.

    Here the executors are the driver's own process: theirs count too, the driver's first.
    """
    variables = {}
    for name in ("--customer-executor-env-vars", "--customer-driver-env-vars"):
        for pair in re.findall(r'(?:"[^"]*"|[^,])+', merged.get(name, "")):  # commas within quotes do not count
            key, is_pair, value = pair.strip().partition("=")
            if is_pair and key.startswith("CUSTOMER_"):
                variables[key] = value.strip('"')
    return variables
