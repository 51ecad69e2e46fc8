"""Every link of the page leads somewhere, and no place of it has a name that another one has."""

import json
import re
from html import unescape
from pathlib import Path
from urllib.parse import unquote

import pytest

from plan_review.render_html import render_page
from tests.unit.plan_review.resource_changes import change

PLANS = sorted((Path(__file__).parent / "plans").glob("*.json"))
CHECK = {
    "address": {"to_display": "check.bucket"},
    "status": "fail",
    "instances": [{"address": {"to_display": "check.bucket"}, "status": "fail", "problems": [{"message": "No."}]}],
}


def links_and_places(page: str) -> tuple[set[str], list[str]]:
    links = {unquote(unescape(link)) for link in re.findall(r'href="#([^"]*)"', page)}
    return links, [unescape(place) for place in re.findall(r'\bid="([^"]*)"', page)]


def odd_plan() -> dict:
    """What is no resource change and has an address all the same: each is a reason with a link."""
    deposed = change("aws_db_instance", {"id": "old"}, None) | {"deposed": "a1b2"}
    read = change("external", None, {}) | {"mode": "data", "address": "data.external.x"}
    read["change"]["actions"] = ["read"]
    imported = change("aws_s3_bucket", {"bucket": "b"}, {"bucket": "b"})
    imported["change"] |= {"actions": ["no-op"], "importing": {"identity": {"bucket": "b"}}}
    return {
        "format_version": "1.2",
        "resource_changes": [change("aws_db_instance", None, {"id": "new"}), deposed, read, imported],
        "resource_drift": [change("aws_sqs_queue", {"name": "q"}, None)],
        "deferred_changes": [{"reason": "instance_count_unknown", "resource_change": {"address": "aws_x.later"}}],
        "action_invocations": [{"address": "action.aws_lambda_invoke.x"}],
        "checks": [CHECK],
        "complete": False,
    }


@pytest.mark.parametrize("plan", [*(path.stem for path in PLANS), odd_plan()], ids=lambda plan: str(plan)[:20])
def test_every_link_leads_to_one_place(reviewed, plan):
    links, places = links_and_places(render_page(reviewed(plan)))
    assert sorted(links - set(places)) == []
    assert sorted(place for place in set(places) if places.count(place) > 1) == []


def test_changes_other_than_resources_have_an_address(reviewed):
    review = reviewed(odd_plan())
    _, places = links_and_places(render_page(review))
    assert {reason.address for reason in review.verdict.reasons if reason.address} <= set(places)
    assert "aws_db_instance.this (deposed a1b2)" in places


def test_values_of_a_large_plan_are_escaped(reviewed):
    """They are data that the browser writes out, as text, when somebody opens a resource."""
    hostile = "</script><script>alert(1)</script><!-- <script>"
    entries = [
        change("aws_s3_bucket", None, {"bucket": hostile}) | {"address": f"aws_s3_bucket.b[{i}]"} for i in range(1001)
    ]
    page = render_page(reviewed({"format_version": "1.2", "resource_changes": entries}))
    assert page.count("<script") == page.count("</script>") == 2
    (rows,) = re.findall(r'<script type="application/json" id="rows">(.*?)</script>', page)
    assert json.loads(rows)[0] == [["bucket", "(not set)", hostile, 0]]


def test_link_to_an_address_that_steers_leads_to_what_the_page_shows_of_it(reviewed):
    entry = change("aws_s3_bucket", {"bucket": "b"}, None) | {"address": 'aws_s3_bucket.b["\x1b[31m\u202e"]'}
    links, places = links_and_places(render_page(reviewed({"format_version": "1.2", "resource_changes": [entry]})))
    assert sorted(links - set(places)) == []
