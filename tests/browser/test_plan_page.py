"""The page of a plan review in a browser: search, filters, links, keyboard, dark mode, print."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import plan_of_many
from tests.unit.plan_review.resource_changes import change

DATABASE = "module.lake.aws_glue_catalog_database.this"


def shown(page: Page) -> list[str]:
    return [element.get_attribute("id") or "" for element in page.locator("details.change:visible").all()]


def test_page_opens_without_errors_or_network_requests(open_page, complaints):
    page = open_page("replace")
    expect(page.get_by_text("Verdict: needs approval (--approve data)")).to_be_visible()
    page.get_by_role("button", name="Open all").click()
    assert complaints == []


def test_search_keeps_resources_that_hold_every_word(open_page):
    page = open_page("replace")
    page.get_by_role("searchbox", name="Search").fill("review-store /raw/*")
    assert shown(page) == ["aws_iam_role_policy.lake"]
    expect(page.get_by_role("status")).to_have_text("1 of 6 resources")
    expect(page.get_by_role("heading", name="module.lake")).to_be_hidden()


def test_filter_hides_a_kind_and_shows_it_again(open_page):
    page = open_page("replace")
    everything = shown(page)
    page.get_by_role("checkbox", name="replace").uncheck()
    assert shown(page) == ["aws_glue_job.features", "aws_iam_role_policy.lake"]
    page.get_by_role("checkbox", name="replace").check()
    assert shown(page) == everything


def test_expanded_resource_shows_before_after_and_what_forces_it(open_page):
    page = open_page("replace")
    resource = page.locator(f'[id="{DATABASE}"]')
    expect(resource.get_by_text("forces replacement")).to_be_hidden()
    resource.locator("summary").click()
    row = resource.get_by_role("row").filter(has_text="forces replacement")
    expect(row).to_contain_text("name")
    expect(row).to_contain_text("review_lake")
    expect(row).to_contain_text("review_store")


def test_link_to_a_resource_opens_it(open_page):
    page = open_page("replace", fragment=DATABASE)
    expect(page.locator("details.change[open]")).to_have_attribute("id", DATABASE)
    expect(page.locator("details.change[open] > summary")).to_be_focused()


def test_link_with_an_index_in_it_opens_its_resource_even_where_it_is_filtered_out(open_page):
    address = 'module.feed[3].aws_s3_object.part["3"]'
    page = open_page(plan_of_many(8))
    page.get_by_role("searchbox").fill("nothing holds this")
    assert shown(page) == []
    page.evaluate("hash => { location.hash = hash; }", quote(address))
    expect(page.locator("details.change[open]")).to_have_attribute("id", address)


def test_keyboard_reaches_the_search_and_opens_a_resource(open_page):
    page = open_page("replace")
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("catalog_database")
    page.locator("details.change:visible > summary").focus()
    page.keyboard.press("Enter")
    expect(page.locator("details.change[open]")).to_have_attribute("id", DATABASE)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("plan", ["replace", "access", "update", "drift", "unchanged"])
def test_axe_finds_nothing_serious(open_page, plan, scheme):
    page = open_page(plan, color_scheme=scheme)
    opener = page.get_by_role("button", name="Open all")
    if opener.count():
        opener.click()
    found = Axe().run(page).response["violations"]
    assert [(rule["id"], rule["nodes"][0]["html"]) for rule in found if rule["impact"] in {"serious", "critical"}] == []


def test_paper_shows_what_the_screen_folds(open_page):
    page = open_page("replace", media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    expect(page.locator("details.change[open]")).to_have_count(6)
    expect(page.get_by_role("searchbox")).to_be_hidden()
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    expect(page.locator("details.change[open]")).to_have_count(0)


def test_page_of_five_hundred_resources_is_searched_whole(open_page, complaints):
    page = open_page(plan_of_many(500))
    expect(page.get_by_role("status")).to_have_text("500 of 500 resources")
    page.get_by_role("searchbox").fill("b499")
    expect(page.get_by_role("status")).to_have_text("0 of 500 resources")  # 499 is destroyed: it has no new key
    page.get_by_role("searchbox").fill("b498")
    expect(page.get_by_role("status")).to_have_text("1 of 500 resources")
    assert complaints == []


def long_plan() -> dict:
    """Names, values and policies of hundreds of letters without a place to break, wherever a plan may hold some."""
    long = "x" * 600
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::1:role/{long}"},
        "Action": long,
        "Resource": long,
    }
    policy = json.dumps({"Statement": [statement]})
    entries = [
        change("aws_s3_bucket_policy", None, {"bucket": long, "policy": policy}),
        change(
            "aws_glue_job", {"name": long, "default_arguments": {long: long}}, {"name": long, "default_arguments": {}}
        ),
        change("aws_kms_key", None, {"description": long}),
    ]
    for number, entry in enumerate(entries):
        entry["address"] = f"module.{long}.{entry['address']}{number}"
        entry["module_address"] = f"module.{long}"
    blocks = [{"address": entry["address"], "mode": "managed", "type": entry["type"]} for entry in entries]
    blocks[0]["expressions"] = {"bucket": {"references": [blocks[1]["address"]]}}
    return {
        "format_version": "1.2",
        "resource_changes": entries,
        "resource_drift": [change("aws_sqs_queue", {"name": long, "policy": ""}, {"name": long, "policy": policy})],
        "output_changes": {long: {"actions": ["create"], "before": None, "after": long}},
        "checks": [{"address": {"to_display": f"check.{long}"}, "status": "fail", "problems": [{"message": long}]}],
        "configuration": {"root_module": {"resources": blocks}},
    }


@pytest.mark.parametrize("width", [1300, 390])
@pytest.mark.parametrize(
    "plan", ["create", "access", "replace", long_plan(), plan_of_many(1200)], ids=lambda plan: str(plan)[:9]
)
def test_page_does_not_scroll_sideways(open_page, plan, width):
    page = open_page(plan)
    page.set_viewport_size({"width": width, "height": 900})
    page.get_by_role("button", name="Open all").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize(
    "plan", ["create", "access", "replace", long_plan(), plan_of_many(400)], ids=lambda plan: str(plan)[:9]
)
def test_no_label_of_the_picture_leaves_its_box(open_page, plan):
    page = open_page(plan)
    over = """[...document.querySelectorAll("svg g")].filter((group) => {
      const box = group.querySelector("rect").getBBox();
      const ends = [...group.querySelectorAll("text")].map((text) => text.getBBox().x + text.getBBox().width);
      return ends.some((end) => end > box.x + box.width);
    }).map((group) => group.textContent)"""
    assert page.evaluate(over) == []


def test_resource_of_a_large_plan_is_written_out_when_it_is_opened(open_page, complaints):
    page = open_page(plan_of_many(1200))
    address = 'module.feed[1].aws_s3_object.part["1"]'
    resource = page.locator(f"[id='{address}']")
    expect(resource.locator("table")).to_have_count(0)
    resource.locator("summary").click()
    expect(resource.get_by_role("row").filter(has_text="key")).to_contain_text("b1")
    page.get_by_role("searchbox").fill("b1198")
    expect(page.get_by_role("status")).to_have_text("1 of 1200 resources")
    assert complaints == []
