import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from quartal.plan_review.checkov import not_asked
from quartal.plan_review.parse import parse_plan
from quartal.plan_review.policies import load_rules
from quartal.plan_review.prices import load_prices
from quartal.plan_review.review import Basis, Review, review
from quartal.plan_review.usage import load_usage

PLANS = Path(__file__).parent / "plans"
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture
def basis() -> Basis:
    return Basis(
        environment="dev",
        rules=load_rules(),
        prices=load_prices("us-east-1"),
        usage=load_usage(),
        policies=not_asked("--no-policies was given"),
        now=NOW,
    )


@pytest.fixture
def reviewed(basis: Basis):
    """The review of one of plans/, by name, or of given JSON."""

    def make(plan: str | dict) -> Review:
        data = plan if isinstance(plan, dict) else json.loads((PLANS / f"{plan}.json").read_text())
        return review(parse_plan(data), basis)

    return make
