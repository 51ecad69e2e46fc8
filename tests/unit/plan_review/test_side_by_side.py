"""Nothing that Terraform's own text of a plan names, or that tf-summarize shows, may be missing from the review."""

import json
import re
from pathlib import Path

import pytest

from benchmarks.tf_summarize import missing_in, read_facts
from plan_review.render_json import as_data
from plan_review.render_text import render_text

PLANS = Path(__file__).parent / "plans"
NAMES = sorted(path.stem for path in PLANS.glob("*.json"))


@pytest.mark.parametrize("name", NAMES)
def test_every_resource_of_terraforms_text_is_in_the_review(reviewed, name):
    own = (PLANS / f"{name}.terraform.txt").read_text()
    text = render_text(reviewed(name))
    addresses = re.findall(r"^  # (\S+)", own, re.MULTILINE)
    assert addresses or name in {"unchanged", "failed-check"}
    assert [address for address in addresses if address not in text] == []


@pytest.mark.parametrize("name", NAMES)
def test_every_attribute_that_terraform_changes_is_in_the_review(reviewed, name):
    """In the JSON and on the page; the text counts what a replacement merely computes anew."""
    own = (PLANS / f"{name}.terraform.txt").read_text()
    review = reviewed(name)
    told = {(change.address, attribute) for change in review.plan.changes for attribute in change.changed_attributes}
    missing = []
    for section in re.split(r"^  # ", own, flags=re.MULTILINE)[1:]:
        address = section.split()[0]
        # "      ~ number_of_workers = 4 -> 10": attributes of the resource itself, not of what is nested in them
        changed = re.findall(r"^      ~ (\w+) +=", section, re.MULTILINE)
        missing += [(address, attribute) for attribute in changed if (address, attribute) not in told]
    assert missing == []


@pytest.mark.parametrize("name", NAMES)
def test_each_line_of_terraforms_text_about_an_attribute_has_its_counterpart(reviewed, name):
    """In the JSON, and so on the page: of what is made, changed and destroyed, nested blocks and policies included.

    Only that nothing becomes nothing, such as no tags no value, is no difference.
    """
    own = (PLANS / f"{name}.terraform.txt").read_text().split("\nPlan:")[0].split("\nChanges to Outputs")[0]
    data = as_data(reviewed(name))
    told: dict[str, str] = {}
    for each in [*data["changes"], *data["drift"]]:
        told[each["address"]] = told.get(each["address"], "") + json.dumps(each["attributes"]).replace('\\"', '"')
    missing = []
    own = re.sub(r"^.* = (?:\{\}|\[\]) -> null.*\n", "", own, flags=re.MULTILINE)
    for section in re.split(r"^  # ", own, flags=re.MULTILINE)[1:]:
        address = section.split()[0]
        named = re.findall(r'^ +(?:[-+~]|-/\+|\+/-) "?([\w.-]+)"? *(?:=|\{)', section, re.MULTILINE)
        missing += [
            (address, word) for word in named if not re.search(rf"\b{re.escape(word)}\b", told.get(address, ""))
        ]
    assert missing == []


@pytest.mark.parametrize("name", NAMES)
def test_everything_that_tf_summarize_shows_is_in_the_review(reviewed, name):
    facts = read_facts(json.loads((PLANS / f"{name}.json").read_text()))
    review = reviewed(name)
    assert missing_in(as_data(review), facts) == ()
    text = render_text(review)
    assert [address for _, address in facts.resources if address not in text] == []
    assert [output for _, output in facts.outputs if output not in text] == []


def test_plans_have_every_kind_of_change_that_tf_summarize_knows():
    facts = [read_facts(json.loads((PLANS / f"{name}.json").read_text())) for name in NAMES]
    assert {kind for each in facts for kind in each.counts} == {
        "add",
        "delete",
        "import",
        "recreate, create first",
        "recreate, destroy first",
        "update",
    }
    assert {kind for each in facts for kind, _ in each.outputs} == {"add", "delete", "update"}
    assert any(each.moves for each in facts)


def test_fact_that_a_review_lacks_is_named(reviewed):
    """The comparison itself: a review without changes and outputs lacks all that there is."""
    facts = read_facts(json.loads((PLANS / "move-import-forget.json").read_text()))
    nothing = as_data(reviewed("move-import-forget")) | {"changes": [], "outputs": []}
    assert missing_in(nothing, facts) == (
        "import aws_s3_bucket.archive",
        "move aws_glue_trigger.start to aws_glue_trigger.quarterly",
    )
