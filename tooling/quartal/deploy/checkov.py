"""Policy findings of checkov on a plan; checkov runs in its own environment."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from plan_review.policy_report import PolicyFailure, PolicyReport
from quartal.core import process
from quartal.core.errors import CommandError, ToolchainError

_TIMEOUT_S = 600.0


def run_checkov(python: Path, plan: Mapping[str, Any], configuration: Path, environ: Mapping[str, str]) -> PolicyReport:
    """Run checkov on a plan; the skips in the configuration count.

    The plan is written to a file that only this user can read, for as long as checkov runs: it holds sensitive values.

    Args:
        python: the Python of checkov's environment.
        plan: the output of `terraform show -json`.
        configuration: the folder that the plan was made from.
        environ: the process environment.

    Raises:
        ToolchainError: checkov failed, so there are no findings.
    """
    with tempfile.TemporaryDirectory(prefix="quartal-") as scratch:  # mode 0700
        file = Path(scratch) / "plan.json"
        file.write_text(json.dumps(plan))
        options = ["--framework", "terraform_plan", "--output", "json", "--compact", "--soft-fail", "--skip-download"]
        try:
            done = process.run(
                [
                    str(python),
                    "-m",
                    "checkov.main",
                    "--file",
                    str(file),
                    *options,
                    "--repo-root-for-plan-enrichment",
                    str(configuration),
                    "--download-external-modules",
                    "false",
                ],
                cwd=Path(scratch),
                env={**environ, "LOG_LEVEL": "ERROR", "PYTHONWARNINGS": "ignore", "PATH": os.defpath},
                timeout_s=_TIMEOUT_S,
            )
            return parse_report(done.stdout)
        except CommandError as error:
            raise ToolchainError(
                "checkov did not finish, so the policies were not checked.",
                remedy="Use --no-policies to review without it.",
                details=error.details,
            ) from error


def parse_report(text: str) -> PolicyReport:
    """Read checkov's JSON.

    Raises:
        ToolchainError: it is not a report.
    """
    try:
        data = json.loads(text)
    except ValueError as error:
        raise ToolchainError(
            "checkov printed no report, so the policies were not checked.",
            remedy="Use --no-policies to review without it.",
            details=tuple(text.splitlines()[:5]),
        ) from error
    reports = data if isinstance(data, list) else [data]
    results = [report["results"] for report in reports if "results" in report]
    failures = {
        PolicyFailure(entry["check_id"], entry["check_name"], entry.get("resource_address") or entry["resource"])
        for result in results
        for entry in result["failed_checks"]
    }
    return PolicyReport(
        ran=True,
        passed=sum(len(result["passed_checks"]) for result in results),
        skipped=sum(len(result["skipped_checks"]) for result in results),
        failures=tuple(sorted(failures, key=lambda failure: (failure.address, failure.check))),
    )
