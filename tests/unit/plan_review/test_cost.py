import html
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
import yaml

from plan_review.errors import PriceListError, ReviewInputError
from plan_review.parse import parse_plan
from plan_review.prices import EVERYWHERE, LISTED, PRICE_LIST_URL, load_prices, refresh
from plan_review.render_html import render_page
from plan_review.render_markdown import render_markdown
from plan_review.render_text import render_text
from plan_review.review import review
from plan_review.usage import load_usage, with_history
from tests.unit.plan_review.resource_changes import change


def test_larger_workers_cost_by_their_dpus(reviewed):
    cost = reviewed("update").cost
    assert (cost.before.dpu_hours_per_run, cost.after.dpu_hours_per_run) == (2.0, 10.0)  # 4 G.1X, 10 G.2X, half an hour
    assert cost.after.per_run == pytest.approx(10 * 0.44)
    job = next(line for line in cost.lines if line.address == "aws_glue_job.features")
    assert job.after.per_month == pytest.approx(4 / 12 * 4.40)  # four runs a year


def test_cost_counts_what_stays_as_it_is(reviewed):
    cost = reviewed("unchanged").cost
    assert cost.before == cost.after
    assert cost.after.per_month > 1  # the key alone


def test_destroyed_pipeline_costs_nothing(reviewed):
    assert reviewed("destroy").cost.after.per_month == 0


def feeds(count: int) -> dict:
    """A plan that makes so many feeds, each with a crawler, a job and the triggers that start both once a quarter."""
    quarterly = "cron(0 2 8 1,4,7,10 ? *)"
    made = []
    for name in (f"feed{number}" for number in range(count)):
        conditions = [{"conditions": [{"crawler_name": name, "crawl_state": "SUCCEEDED"}], "logical": "AND"}]
        start = {"type": "SCHEDULED", "schedule": quarterly, "enabled": True, "actions": [{"crawler_name": name}]}
        follow = {"type": "CONDITIONAL", "enabled": True, "predicate": conditions, "actions": [{"job_name": name}]}
        made += [
            ("aws_glue_job", {"name": name, "number_of_workers": 4, "worker_type": "G.1X"}),
            ("aws_glue_crawler", {"name": name}),
            ("aws_glue_trigger", {"name": f"{name}-start", **start}),
            ("aws_glue_trigger", {"name": f"{name}-follow", **follow}),
        ]
    changes = [change(kind, None, after) | {"address": f"{kind}.a{i}"} for i, (kind, after) in enumerate(made)]
    return {"format_version": "1.2", "resource_changes": changes}


# 4 DPUs for half an hour and a crawl of 2 DPUs for ten minutes at $0.44 per DPU-hour, four times a year
QUARTERLY_USD_PER_MONTH = 4 / 12 * (4 * 0.5 + 2 / 6) * 0.44


@pytest.mark.parametrize("count", [1, 2, 4])
def test_cost_of_feeds_grows_by_their_number(reviewed, count):
    cost = reviewed(feeds(count)).cost
    assert cost.after.per_month == pytest.approx(count * QUARTERLY_USD_PER_MONTH)
    assert cost.runs_per_month_after == pytest.approx(count * 4 / 12)


def test_unscheduled_job_runs_as_often_as_the_usage_file_estimates(reviewed):
    plan = feeds(1)
    plan["resource_changes"][2]["change"]["after"]["enabled"] = False
    assert reviewed(plan).cost.runs_per_month_after == load_usage().runs_per_month


@pytest.mark.parametrize(("logical", "times"), [("AND", 1), ("ANY", 3)])
def test_trigger_that_waits_for_several_fires_as_often_as_they_let_it(reviewed, logical, times):
    plan = feeds(2)
    entries = [entry["change"]["after"] for entry in plan["resource_changes"]]
    entries[6]["schedule"] = "cron(0 2 8 1,2,4,5,7,8,10,11 ? *)"  # the second feed's crawl, eight times a year
    conditions = [{"crawler_name": f"feed{number}", "crawl_state": "SUCCEEDED"} for number in (0, 1)]
    entries[3]["predicate"] = [{"conditions": conditions, "logical": logical}]
    cost = reviewed(plan).cost
    job = next(line for line in cost.lines if line.address == "aws_glue_job.a0")
    assert job.after.per_month == pytest.approx(times * 4 / 12 * 4 * 0.5 * 0.44)


def test_jobs_that_wait_for_each_other_end_the_count(reviewed):
    plan = feeds(1)
    follow = plan["resource_changes"][3]["change"]["after"]
    follow["predicate"] = [{"conditions": [{"job_name": "feed0", "state": "SUCCEEDED"}], "logical": "AND"}]
    assert reviewed(plan).cost.runs_per_month_after == load_usage().runs_per_month


