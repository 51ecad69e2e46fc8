"""The page of the report, as somebody uses it: pointed at, filtered, linked to, by keyboard, in the dark, on paper."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

Opened = Callable[..., Page]
RUNS = ["run-wr_6", "run-wr_5", "run-wr_4", "run-wr_3", "run-wr_2", "run-wr_1"]
CHARTS = [
    "Duration and outcome of each run",
    "Cost of the job of each run",
    "Rows of each delivery by what became of them",
    "Quarantined and duplicate rows in percent",
    "Quarantined rows by rule",
    "Population stability index, the features that moved most",
    "sightings",
]


@pytest.fixture
def open_report(open_html: Opened, report_html: str) -> Opened:
    def opened(fragment: str = "", **options: str) -> Page:
        return open_html(report_html, fragment, **options)

    return opened


def chart(page: Page, caption: str) -> Locator:
    return page.locator("figure").filter(has=page.locator("figcaption", has_text=re.compile(f"^{re.escape(caption)}$")))


def shown_runs(page: Page) -> list[str]:
    return [element.get_attribute("id") or "" for element in page.locator("details.run:visible").all()]


def open_all(page: Page) -> None:
    page.evaluate("for (const fold of document.querySelectorAll('details')) fold.open = true")


def test_page_opens_without_a_complaint_and_asks_the_network_for_nothing(open_report, complaints):
    page = open_report()
    expect(page.get_by_text("Worth a look")).to_be_visible()
    open_all(page)
    assert shown_runs(page) == RUNS
    assert complaints == []


@pytest.mark.parametrize("caption", CHARTS)
def test_chart_is_drawn_in_the_size_of_a_picture_and_its_marks_are_seen(open_report, caption):
    page = open_report()
    box = chart(page, caption).locator("svg").bounding_box()
    assert box is not None
    assert box["width"] > 200
    assert box["height"] > 60
    marks = chart(page, caption).locator(".told").all()
    assert marks
    assert all(mark.bounding_box() is not None for mark in marks)


@pytest.mark.parametrize("caption", CHARTS)
def test_no_word_of_a_chart_is_cut_off(open_report, caption):
    page = open_report()
    cut = chart(page, caption).evaluate(
        """figure => {
            const sheet = figure.querySelector("svg").getBoundingClientRect();
            return [...figure.querySelectorAll("svg text")].filter(text => {
                const box = text.getBoundingClientRect();
                const isOut = box.left < sheet.left - 1 || box.right > sheet.right + 1 || box.top < sheet.top - 1;
                return box.width && isOut;
            }).map(text => text.textContent);
        }"""
    )
    assert cut == []


def test_pointing_at_a_mark_tells_its_numbers_and_leaving_ends_it(open_report, complaints):
    page = open_report()
    chart(page, "Duration and outcome of each run").locator('.told[data-run="wr_4"]').hover()
    hint = page.get_by_role("tooltip")
    expect(hint).to_have_text("2026-09-08 02:00:00: failed at the job in 60 min")
    box = hint.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    page.keyboard.press("Escape")
    expect(hint).to_be_hidden()
    chart(page, "Quarantined rows by rule").locator(".told").first.hover()
    expect(hint).to_have_text("date.format: 16,220 rows")
    page.get_by_role("heading", name="Reasons of quarantine").hover()
    expect(hint).to_be_hidden()
    assert complaints == []


def test_delivery_filter_keeps_the_runs_and_rows_of_that_delivery(open_report):
    page = open_report()
    open_all(page)
    page.get_by_label("Delivery", exact=True).select_option("2026Q2")
    assert shown_runs(page) == ["run-wr_3"]
    expect(page.get_by_role("status")).to_have_text("1 of 6 runs")
    expect(page.locator("#delivery-2026Q2")).to_be_visible()
    expect(page.locator("#delivery-2026Q3")).to_be_hidden()
    lineage = page.get_by_role("region", name="Table of lineage").locator("tbody tr:visible")
    expect(lineage).to_have_count(2)
    marks = chart(page, "Duration and outcome of each run").locator(".told")
    assert marks.count() == 6, "marks stay where they are"
    assert [mark.get_attribute("data-run") for mark in marks.all() if "away" not in mark.get_attribute("class")] == [
        "wr_3"
    ]
    page.get_by_role("button", name="Show all").click()
    assert shown_runs(page) == RUNS


def test_run_filter_keeps_that_run(open_report):
    page = open_report()
    page.get_by_label("Run", exact=True).select_option("wr_2")
    assert shown_runs(page) == ["run-wr_2"]
    expect(page.get_by_role("status")).to_have_text("1 of 6 runs")


def test_link_to_a_run_opens_it(open_report):
    page = open_report("run-wr_2")
    run = page.locator("details.run[open]")
    expect(run).to_have_attribute("id", "run-wr_2")
    expect(run.locator("summary")).to_be_focused()
    expect(run).to_contain_text("Crawler lacks s3:ListBucket on lake")
    expect(run.locator("summary")).to_be_in_viewport()


def test_link_to_a_run_shows_it_even_where_it_is_filtered_out(open_report):
    page = open_report()
    page.get_by_label("Delivery", exact=True).select_option("2026Q2")
    page.evaluate("location.hash = 'run-wr_5'")
    expect(page.locator("details.run[open]")).to_have_attribute("id", "run-wr_5")


def test_click_on_a_mark_leads_to_its_run(open_report):
    page = open_report()
    chart(page, "Duration and outcome of each run").locator('.told[data-run="wr_3"]').click()
    expect(page.locator("details.run[open]")).to_have_attribute("id", "run-wr_3")


def test_keyboard_reaches_the_filter_and_opens_a_run(open_report):
    page = open_report()
    page.get_by_label("Delivery", exact=True).focus()
    page.keyboard.press("Tab")
    expect(page.get_by_label("Run", exact=True)).to_be_focused()
    page.locator("#run-wr_4 > summary").focus()
    page.keyboard.press("Enter")
    expect(page.locator("details.run[open]")).to_have_attribute("id", "run-wr_4")


def test_every_chart_has_its_numbers_in_a_table(open_report):
    page = open_report()
    open_all(page)
    for run in ("2026-03-08 02:00:00", "failed at the crawl", "$0.909"):
        expect(page.locator("table").first).to_contain_text(run)
    expect(page.locator("#delivery-2026Q3")).to_contain_text("1.68 %")
    expect(page.get_by_role("row").filter(has_text="date.format")).to_contain_text("16,220")
    expect(page.get_by_role("row").filter(has_text="sightings_mean_7d").first).to_contain_text("large")


def test_what_a_colour_says_a_shape_or_a_pattern_says_as_well(open_report):
    page = open_report()
    outcomes = chart(page, "Duration and outcome of each run").locator(".told").all()
    drawn = {}
    for mark in outcomes:
        kind = (mark.get_attribute("aria-label") or "").split(": ")[1].split(" ")[0]
        drawn.setdefault(kind, set()).add(mark.get_attribute("d"))
    assert len(drawn["succeeded"]) == 1
    assert not drawn["succeeded"] & drawn["failed"]
    fills = {mark.get_attribute("fill") for mark in chart(page, CHARTS[2]).locator(".told").all()}
    assert fills == {"var(--series-1)", "url(#stripes)", "url(#dots)"}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(open_report, scheme):
    page = open_report(color_scheme=scheme)
    open_all(page)
    found = Axe().run(page).response["violations"]
    assert [(rule["id"], rule["nodes"][0]["html"]) for rule in found if rule["impact"] in {"serious", "critical"}] == []


def test_words_of_charts_follow_the_page_into_the_dark(open_report):
    colours = {}
    for scheme in ("light", "dark"):
        page = open_report(color_scheme=scheme)
        word = chart(page, CHARTS[0]).locator("svg text").first
        colours[scheme] = word.evaluate("text => getComputedStyle(text).fill")
    assert colours == {"light": "rgb(26, 29, 33)", "dark": "rgb(232, 234, 237)"}


def test_paper_shows_what_the_screen_folds(open_report):
    page = open_report(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    expect(page.locator("details:not([open])")).to_have_count(0)
    expect(page.get_by_label("Delivery", exact=True)).to_be_hidden()
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    expect(page.locator("details[open]")).to_have_count(0)
