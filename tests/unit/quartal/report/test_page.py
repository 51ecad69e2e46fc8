"""The page: what stands in it for a past as it may be; how it looks is tested in tests/browser."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from etl_job.findings.model import Finding, Level
from quartal.core.errors import PipelineError
from quartal.report.cells import bar, share_bar, short, strip
from quartal.report.model import Report
from quartal.report.page import render_report
from quartal.report.tables import delivery_lines, drift_rows, reasons, since_the_run_before
from quartal.report.wording import duration, money, number, percentage, size
from quartal.runs.manifests import UnreadManifest
from tests.unit.quartal.report.example import example_report, report_of_real_lengths


@pytest.fixture(scope="module")
def page() -> str:
    return render_report(example_report(), environment_option=" --env dev")


def cells(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_page_lists_every_run_and_why_it_failed(page):
    for run in example_report().runs:
        assert f'id="run-{run.run_id}"' in page
    assert "Crawler lacks s3:ListBucket on lake" in page
    assert "quartal explain --env dev wr_2" in page


def test_page_names_formula_source_and_convention_of_the_index(page):
    text = cells(page)
    assert re.search(r"PSI = Σ \(q . p\) · ln\(q / p\)", text)
    assert "scholarworks.wmich.edu/dissertations/3208" in page
    assert "An index below 0.1 is called small, up to 0.25 moderate, and above that large. This is a convention" in text


def test_page_mentions_localstack_only_for_localstack(page):
    assert "LocalStack costs nothing" not in page
    assert "LocalStack costs nothing" in render_report(example_report(is_local=True))


def test_page_without_prices_explains_how_to_get_them():
    report = example_report()
    runs = tuple(replace(run, cost=replace(run.cost, usd=None) if run.cost else None) for run in report.runs)
    text = render_report(replace(report, prices=None, runs=runs))
    assert "quartal cost eu-central-1 --refresh" in text
    assert "No run has a known cost" in text


def test_external_text_is_escaped_everywhere():
    evil = "<script>alert(1)</script>"
    report = example_report()
    runs = tuple(replace(run, run_id=evil, reason=evil, deliveries=()) for run in report.runs[:1])
    features = tuple(replace(each, feature=evil) for each in (report.features or ())[:1])
    text = render_report(replace(report, runs=runs, features=features, dataset=evil))
    assert evil not in text
    assert text.count("<script>") == 1


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"features": None, "quarters": ()}, "No features are published yet."),
        ({"quarters": ("2026Q1",)}, "There is only one quarter so far"),
        ({"quarters": (), "features": ()}, "The features have no rows."),
        ({"features": ()}, "The features have no numeric columns to compare."),
        ({"deliveries": ()}, "No row of the published deliveries was quarantined."),
        ({"lineage": ()}, "Nothing is published yet."),
    ],
)
def test_empty_part_of_the_page_is_marked_as_empty(change, sentence):
    report = example_report()
    if change == {"quarters": ("2026Q1",)}:
        features = tuple(replace(each, steps=()) for each in report.features or ())
        change = change | {"features": features}
    assert sentence in render_report(replace(report, **change))


def test_publication_is_not_denied_where_a_manifest_cannot_be_read():
    unread = UnreadManifest("runs/feed/wr_7.json", PipelineError("It is of version 2.", remedy="Deploy this version."))
    report = replace(example_report(), deliveries=(), lineage=(), unread_manifests=(unread,))
    text = render_report(report)
    assert text.count("What is published is not known") == 3
    assert "Nothing is published yet" not in text
    assert "No row of the published deliveries" not in text
    assert "The last publication changed" not in text


@pytest.mark.parametrize(
    ("unread", "why"),
    [
        ((), "it is older than those in this report"),
        (
            (UnreadManifest("runs/feed/wr_7.json", PipelineError("x", remedy="y")),),
            "its manifest, or that of a newer run, cannot be read",
        ),
    ],
)
def test_delivery_without_known_rows_says_why(unread, why):
    report = example_report()
    state = replace(report.deliveries[0], rows=None)
    assert f"does not know: {why}<" in render_report(replace(report, deliveries=(state,), unread_manifests=unread))


def test_bar_of_a_run_has_its_outcome_and_its_filter_keys():
    runs = example_report().runs
    root = ET.fromstring(strip(runs))  # noqa: S314  # our own
    links = {link.get("data-run"): link for link in root.iter("a")}
    assert set(links) == {run.run_id for run in runs}
    assert links["wr_5"].get("data-deliveries") == "2026Q3"
    assert links["wr_5"].findtext("title") == "2026-09-08 10:15:00 UTC: succeeded in 31 min"
    assert links["wr_2"].findtext("title") == "2026-06-08 02:00:00 UTC: failed at the crawl"
    assert [link.findtext("text") for link in links.values()] == ["✓", "✗", "✓", "✗", "✓", "✓"]


def test_bar_of_a_share_marks_the_limit_and_stays_within_its_cell():
    assert 'class="limit"' in share_bar(0.01, 0.05)
    assert 'class="limit"' not in share_bar(0.01, None)
    assert 'class="bar over"' in share_bar(0.06, 0.05)
    assert 'width="100.0"' in share_bar(0.9, 0.05)
    assert 'width="0.0"' in bar(0, 0)


def test_text_of_a_picture_is_escaped():
    run = replace(example_report().runs[0], run_id='"><b>')
    assert "<b>" not in strip((run,))
    assert short("x" * 12 + "<b>", keep=4) == '<code class="short" title="xxxxxxxxxxxx&lt;b&gt;">xxxx…</code>'


def test_reasons_are_listed_by_delivery_and_new_rules_are_marked(page):
    lines = delivery_lines(example_report().deliveries)
    names, found = reasons(lines)
    assert names == ("2026Q3", "2026Q2", "2026Q1")
    assert [cell.rows for cell in found["date.format"]] == [15_200, 120, 900]
    assert [cell.is_new for cell in found["row.field_count"]] == [True, False, False]
    assert [line.change and round(line.change, 4) for line in lines] == [0.0166, -0.0019, None]


def test_delivery_without_kept_rows_is_before_none():
    states = example_report().deliveries
    empty = replace(states[0], delivery="2026Q4", rows=replace(states[0].rows, rows_in=0, kept=0, quarantined=0))
    broken = replace(states[0], delivery="2025Q4", rows=replace(states[0].rows, kept=0))
    none = tuple(replace(each, rows=replace(each.rows, first_day=None, last_day=None)) for each in (empty, broken))
    with_them = delivery_lines((*states, *none))
    assert [line.change for line in with_them if line.state in states] == [
        line.change for line in delivery_lines(states)
    ]
    _, found = reasons(with_them)
    assert [cell.is_new for cell in found["row.field_count"]] == [True, False, False, False, False]
    assert not any(cell.is_new for cell in found["brand.required"])


def test_quarantine_of_older_deliveries_is_not_denied():
    report = example_report()
    clean = [
        replace(report.deliveries[0], delivery=f"2027Q{n}", rows=replace(report.deliveries[0].rows, violations={}))
        for n in range(8)
    ]
    text = render_report(replace(report, deliveries=(*report.deliveries, *clean)))
    assert "No row of the published deliveries" not in text


def test_run_names_what_it_withdrew_and_the_tags_that_it_set():
    report = example_report()
    done = next(run for run in report.runs if run.features)
    withdrew = replace(done, withdrawn=("2025Q4",), features=replace(done.features, tags=("2026Q1", "wr_" + "1" * 60)))
    page = render_report(
        replace(report, runs=(withdrew, replace(done, run_id="wr_9", has_manifest=False, deliveries=())))
    )
    assert f'data-deliveries="{"/".join(done.delivery_names)}/2025Q4"' in page, "choosing it shows who withdrew it"
    text = cells(page)
    assert ", 2025Q4 withdrawn" in text
    assert "It withdrew 2025Q4 from the tables." in text
    assert "and set tags 2026Q1 , wr_1111111…" in text
    assert "deliveries: not known" in text


def test_feature_without_enough_history_is_reported_by_its_gaps():
    moved, calm = drift_rows(example_report().features)
    assert list(moved) == ["sightings", "sightings_mean_7d"]
    assert calm == ("hour_00", "share")
    gaps = replace(example_report().features[0].steps[0], counts_before=(60, 40), counts_after=(100, 0), psi=1.0)
    (row,), _ = drift_rows((replace(example_report().features[0], steps=(gaps,)),))
    assert drift_rows((replace(example_report().features[0], steps=(gaps,)),))[0][row][0].gaps == (
        "40% missing, then 0%"
    )


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (duration(None), "not known"),
        (duration(119.4), "119 s"),
        (duration(3600), "60 min"),
        (duration(3 * 3600 + 29), "3 h 0 min"),
        (money(None), "not known"),
        (money(0.0293), "$0.029"),
        (money(0.0001), "<$0.001"),
        (money(1234.5), "$1,234.50"),
        (number(None), "not known"),
        (number(0.123456), "0.1235"),
        (number(9999.4), "9999"),
        (number(-9999.6), "-10,000"),
        (number(1234567.0), "1,234,567"),
        (percentage(0.0), "0.00 %"),
        (percentage(3 / 10**6), "<0.01 %"),
        (percentage(0.0168), "1.68 %"),
        (percentage(1 - 3 / 10**6), ">99.99 %"),
        (percentage(1.0), "100.00 %"),
        (size(0), "0 B"),
        (size(1536), "1.5 KiB"),
        (size(1024**2 - 1), "1.0 MiB"),
        (size(3 * 1024**4), "3.0 TiB"),
    ],
)
def test_numbers_as_people_read_them(words, expected):
    assert words == expected


def page_facts(report: Report) -> dict[str, str]:
    html = render_report(report)
    return dict(re.findall(r"<div><dt>(.*?)</dt><dd>(.*?)</dd></div>", html))


def test_facts_have_the_cost_of_the_last_run_and_the_days_in_the_data():
    report = report_of_real_lengths()
    facts = page_facts(report)
    assert facts["Cost"] == "last run $0.901, 13 runs $10.83"
    assert facts["Data"] == "2023-10-01 to 2026-09-30"
    assert "On AWS it would cost" in page_facts(replace(report, is_local=True))


def test_first_day_is_not_guessed_where_a_delivery_is_older_than_the_report():
    report = report_of_real_lengths()
    older = replace(report.deliveries[0], rows=None)
    assert page_facts(replace(report, deliveries=(older, *report.deliveries[1:])))["Data"] == "up to 2026-09-30"


def test_rows_of_some_deliveries_alone_are_not_given_as_those_of_all():
    report = report_of_real_lengths()
    assert page_facts(report)["Rows published"].endswith(", 12 deliveries")
    older = replace(report.deliveries[0], rows=None)
    facts = page_facts(replace(report, deliveries=(older, *report.deliveries[1:])))
    assert facts["Rows published"].endswith(", 11 of 12 deliveries")


def test_cost_of_a_year_is_that_of_the_runs_on_the_page():
    text = cells(render_report(report_of_real_lengths()))
    assert re.search(r"The runs on this page, by the year of their start: 2026: \$[0-9.]+ for \d+ runs ·", text)


def test_rest_of_one_file_is_singular():
    report = example_report()
    lines = tuple(
        replace(report.lineage[0], file=replace(report.lineage[0].file, uri=f"s3://lake/{n}.csv")) for n in range(4)
    )
    assert "and 1 more file<" in render_report(replace(report, lineage=lines))


def test_cost_is_that_of_the_last_run_that_has_a_price():
    report = report_of_real_lengths()
    unpriced = replace(report.runs[-1], cost=None)
    assert page_facts(replace(report, runs=(*report.runs[:-1], unpriced)))["Cost"].startswith(
        "last with a price $0.868"
    )
    assert "Cost" not in page_facts(replace(report, runs=(unpriced,)))


def test_filter_knows_a_delivery_of_any_name_whole():
    report = example_report()
    names = ("Q3 (new)", "Q3")
    (rows,) = report.runs[0].deliveries[:1]
    delivered = tuple(replace(rows, delivery=name) for name in names)
    runs = tuple(replace(run, deliveries=delivered) for run in report.runs)
    text = render_report(replace(report, runs=runs))
    told = re.findall(r'<details [^>]*data-deliveries="([^"]+)"', text)
    assert told
    assert {tuple(each.split("/")) for each in told} == {names}
    assert 'split("/")' in text


def test_command_of_a_finding_is_one_that_a_shell_takes():
    finding = Finding(Level.WARNING, "drift", "It moved.", ("diff", "Q3 (new)", "2026Q4"))
    text = render_report(replace(example_report(), findings=(finding,)), environment_option=" --env dev")
    assert "quartal diff --env dev &#39;Q3 (new)&#39; 2026Q4" in text


def test_withdrawals_are_reported_as_such_and_many_deliveries_are_abbreviated():
    report = example_report()
    last = report.runs[-1]
    rows = next(rows for run in report.runs for rows in run.deliveries)
    states = (replace(report.deliveries[0], delivery="2025Q4", run_id=last.run_id, withdrawn=True),)
    out = replace(report, runs=(replace(last, deliveries=(), published_anything=True),), deliveries=states)
    assert since_the_run_before(out) == "2025Q4 was withdrawn"
    assert "Nothing was new" not in render_report(out)
    step = replace(out, deliveries=())
    assert since_the_run_before(step) == "no delivery: the features were brought up to date"
    many = tuple(replace(rows, delivery=f"d{number:03}", rows_in=10, kept=9) for number in range(120))
    full = replace(report, runs=(replace(last, deliveries=many, published_anything=True),), deliveries=())
    assert since_the_run_before(full).startswith("d000, d001, d002 and 117 more: 1,080 of 1,200 rows kept")