def test_access_log_is_not_priced_as_the_lake(reviewed):
    lake, log = change("aws_s3_bucket", None, {"bucket": "lake"}), change("aws_s3_bucket", None, {"bucket": "log"})
    logging = change("aws_s3_bucket_logging", None, {"bucket": "lake", "target_bucket": "log"})
    log["address"] = "aws_s3_bucket.log"
    by_name = {"format_version": "1.2", "resource_changes": [lake, log, logging]}
    unknown = change("aws_s3_bucket_logging", None, {"bucket": "lake"})
    unknown["change"]["after_unknown"] = {"target_bucket": True}
    references = {"references": ['aws_s3_bucket.log["this"].id', "aws_s3_bucket.log", "local.own"]}
    block = {"address": "aws_s3_bucket_logging.this", "mode": "managed", "type": "aws_s3_bucket_logging"}
    configuration = {"root_module": {"resources": [{**block, "expressions": {"target_bucket": references}}]}}
    by_reference = by_name | {"resource_changes": [lake, log, unknown], "configuration": configuration}
    for plan in (by_name, by_reference):
        costs = {line.address: line.after.per_month for line in reviewed(plan).cost.lines}
        assert costs["aws_s3_bucket.this"] > 1
        assert costs["aws_s3_bucket.log"] == pytest.approx(0.2 * 0.023)


@pytest.mark.parametrize("form", [render_text, render_markdown, render_page])
def test_every_format_shows_what_a_larger_job_costs_per_run(reviewed, form):
    told = html.unescape(form(reviewed("update"))).replace("\\", "")
    assert "job review-features 4 x G.1X -> 10 x G.2X: +$3.52 per run" in told


@pytest.mark.parametrize(("minutes", "told"), [(1.0, "a run of 1 minute ("), (2.5, "a run of 2.5 minutes (")])
def test_basis_names_how_long_a_run_takes(reviewed, basis, minutes, told):
    usage = basis.usage.model_copy(update={"run_minutes": minutes})
    assert told in render_text(review(reviewed("update").plan, replace(basis, usage=usage)))


def test_old_prices_are_marked_as_old(reviewed, basis):
    plan = reviewed("update").plan
    prices = basis.prices

    def warns_after(months: int) -> bool:
        now = datetime(prices.as_of.year, prices.as_of.month, prices.as_of.day, tzinfo=UTC) + timedelta(31 * months)
        return "months old. `quartal cost us-east-1 --refresh`" in render_text(review(plan, replace(basis, now=now)))

    assert warns_after(14)
    assert not warns_after(12)


def test_region_without_prices_is_reported_without_a_cost(reviewed, basis, monkeypatch):
    assert load_prices("mars-north-1") is None


@pytest.mark.parametrize(
    ("name", "value"), [("number_of_workers", 299), ("worker_type", "G.8X")], ids=["more workers", "larger workers"]
)
def test_job_that_grows_where_there_is_no_price_is_not_green(basis, name, value):
    job = {"name": "j", "number_of_workers": 2, "worker_type": "G.1X"}
    plan = parse_plan({"format_version": "1.2", "resource_changes": [change("aws_glue_job", job, job | {name: value})]})
    (reason,) = review(plan, replace(basis, prices=None)).verdict.reasons
    assert name in reason.sentence


def test_run_history_replaces_the_estimate_by_its_median():
    usage = with_history(load_usage(), [600, 1200, 6000])
    assert (usage.run_minutes, usage.origin) == (20, "median of the last 3 runs")


def test_no_history_leaves_the_estimate():
    assert with_history(load_usage(), []) == load_usage()


def test_usage_file_overrides_single_lines(tmp_path):
    (tmp_path / "usage.yaml").write_text("stored_gb: 7\n")
    usage = load_usage(tmp_path / "usage.yaml")
    assert (usage.stored_gb, usage.run_minutes) == (7, load_usage().run_minutes)


@pytest.mark.parametrize("text", ["stored_gb: much\n", "stores_gb: 7\n", "- 1\n", "a: [\n"])
def test_usage_file_that_cannot_be_read_is_refused(tmp_path, text):
    (tmp_path / "usage.yaml").write_text(text)
    with pytest.raises(ReviewInputError, match=r"usage\.yaml") as error:
        load_usage(tmp_path / "usage.yaml")
    assert "stored_gb" in error.value.remedy


# ------------------------------------------------------------------ AWS's price list


