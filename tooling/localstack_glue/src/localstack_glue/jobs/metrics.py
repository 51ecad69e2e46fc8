"""The metric of a run with `--enable-metrics` (G28). Spark's internal metrics are not collected."""

import logging
from collections.abc import Mapping
from contextlib import closing

from botocore.exceptions import BotoCoreError, ClientError

from localstack_glue.service.account_region import Scope
from localstack_glue.service.clients import ClientFactory, Credentials

LOG = logging.getLogger(__name__)
NAMESPACE = "Glue"
ELAPSED_TIME = "glue.driver.aggregate.elapsedTime"


def are_enabled(merged: Mapping[str, str]) -> bool:
    """Whether a run's arguments enable metrics; on AWS the argument alone does, whatever its value except `false`."""
    return merged.get("--enable-metrics", "false").lower() != "false"


def put_elapsed_time(
    clients: ClientFactory, scope: Scope, credentials: Credentials, job_name: str, seconds: float
) -> None:
    """Put the driver's elapsed time as the role; losing it never harms the run."""
    dimensions = {"JobName": job_name, "JobRunId": "ALL", "Type": "count"}
    datum = {
        "MetricName": ELAPSED_TIME,
        "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions.items()],
        "Value": seconds * 1000,
        "Unit": "Milliseconds",
    }
    try:
        with closing(clients.with_credentials("cloudwatch", scope, credentials)) as cloudwatch:
            cloudwatch.put_metric_data(Namespace=NAMESPACE, MetricData=[datum])
    except (BotoCoreError, ClientError) as error:
        LOG.warning("could not put the metric of job %s: %s", job_name, error)
