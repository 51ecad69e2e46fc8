"""Names of the log groups that runs and crawls write to.

If a security configuration encrypts CloudWatch Logs, AWS writes to groups named after it and the role, so that logs
with different keys never share a group.
Sources: docs.aws.amazon.com/glue/latest/dg/console-security-configurations.html (jobs: "-role"),
docs.aws.amazon.com/glue/latest/dg/monitor-continuous-logging.html (`--custom-logGroup-prefix`).
"""

from collections.abc import Mapping
from typing import Any

from moto.glue.models import glue_backends

from localstack_glue.jobs.runtime.ignored_arguments import is_on
from localstack_glue.service.account_region import Scope

CRAWLERS = "/aws-glue/crawlers"  # G13
SPARK_JOBS = "/aws-glue/jobs"  # G29
SHELL_JOBS = "/aws-glue/python-jobs"


def job_log_group(plan: Mapping[str, Any], merged_arguments: Mapping[str, str], *, is_encrypted: bool) -> str:
    """The group of a run, without its `/output` or `/error`."""
    default = SHELL_JOBS if plan["Command"]["Name"] == "pythonshell" else SPARK_JOBS
    prefix = merged_arguments.get("--custom-logGroup-prefix") or default
    if not is_encrypted:
        return prefix
    return f"{prefix}/{plan['SecurityConfiguration']}-role/{role_name(plan['Role'])}"


def job_log_stream(merged_arguments: Mapping[str, str], run_id: str) -> str:
    """The stream of a run: its id, after `--custom-logStream-prefix` if that is given."""
    prefix = merged_arguments.get("--custom-logStream-prefix")
    return f"{prefix}_{run_id}" if prefix else run_id


def continuous_log(merged_arguments: Mapping[str, str], run_id: str) -> tuple[str, str] | None:
    """Group and stream of a continuous log with its own group, which gets the whole output and error streams."""
    group = merged_arguments.get("--continuous-log-logGroup")
    if not group or not is_on(merged_arguments, "--enable-continuous-cloudwatch-log"):
        return None
    prefix = merged_arguments.get("--continuous-log-logStreamPrefix")
    return group, f"{prefix or run_id}-driver"


def crawler_log_group(definition: Mapping[str, Any], *, is_encrypted: bool) -> str:
    """The group of a crawler's crawls."""
    if not is_encrypted:
        return CRAWLERS
    return f"{CRAWLERS}-role/{role_name(definition['Role'])}-{definition['CrawlerSecurityConfiguration']}"


def role_name(role: str) -> str:
    """A role's name, from its ARN or the name itself."""
    return role.rsplit("/", 1)[-1]


def logs_key(scope: Scope, security_configuration: str | None) -> str | None:
    """The key by which a security configuration encrypts CloudWatch Logs, if it exists and does."""
    stored = glue_backends[scope.account_id][scope.region].security_configurations
    if not security_configuration or security_configuration not in stored:
        return None
    encryption = stored[security_configuration].configuration.get("CloudWatchEncryption") or {}
    return encryption.get("KmsKeyArn") if encryption.get("CloudWatchEncryptionMode") == "SSE-KMS" else None


def encrypts_logs(scope: Scope, security_configuration: str | None) -> bool:
    """Whether a security configuration exists and encrypts CloudWatch Logs."""
    stored = glue_backends[scope.account_id][scope.region].security_configurations
    if not security_configuration or security_configuration not in stored:
        return False
    encryption = stored[security_configuration].configuration.get("CloudWatchEncryption") or {}
    return bool(encryption.get("CloudWatchEncryptionMode") == "SSE-KMS")
