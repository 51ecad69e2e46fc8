from datetime import date

import pytest
import yaml

from quartal.errors import AwsError, ConfigurationError
from quartal.plan_review.parse import parse_plan
from quartal.plan_review.prices import EVERYWHERE, LISTED, PRICE_LIST_URL, load_prices, refresh
from quartal.plan_review.review import review
from quartal.plan_review.usage import load_usage, with_history


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


def test_region_without_prices_has_no_cost_and_says_so(reviewed, basis, monkeypatch):
    assert load_prices("mars-north-1") is None


def test_run_history_replaces_the_estimate_by_its_median():
    done = [{"seconds": seconds, "deliveries": [{}]} for seconds in (600, 1200, 6000)]
    usage = with_history(load_usage(), [*done, {"seconds": 3, "deliveries": []}])
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
    with pytest.raises(ConfigurationError, match=r"usage\.yaml") as error:
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

    with pytest.raises(AwsError, match="has no price for"):
        refresh("eu-west-1", tmp_path, fetch, date(2026, 11, 23))
    assert list(tmp_path.iterdir()) == []


def test_refreshed_prices_win_over_the_bundled_ones(tmp_path):
    bundled = load_prices("us-east-1")
    data = bundled.model_dump(mode="json") | {"origin": "mine"}
    (tmp_path / "us-east-1.yaml").write_text(yaml.safe_dump(data))
    assert load_prices("us-east-1", tmp_path).origin == "mine"


def test_price_file_that_cannot_be_read_is_refused_with_the_remedy(tmp_path):
    (tmp_path / "us-east-1.yaml").write_text("region: us-east-1\n")
    with pytest.raises(ConfigurationError) as error:
        load_prices("us-east-1", tmp_path)
    assert "quartal cost us-east-1 --refresh" in error.value.remedy


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1"])
def test_bundled_prices_are_complete_dated_and_sourced(region):
    prices = load_prices(region)
    assert prices is not None
    assert set(prices.prices) == set(LISTED) | set(EVERYWHERE)
    assert all(price.source.startswith("https://aws.amazon.com/") for price in prices.prices.values())


def test_dashboard_costs_what_it_costs_everywhere_also_by_prices_of_before_there_was_one():
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
