"""What happens at its time. AWS has no clock to move: there these tests are skipped."""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.integration.glue.account import Account


def test_quarterly_schedule_fires_four_times_in_a_year_each_once(account: Account, clock):  # G12
    job = account.job(ExecutionProperty={"MaxConcurrentRuns": 10})
    clock({"set": "2031-01-15T00:00:00+00:00"})
    account.trigger("SCHEDULED", {"JobName": job}, Schedule="cron(0 6 1 1,4,7,10 ? *)", StartOnCreation=True)

    clock({"advance_seconds": timedelta(days=365).total_seconds()})
    account.wait_for_runs(job, 4)

    assert len(account.runs(job)) == 4


def test_crawler_on_its_own_schedule_fires_no_trigger(account: Account, clock):  # G2, G12
    account.put(f"{account.prefix}/own-schedule/a.csv", "id,wheels\n1,4\n2,3\n")
    crawler, job = account.crawler(f"{account.prefix}/own-schedule/"), account.job()
    condition = {"LogicalOperator": "EQUALS", "CrawlerName": crawler, "CrawlState": "SUCCEEDED"}
    account.trigger("CONDITIONAL", {"JobName": job}, Predicate={"Conditions": [condition]})
    by_trigger = account.trigger("ON_DEMAND", {"CrawlerName": crawler})
    at = datetime.fromisoformat(clock({"frozen": True})) + timedelta(minutes=2)
    account.glue.update_crawler(Name=crawler, Schedule=f"cron({at.minute} {at.hour} * * ? *)")

    clock({"advance_seconds": 180})
    account.wait(
        lambda: account.glue.list_crawls(CrawlerName=crawler)["Crawls"],
        lambda crawls: [crawl["State"] for crawl in crawls] == ["COMPLETED"],
        "the scheduled crawl",
    )
    account.wait_for_crawler(crawler)
    assert account.runs(job) == []
    account.glue.start_trigger(Name=by_trigger)
    assert len(account.wait_for_runs(job, 1)) == 1
