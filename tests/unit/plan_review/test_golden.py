"""Real plans of every kind of change, against what the review is meant to say of them.

plans/ are made by make_plans.py. After a wanted change of wording: QUARTAL_WRITE_EXPECTED=1 pytest test_golden.py, and
read the difference.
"""

import json
import os
import re
from pathlib import Path

import pytest

from plan_review.render_html import render_page
from plan_review.render_json import as_data
from plan_review.render_markdown import render_markdown
from plan_review.render_text import render_text

HERE = Path(__file__).parent
NAMES = sorted(path.stem for path in (HERE / "plans").glob("*.json"))
FORMS = {
    "txt": render_text,
    "md": render_markdown,
    "json": lambda review: json.dumps(as_data(review), indent=1) + "\n",
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", NAMES)
def test_review_of_a_real_plan_equals_the_golden_file(reviewed, name, form):
    expected = HERE / "expected" / f"{name}.{form}"
    text = FORMS[form](reviewed(name))
    if os.environ.get("QUARTAL_WRITE_EXPECTED"):
        expected.write_text(text)
    assert text == expected.read_text()


@pytest.mark.parametrize("name", NAMES)
def test_no_format_of_the_review_shows_a_sensitive_value(reviewed, name):
    """The plans hold first-secret to sixth-secret where Terraform calls them sensitive."""
    review = reviewed(name)
    for text in (*(form(review) for form in FORMS.values()), render_page(review)):
        assert "-secret" not in text


def test_plan_of_sensitive_values_contains_them():
    assert (HERE / "plans" / "sensitive.json").read_text().count("-secret") >= 5


@pytest.mark.parametrize(
    ("name", "decision", "level"),
    [
        pytest.param("access", "blocked", "blocked", id="administrator and a public bucket"),
        pytest.param("create", "needs approval", "access", id="new roles"),
        pytest.param("destroy", "needs approval", "data", id="everything goes"),
        pytest.param("drift", "needs approval", "data", id="log lines would be deleted"),
        pytest.param("failed-check", "nothing to apply", "note", id="a check failed, nothing to apply"),
        pytest.param("move-import-forget", "needs approval", "change", id="a log group is forgotten"),
        pytest.param("replace", "needs approval", "data", id="bucket and database"),
        pytest.param("replace-create-first", "needs approval", "destroy", id="role"),
        pytest.param("sensitive", "needs approval", "access", id="secrets"),
        pytest.param("unchanged", "nothing to apply", "note", id="nothing"),
        pytest.param("update", "needs approval", "data", id="shorter retention"),
    ],
)
def test_verdict_of_a_real_plan(reviewed, name, decision, level):
    verdict = reviewed(name).verdict
    assert (verdict.decision.value, verdict.level.word) == (decision, level)


def test_stored_plans_hold_nothing_of_the_machine_that_made_them():
    for path in (HERE / "plans").iterdir():
        assert not re.search(r'"/(tmp|home|Users|ro*t|opt)/|127\.0\.0\.1', path.read_text()), path.name
