"""Conditions of triggers, and triggers that wait for them, for tests of what fires."""

from typing import Any


def crawl_condition(name: str, state: str) -> dict[str, str]:
    """The condition that a crawl of this crawler ended in a state."""
    return {"LogicalOperator": "EQUALS", "CrawlerName": name, "CrawlState": state}


def job_condition(name: str, state: str) -> dict[str, str]:
    """The condition that a run of this job ended in a state."""
    return {"LogicalOperator": "EQUALS", "JobName": name, "State": state}


def add_conditional(glue: Any, name: str, job: str, predicate: dict[str, Any], **definition: Any) -> None:
    """Add an activated trigger that starts a job, and the job."""
    glue.add_job(job)
    glue.add_trigger(name, "CONDITIONAL", [{"JobName": job}], Predicate=predicate, StartOnCreation=True, **definition)
