"""The page of the report in a browser: pointer, filters, links, keyboard, dark mode, print."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from quartal.report.page import render_report
from tests.unit.quartal.report.example import report_of_real_lengths

Opened = Callable[..., Page]
RUNS = ["run-wr_6", "run-wr_5", "run-wr_4", "run-wr_3", "run-wr_2", "run-wr_1"]


@pytest.fixture
def open_report(open_html: Opened, report_html: str) -> Opened:
    def opened(fragment: str = "", **options: str) -> Page:
        return open_html(report_html, fragment, **options)

    return opened


def shown_runs(page: Page) -> list[str]:
    return [element.get_attribute("id") or "" for element in page.locator("details.run:visible").all()]


def open_all(page: Page) -> None:
    page.evaluate("for (const fold of document.querySelectorAll('details')) fold.open = true")


def test_page_opens_without_errors_or_network_requests(open_report, complaints):
    page = open_report()
    expect(page.get_by_text("Worth a look")).to_be_visible()
    open_all(page)
    assert shown_runs(page) == RUNS
    assert complaints == []


@pytest.mark.parametrize("width", [1400, 390])
def test_page_of_a_year_with_real_ids_fits_the_screen_and_cuts_no_cell(open_html, width, complaints):
    page = open_html(render_report(report_of_real_lengths(), environment_option=" --env dev", quarantine_limit=0.05))
    page.set_viewport_size({"width": width, "height": 900})
    open_all(page)
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    narrow = page.evaluate(
        """() => [...document.querySelectorAll("th, td, .card")].filter(cell => {
            const box = cell.getBoundingClientRect();
            return box.width && box.width < 6 * 7 && cell.textContent.trim().length > 6;
        }).map(cell => cell.textContent)"""
    )
    assert narrow == []
    assert complaints == []


def test_long_names_without_blanks_fit_a_phone(open_html):
    report, name = report_of_real_lengths(), "sightings_" * 12
    run = replace(report.runs[-1], deliveries=(replace(report.runs[-1].deliveries[0], delivery=name),))
    state = replace(report.deliveries[-1], delivery=name)
    card = replace(report.lineage[-1], delivery=name)
    report = replace(
        report, dataset=name, runs=(*report.runs[:-1], run), deliveries=(state, *report.deliveries), lineage=(card,)
    )
    page = open_html(render_report(report))
    page.set_viewport_size({"width": 390, "height": 900})
    open_all(page)
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_first_screen_shows_the_verdict_and_the_next_command(open_report):
    page = open_report()
    page.set_viewport_size({"width": 1400, "height": 900})
    verdict = page.locator(".verdict")
    expect(verdict).to_be_in_viewport(ratio=1)
    expect(verdict).to_contain_text("15,200 of 903,000 rows of 2026Q3 were quarantined (1.7%, against 0.03% of 2026Q2)")
    expect(verdict).to_contain_text("quartal diff --env dev 2026Q2 2026Q3")
    expect(page.get_by_text("The last publication changed")).to_be_in_viewport()


def test_year_of_runs_prints_on_at_most_six_pages(open_html, tmp_path):
    page = open_html(render_report(report_of_real_lengths(), environment_option=" --env dev", quarantine_limit=0.05))
    printed = page.pdf(format="A4")
    assert 1 < len(re.findall(rb"/Type\s*/Page[^s]", printed)) <= 6


def test_delivery_filter_keeps_the_runs_and_rows_of_that_delivery(open_report):
    page = open_report()
    open_all(page)
    page.get_by_label("Delivery", exact=True).select_option("2026Q2")
    assert shown_runs(page) == ["run-wr_3"]
    expect(page.get_by_role("status")).to_have_text("1 of 6 runs")
    expect(page.locator("#delivery-2026Q2")).to_be_visible()
    expect(page.locator("#delivery-2026Q3")).to_be_hidden()
    expect(page.locator(".card:visible")).to_have_count(1)
    bars = page.locator("svg.strip a")
    assert bars.count() == 6, "bars stay where they are"
    assert [
        bar.get_attribute("data-run") for bar in bars.all() if "away" not in (bar.get_attribute("class") or "")
    ] == ["wr_3"]
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


def test_click_on_a_bar_leads_to_its_run(open_report):
    page = open_report()
    page.locator('svg.strip a[data-run="wr_3"]').click()
    expect(page.locator("details.run[open]")).to_have_attribute("id", "run-wr_3")


def test_keyboard_reaches_the_filter_and_opens_a_run(open_report):
    page = open_report()
    page.get_by_label("Delivery", exact=True).focus()
    page.keyboard.press("Tab")
    expect(page.get_by_label("Run", exact=True)).to_be_focused()
    page.locator("#run-wr_4 > summary").focus()
    page.keyboard.press("Enter")
    expect(page.locator("details.run[open]")).to_have_attribute("id", "run-wr_4")


def test_bars_and_tints_match_the_figures_in_their_cells(open_report):
    page = open_report()
    expect(page.locator("#delivery-2026Q3")).to_contain_text("1.68 %")
    expect(page.get_by_role("row").filter(has_text="date.format")).to_contain_text("15,200")
    expect(page.get_by_role("row").filter(has_text="sightings_mean_7d").first).to_contain_text("large")
    signs = [sign.text_content() for sign in page.locator("svg.strip text").all()]
    assert signs == ["✓", "✗", "✓", "✗", "✓", "✓"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(open_report, scheme):
    page = open_report(color_scheme=scheme)
    open_all(page)
    found = Axe().run(page).response["violations"]
    assert [(rule["id"], rule["nodes"][0]["html"]) for rule in found if rule["impact"] in {"serious", "critical"}] == []


def test_paper_has_the_tables_and_not_the_tools(open_report):
    page = open_report(media="print")
    expect(page.get_by_label("Delivery", exact=True)).to_be_hidden()
    expect(page.locator("#delivery-2026Q3")).to_be_visible()