def price_list(offer: str, region: str = "eu-west-1") -> dict:
    """As AWS writes it: products and their terms by SKU, tiers as price dimensions; two tiers, the first one free."""
    products, terms = {}, {}
    for number, (name, listed) in enumerate(item for item in LISTED.items() if item[1].offer == offer):
        sku = f"SKU{number}"
        attributes = dict(listed.attributes) | {"usagetype": f"EUW1-{listed.usage_type}", "regionCode": region}
        products[sku] = {"sku": sku, "attributes": attributes}
        tiers = {"a": (0, "0.0000000000"), "b": (10, str(len(name) / 100)), "c": (1000, "0.0001")}
        terms[sku] = {
            f"{sku}.T": {
                "priceDimensions": {
                    key: {"beginRange": str(begin), "pricePerUnit": {"USD": usd}} for key, (begin, usd) in tiers.items()
                }
            }
        }
    products["OTHER"] = {"sku": "OTHER", "attributes": {"usagetype": "EUW1-Something"}}
    return {"formatVersion": "v1.0", "products": products, "terms": {"OnDemand": terms}}


def test_refresh_writes_the_first_price_that_is_not_free_of_every_item(tmp_path):
    asked = []

    def fetch(url: str) -> dict:
        asked.append(url)
        return price_list(url.split("/")[6])

    refresh("eu-west-1", tmp_path, fetch, date(2026, 11, 23))
    prices = load_prices("eu-west-1", tmp_path)
    assert prices is not None
    assert {name: price.usd for name, price in prices.prices.items()} == (
        {name: len(name) / 100 for name in LISTED} | {"dashboard_month": 3.0}
    )
    assert prices.as_of == date(2026, 11, 23)
    assert PRICE_LIST_URL.format(offer="AWSGlue", region="eu-west-1") in asked


def test_refresh_that_misses_a_price_writes_nothing(tmp_path):
    def fetch(url: str) -> dict:
        data = price_list(url.split("/")[6])
        data["products"].pop("SKU0")
        return data

    with pytest.raises(PriceListError, match="has no price for"):
        refresh("eu-west-1", tmp_path, fetch, date(2026, 11, 23))
    assert list(tmp_path.iterdir()) == []


def test_refreshed_prices_win_over_the_bundled_ones(tmp_path):
    bundled = load_prices("us-east-1")
    data = bundled.model_dump(mode="json") | {"origin": "mine"}
    (tmp_path / "us-east-1.yaml").write_text(yaml.safe_dump(data))
    assert load_prices("us-east-1", tmp_path).origin == "mine"


def test_price_file_that_cannot_be_read_is_refused_with_the_remedy(tmp_path):
    (tmp_path / "us-east-1.yaml").write_text("region: us-east-1\n")
    with pytest.raises(ReviewInputError) as error:
        load_prices("us-east-1", tmp_path)
    assert "price list" in error.value.remedy


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1"])
def test_bundled_prices_are_complete_dated_and_sourced(region):
    prices = load_prices(region)
    assert prices is not None
    assert set(prices.prices) == set(LISTED) | set(EVERYWHERE)
    assert all(price.source.startswith("https://aws.amazon.com/") for price in prices.prices.values())


def test_dashboard_has_one_price_everywhere_even_with_older_price_files():
    bundled = load_prices("us-east-1")
    assert bundled is not None
    older = bundled.model_copy(update={"prices": {n: p for n, p in bundled.prices.items() if n != "dashboard_month"}})
    assert bundled.usd("dashboard_month") == older.usd("dashboard_month") == 3.0


def test_dashboard_is_priced_in_a_plan(basis):
    change = {
        "address": "aws_cloudwatch_dashboard.this",
        "mode": "managed",
        "type": "aws_cloudwatch_dashboard",
        "change": {"actions": ["create"], "before": None, "after": {"dashboard_name": "runs"}},
    }
    plan = {"format_version": "1.2", "terraform_version": "1.11.4", "resource_changes": [change]}
    assert review(parse_plan(plan), basis).cost.after.per_month == 3.0


@pytest.mark.parametrize(
    ("endpoint", "usd_per_month"),
    [
        pytest.param({"vpc_endpoint_type": "Interface", "subnet_ids": ["subnet-a"]}, 7.30, id="in one zone"),
        pytest.param({"vpc_endpoint_type": "Interface", "subnet_ids": ["subnet-a", "subnet-b"]}, 14.60, id="in two"),
        pytest.param({"vpc_endpoint_type": "Interface"}, 21.90, id="in those that the plan makes"),
        pytest.param({"vpc_endpoint_type": "Gateway"}, 0.0, id="gateway"),
    ],
)
def test_endpoint_costs_by_the_hour_in_each_zone_and_a_gateway_nothing(reviewed, endpoint, usd_per_month):
    module = {"module_address": "module.network"}
    made = [change("aws_subnet", None, {"cidr_block": f"10.0.{n}.0/24"}) for n in range(3)]
    made = [part | module | {"address": f"module.network.aws_subnet.this[{n}]"} for n, part in enumerate(made)]
    endpoint_change = change("aws_vpc_endpoint", None, endpoint)
    if "subnet_ids" not in endpoint:
        endpoint_change["change"]["after_unknown"] = {"subnet_ids": True}
    made.append(endpoint_change | module | {"address": "module.network.aws_vpc_endpoint.glue"})

    cost = reviewed({"format_version": "1.2", "resource_changes": made}).cost

    assert cost.after.per_month == pytest.approx(usd_per_month)


