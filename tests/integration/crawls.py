"""Crawls of the deployed crawler, and the runs of its job."""

from __future__ import annotations

from quartal.core.polling import Waiter
from quartal.workspace import Workspace


def finish_crawl(workspace: Workspace, crawls_before: int) -> str:
    """Wait for the crawl after the first `crawls_before` ones and return its state."""
    glue, crawler = workspace.connection.glue(), workspace.deployment.crawler

    def newest() -> list[str]:
        if glue.get_crawler(Name=crawler)["Crawler"]["State"] != "READY":
            return []
        return [crawl["State"] for crawl in glue.list_crawls(CrawlerName=crawler).get("Crawls", [])]

    states = Waiter[list[str]](timeout_s=60, initial_s=0.2, longest_s=0.5).wait_until(
        newest, is_done=lambda found: len(found) > crawls_before, describe=str, waiting_for="the crawl"
    )
    return states[0]


def crawl_count(workspace: Workspace) -> int:
    return len(workspace.connection.glue().list_crawls(CrawlerName=workspace.deployment.crawler).get("Crawls", []))


def job_runs(workspace: Workspace) -> list[str]:
    glue = workspace.connection.glue()
    return [run["Id"] for run in glue.get_job_runs(JobName=workspace.deployment.job).get("JobRuns", [])]
