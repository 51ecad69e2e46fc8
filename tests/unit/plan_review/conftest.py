import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from plan_review.parse import parse_plan
from plan_review.policy_report import not_run
from plan_review.prices import load_prices
from plan_review.review import Basis, Review, review
from plan_review.rules import load_rules
from plan_review.usage import load_usage

PLANS = Path(__file__).parent / "plans"
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def basis() -> Basis:
    """Read once, because nothing in it can be changed."""
    return Basis(
        environment="dev",
        rules=load_rules(),
        prices=load_prices("us-east-1"),
        usage=load_usage(),
        policies=not_run("--no-policies"),
        now=NOW,
        refresh_prices="quartal cost {region} --refresh",
    )


@pytest.fixture
def reviewed(basis: Basis):
    """The review of a plan in plans/, by name, or of JSON."""

    def make(plan: str | dict) -> Review:
        data = plan if isinstance(plan, dict) else json.loads((PLANS / f"{plan}.json").read_text())
        return review(parse_plan(data), basis)

    return make
