"""The root module's outputs, which tell the other commands what Terraform deployed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from quartal.core.errors import ConfigurationError, NotDeployedError
from quartal.core.typed_records import read_record_of

_LOG_GROUPS = {"crawler", "job_error", "job_output"}
# a deployment of before serves without them
_NEWER_OUTPUTS = frozenset({"key_arn", "ml_run", "quarantine_share_limit", "time_zone"})


@dataclass(frozen=True, slots=True)
class Deployment:
    """Names of the deployed pipeline's parts.

    Attributes:
        region: where it is deployed.
        lake_bucket: the bucket of the lake.
        dataset: the feed that the pipeline processes.
        raw_prefix: key prefix below which deliveries land, ending in "/".
        database: Glue database.
        crawler: Glue crawler.
        job: Glue job.
        workflow: Glue workflow that runs both.
        schedule: when it starts by itself, as AWS's cron expression in UTC.
        log_groups: CloudWatch log groups: "crawler", "job_output" and "job_error".
        key_arn: the key of the lake; None in a deployment that does not say.
        ml_run: when the features are needed: "first_month" and "day" of that and every third month after it; None if
            the schedule is a cron expression.
        quarantine_share_limit: the share of quarantined rows above which an alarm fires; None without an alarm.
        time_zone: the zone whose local time is shown next to UTC; None for UTC alone.
    """

    region: str
    lake_bucket: str
    dataset: str
    raw_prefix: str
    database: str
    crawler: str
    job: str
    workflow: str
    schedule: str
    log_groups: dict[str, str]
    key_arn: str | None = None
    ml_run: dict[str, int] | None = None
    quarantine_share_limit: float | None = None
    time_zone: str | None = None

    @classmethod
    def from_outputs(cls, outputs: dict[str, Any], *, dataset: str | None = None) -> Deployment:
        """Read `terraform output -json`; if a dataset is named, the outputs of that feed.

        Raises:
            ConfigurationError: the pipeline has no such feed.
            NotDeployedError: an output is missing or is another, as after a deployment of another version or a
                half-finished one.
        """
        if dataset is not None:
            feeds = outputs.get("feeds", {})
            if not isinstance(feeds, dict) or not isinstance(feeds.get(dataset, {}), dict):
                raise _of_another_version("its feeds is of another type")
            if dataset not in feeds:
                raise ConfigurationError(
                    f"The pipeline has no feed '{dataset}'.",
                    remedy=f"Name one of: {', '.join(sorted(feeds)) or 'none'}; or add it to `contracts` in "
                    "infra/environments/ and `quartal apply`.",
                )
            outputs = {**outputs, **feeds[dataset], "dataset": dataset}
        missing = [name for name in cls.__slots__ if name not in outputs and name not in _NEWER_OUTPUTS]
        if missing:
            raise NotDeployedError(
                f"The deployment lacks the output {', '.join(missing)}.",
                remedy="It is not complete, or from another version. Apply again: `quartal apply`.",
            )
        try:
            found = read_record_of(cls, json.dumps({name: outputs.get(name) for name in cls.__slots__}))
        except ValueError as error:
            raise _of_another_version(str(error)) from error
        if not found.log_groups.keys() >= _LOG_GROUPS:
            raise _of_another_version("its log_groups lacks some")
        if found.ml_run is not None and found.ml_date() is None:
            raise _of_another_version("its ml_run is no date of a quarter")
        return found

    def curated_table(self) -> str:
        """Name of the table of daily aggregates."""
        return f"{self.dataset}_curated"

    def features_table(self) -> str:
        """Name of the table of features."""
        return f"{self.dataset}_features"

    def manifest_key(self, run_id: str) -> str:
        """The key of the manifest that the job of a run writes."""
        return f"{self.manifests_prefix()}{run_id}.json"

    def manifests_prefix(self) -> str:
        """The prefix of the manifests of all runs."""
        return f"runs/{self.dataset}/"

    def ml_date(self) -> tuple[int, int] | None:
        """First month of the quarterly ML run, and its day of the month; None if the deployment sets none."""
        month, day = (self.ml_run.get(name, 0) for name in ("first_month", "day")) if self.ml_run else (0, 0)
        return (month, day) if month in range(1, 4) and day in range(1, 29) else None

    def deliveries_prefix(self) -> str:
        """The prefix of the delivery manifests that uploads write."""
        return f"deliveries/{self.dataset}/"


def _of_another_version(wrong: str) -> NotDeployedError:
    return NotDeployedError(
        f"The outputs of the deployment are not those of this version: {wrong}.",
        remedy="It is from another version. Apply again: `quartal apply`.",
    )