def test_resources_without_a_price_are_counted_and_named(reviewed):
    kinds = ["aws_db_instance", "aws_instance", "aws_instance", "google_storage_bucket", "aws_iam_role", "random_id"]
    entries = [change(kind, None, {"name": "x"}) | {"address": f"{kind}.a{i}"} for i, kind in enumerate(kinds)]
    made = reviewed({"format_version": "1.2", "resource_changes": [*entries, change("aws_kms_key", None, {"id": "k"})]})
    assert made.cost.unpriced == {"aws_db_instance": 1, "aws_instance": 2, "google_storage_bucket": 1}
    for form in (render_text(made), render_page(made), render_markdown(made).replace("\\", "")):
        assert "4 resources not priced: aws_db_instance, aws_instance (2), google_storage_bucket" in form


def test_every_figure_has_the_age_of_its_prices_beside_it(reviewed):
    made = reviewed("update")
    figures = [line for line in render_text(made).splitlines() if "per month $" in line or "per run" in line]
    assert len(figures) > 2
    assert [line for line in figures if "prices of 2025-06-01, 17 months old" not in line] == []


@pytest.mark.parametrize("version", ["6.0", "7.1"])
def test_job_on_a_newer_glue_is_not_priced_by_the_older_ones_price(basis, version):
    job = {"name": "j", "glue_version": version, "number_of_workers": 4, "worker_type": "G.1X"}
    plan = parse_plan({"format_version": "1.2", "resource_changes": [change("aws_glue_job", None, job)]})
    made = review(plan, basis).cost
    assert (made.lines, made.unpriced) == ((), {f"aws_glue_job on Glue {version}": 1})
    own = basis.prices.prices | {
        "glue_6_job_dpu_hour": basis.prices.prices["glue_job_dpu_hour"].model_copy(update={"usd": 1.0})
    }
    priced = review(plan, replace(basis, prices=basis.prices.model_copy(update={"prices": own}))).cost
    assert priced.after.per_run == pytest.approx(4 * 0.5)
    assert priced.unpriced == {}


@pytest.mark.parametrize("worker", ["R.8X", "Z.2X", "G.99X"])
def test_workers_with_a_price_of_their_own_are_not_priced_as_others(reviewed, worker):
    job = {"name": "j", "number_of_workers": 4, "worker_type": "G.1X"}
    made = reviewed(
        {"format_version": "1.2", "resource_changes": [change("aws_glue_job", job, job | {"worker_type": worker})]}
    )
    assert (made.cost.lines, made.cost.unpriced) == ((), {f"aws_glue_job on {worker} workers": 1})
    assert [reason.rule for reason in made.verdict.reasons] == ["unjudged-attribute"]


@pytest.mark.parametrize(("started", "rules"), [(False, ["cost-up"]), (True, [])])
def test_size_of_a_job_that_nothing_in_the_plan_starts_counts_by_the_run(reviewed, started, rules):
    job = {"name": "j", "number_of_workers": 1, "worker_type": "G.1X"}
    trigger = {"type": "SCHEDULED", "schedule": "cron(0 6 1 1 ? *)", "actions": [{"job_name": "j"}]}
    start = change("aws_glue_trigger", trigger, trigger)
    start["change"]["actions"] = ["no-op"]
    entries = [change("aws_glue_job", job, job | {"number_of_workers": 3}), *([start] if started else [])]
    made = reviewed({"format_version": "1.2", "resource_changes": entries})
    assert [reason.rule for reason in made.verdict.reasons] == rules


@pytest.mark.parametrize("name", ["number_of_workers", "worker_type"])
def test_job_of_a_size_that_is_known_after_the_apply_only_is_not_free(reviewed, name):
    job = {"name": "j", "number_of_workers": 4, "worker_type": "G.1X"}
    entry = change("aws_glue_job", job, {key: value for key, value in job.items() if key != name})
    entry["change"]["after_unknown"] = {name: True}
    made = reviewed({"format_version": "1.2", "resource_changes": [entry]})
    assert (made.cost.lines, sum(made.cost.unpriced.values())) == ((), 1)
    fewer = {"number_of_workers": ["runs-with-less"]}
    assert [reason.rule for reason in made.verdict.reasons] == [*fewer.get(name, []), "unjudged-attribute"]
