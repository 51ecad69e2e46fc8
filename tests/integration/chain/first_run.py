"""What the first run of a pipeline leaves, and what its roles did."""

from __future__ import annotations

import json
import urllib.request
from dataclasses import dataclass

from tests.integration.deployment import Pipeline

DELIVERIES = ["2023Q1", "2023Q2", "2023Q3", "2023Q4", "2024Q1", "2024Q2", "2024Q3", "2024Q4"]


@dataclass(frozen=True)
class FirstRun:
    """What the first run of the pipeline left: its manifest, and what its roles did, by part of the pipeline."""

    manifest: dict
    activity: dict[str, dict]


def role_activity(pipeline: Pipeline) -> dict[str, dict]:
    """What the roles of this deployment's crawler and job did so far."""
    glue, deployment = pipeline.workspace.connection.glue(), pipeline.workspace.deployment
    names = {
        "crawler": glue.get_crawler(Name=deployment.crawler)["Crawler"]["Role"],
        "job": glue.get_job(JobName=deployment.job)["Job"]["Role"],
    }
    with urllib.request.urlopen(f"{pipeline.workspace.settings.endpoint_url}/_glue/iam", timeout=60) as answer:
        told = json.load(answer)
    assert told["enforced"] is True
    roles = {arn.rpartition("/")[2]: activity for arn, activity in told["roles"].items()}
    return {part: roles[role.rpartition("/")[2]] for part, role in names.items()}
