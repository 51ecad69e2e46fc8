"""A pipeline's usage per month: measured if runs left manifests, else a stated estimate."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from plan_review.errors import ReviewInputError
from plan_review.file_problems import problem_lines

_ESTIMATE = Path(__file__).parent / "usage.yaml"


class Usage(BaseModel):
    """The usage of a month; units are in the names.

    Attributes:
        origin: where the minutes of a run come from, in words.
        is_measured: whether they are a median of runs.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    run_minutes: float = Field(gt=0)
    runs_per_month: float = Field(ge=0)
    crawl_minutes: float = Field(ge=0)
    crawl_dpu: float = Field(gt=0)
    stored_gb: float = Field(ge=0)
    access_log_gb: float = Field(ge=0)
    put_requests_per_month: float = Field(ge=0)
    kms_requests_per_month: float = Field(ge=0)
    log_gb_per_month: float = Field(ge=0)
    athena_tb_per_month: float = Field(ge=0)
    origin: str = "estimate"
    is_measured: bool = False

    @property
    def measured_minutes(self) -> float | None:
        """Minutes of a usual run, if runs were measured and no estimate was given."""
        return self.run_minutes if self.is_measured else None


def load_usage(override: Path | None = None) -> Usage:
    """The estimate, overridden by the lines of the user's file.

    Raises:
        ReviewInputError: the file is missing, is not YAML, or has an unknown line.
    """
    values: dict[str, Any] = yaml.safe_load(_ESTIMATE.read_text())
    if override is None:
        return Usage(**values)
    try:
        own = yaml.safe_load(override.read_text()) or {}
        return Usage(**{**values, "origin": f"estimate of {override.name}", **own})
    except (OSError, yaml.YAMLError, TypeError, ValidationError) as error:
        raise ReviewInputError(
            f"The usage in {override} cannot be read.",
            remedy=f"Set a number for any of: {', '.join(values)}.",
            details=problem_lines(error, 6),
        ) from error


def with_history(usage: Usage, run_seconds: Sequence[float]) -> Usage:
    """The usage with the median duration of these job runs, each of which had work to do."""
    minutes = [seconds / 60 for seconds in run_seconds]
    if not minutes:
        return usage
    # a run is charged for at least a minute: docs.aws.amazon.com/glue, "Pricing"
    measured = {"run_minutes": max(1.0, median(minutes)), "is_measured": True}
    return usage.model_copy(update={**measured, "origin": f"median of the last {len(minutes)} runs"})
