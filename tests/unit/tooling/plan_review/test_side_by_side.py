"""Nothing that Terraform's own text of a plan names may be missing from the review."""

import re
from pathlib import Path

import pytest

from quartal.plan_review.render_text import render_text

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
