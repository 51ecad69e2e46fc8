"""A saved plan of any stack, reviewed: by the bundled rules and prices, without asking anybody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from plan_review.levels import Level
from plan_review.output_formats import Gate
from plan_review.parse import parse_plan
from plan_review.plan_file import STDIN, read_plan_file
from plan_review.policy_report import not_run
from plan_review.prices import load_prices
from plan_review.review import Basis, Review, review
from plan_review.rules import load_rules
from plan_review.usage import load_usage


def review_file(
    file: str,
    stdin: Any,
    environ: Mapping[str, str],
    *,
    name: str | None = None,
    rules: Path | None = None,
    programs: Sequence[Sequence[str]] = (),
) -> Review:
    """Review a saved plan, or the output of `show -json`.

    Args:
        file: its name, or `-` for standard input.
        stdin: standard input, in bytes.
        environ: the process environment for Terraform, if the file is a saved plan.
        name: the plan's environment; None for the file's name.
        rules: a file of rules that add to the bundled ones.
        programs: further commands that can show a saved plan, besides `terraform` and `tofu`.

    Raises:
        ReviewInputError: the file or the rules cannot be read.
        PlanError: the file is not a plan in a known format.
    """
    plan = read_plan_file(file, stdin, environ, programs)
    return review_plan(plan, name or ("standard input" if file == STDIN else Path(file).stem), rules)


def review_plan(data: dict[str, Any], name: str, rules: Path | None, now: datetime | None = None) -> Review:
    """Review the output of `show -json`.

    Raises:
        ReviewInputError: the rules cannot be read.
        PlanError: the plan cannot be read.
    """
    return review(
        parse_plan(data),
        Basis(
            environment=name,
            rules=load_rules(rules),
            prices=load_prices(find_region(data)),
            usage=load_usage(),
            policies=not_run("this review uses only its own rules"),
            now=now or datetime.now(UTC),
        ),
    )


def passes(reviewed: Review, gate: Gate) -> bool:
    """Whether a plan needs no more consent than this."""
    return reviewed.verdict.is_approved_by(Level.NOTE if gate is Gate.NONE else Level[gate.value.upper()])


def find_region(data: Mapping[str, Any]) -> str:
    """The region from a variable or the AWS provider's configuration; empty if the plan names none."""
    for path in (
        ("variables", "region", "value"),
        ("configuration", "provider_config", "aws", "expressions", "region", "constant_value"),
    ):
        found: Any = data
        for step in path:
            found = found.get(step) if isinstance(found, dict) else None
        if isinstance(found, str) and found.replace("-", "").isalnum():
            return found
    return ""
