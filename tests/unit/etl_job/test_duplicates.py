"""Rows that share a key within or between deliveries: every order leads to the result of a single run."""

import random
from collections import Counter, defaultdict

import pytest

from etl_job.contract.model import CONFLICT, ConflictPolicy
from etl_job.contract.schemas import DAY, DELIVERY, HOURS, value_column
from etl_job.counting.outcomes import quarantined_rows
from etl_job.deliveries.raw_table import Delivery
from etl_job.deliveries.selection import Selection
from etl_job.lake.files import LocalObjectStore
from etl_job.processing import count_selection
from etl_job.tables.key_registers import Registers

from .conftest import run_context

HEADER = "sighting_id,brand,date,time"
DELIVERIES = ("a", "b", "c", "d")


def expected(feed, policy):
    """Counts of what becomes of each delivery's rows: first in Python, without any of the job's code."""
    rows_of = defaultdict(list)
    for delivery in sorted(feed):
        for line in (line for file in feed[delivery] for line in file):
            rows_of[line.split(",")[0]].append((delivery, line))
    kept, rest = Counter(), Counter()
    for rows in rows_of.values():
        if policy == "quarantineBoth" and len({line for _, line in rows}) > 1:
            rest.update((delivery, "quarantined") for delivery, _ in rows)
            continue
        chosen = -1 if policy == "keepLast" else 0
        delivery, line = rows.pop(chosen)
        _, brand, day, time = line.split(",")
        kept[delivery, brand, f"{day} {time[:2]}"] += 1
        rest.update((other, "duplicate") for other, _ in rows)
    return kept, rest


class History:
    """Deliveries that arrive, change and go one after another, as runs would take them in."""

    def __init__(self, spark, root, contract):
        self.spark, self.root, self.contract = spark, root, contract
        self.feed: dict[str, list[list[str]]] = {}
        self.registers = Registers({})
        self.kept: dict[str, Counter] = {}
        self.rest: dict[str, Counter] = {}
        self.quarantine: dict[str, list[str]] = {}
        self.conflicts: dict[str, int] = {}

    def run(self, arrived, withdrawn=()):
        for name in withdrawn:
            for state in (self.feed, self.kept, self.rest, self.quarantine):
                state.pop(name, None)
        for name, files in arrived.items():
            self.feed[name] = files
            folder = self.root / f"delivery={name}"
            folder.mkdir(exist_ok=True)
            for old in folder.iterdir():
                old.unlink()
            for number, lines in enumerate(files):
                (folder / f"part-{number}.csv").write_text("\n".join([HEADER, *lines]))
        store = LocalObjectStore()
        known = {
            name: Delivery(name, store.list_files(f"file://{self.root}/delivery={name}")) for name in sorted(self.feed)
        }
        selection = Selection(tuple(known[name] for name in arrived), dict.fromkeys(withdrawn, ""), known)
        context = run_context(self.spark, store, self.contract, self.root, self.registers)
        staged, account = count_selection(context, selection)
        self.registers = account.registers
        processed = {delivery.name for delivery in staged.deliveries}
        self.kept.update({name: Counter() for name in processed})
        for row in account.daily.rows.collect():
            for hour, name in enumerate(HOURS):
                if row[name]:
                    place = row[value_column("brand")], f"{row[DAY]} {hour:02d}"
                    self.kept[row[DELIVERY]][place] = row[name]
        for outcome in account.outcomes:
            counts = Counter({"duplicate": outcome.duplicates, "quarantined": outcome.quarantined})
            self.rest[outcome.delivery] = +counts
            self.conflicts[outcome.delivery] = outcome.conflicts
            assert outcome.rows_in == sum(len(file) for file in self.feed[outcome.delivery])
        if self.contract.conflicts is ConflictPolicy.QUARANTINE_BOTH:
            self.quarantine.update({name: [] for name in processed})
            rows = quarantined_rows(
                account.rows.staged,
                account.rows.candidates,
                self.contract,
                file_order=account.file_order,
                run_id="r",
            )
            for row in rows.collect():
                assert row["reasons"] == [CONFLICT]
                self.quarantine[row[DELIVERY]].append(row["raw"])
        account.daily.rows.unpersist()
        return processed

    @property
    def state(self):
        kept = Counter({(name, *key): n for name, counts in self.kept.items() for key, n in counts.items()})
        rest = Counter({(name, key): n for name, counts in self.rest.items() for key, n in counts.items()})
        return kept, rest


def random_delivery(draw):
    files = [[] for _ in range(draw.randint(1, 2))]
    for _ in range(draw.choice([0, 1, 40, 120])):
        # Few keys and few contents: rows repeat and contradict each other, here and in other deliveries.
        line = f"k{draw.randint(0, 60)},{draw.choice(['Opel', 'Kia'])},2024-03-{draw.choice(['01', '31'])},07:00:00"
        draw.choice(files).append(line)
    return files


@pytest.mark.parametrize("policy", list(ConflictPolicy))
def test_deliveries_in_any_order_with_changes_and_withdrawals_come_to_what_one_run_gives(
    spark, tmp_path, contract, policy
):
    draw = random.Random(f"{policy}")  # noqa: S311
    history = History(spark, tmp_path, contract.model_copy(update={"conflicts": policy}))
    order = draw.sample(DELIVERIES, len(DELIVERIES))
    history.run({order[0]: random_delivery(draw)})
    history.run({name: [[f"k{n},Opel,2024-03-01,07:00:00" for n in range(40)], []] for name in order[1:2]})
    history.run({name: random_delivery(draw) for name in order[2:]})
    assert history.state == expected(history.feed, policy)
    history.run({order[1]: random_delivery(draw)}, withdrawn=[order[3]])
    assert history.state == expected(history.feed, policy)
    history.run({}, withdrawn=[order[0]])
    assert history.state == expected(history.feed, policy)
    if policy is ConflictPolicy.QUARANTINE_BOTH:
        lines = Counter(line for files in history.feed.values() for file in files for line in file)
        assert not Counter(line for found in history.quarantine.values() for line in found) - lines


def test_other_deliveries_are_processed_again_only_where_a_row_of_theirs_changes(spark, tmp_path, contract):
    history = History(spark, tmp_path, contract)
    row = "k{},Opel,2024-03-01,07:00:00".format
    history.run({"b": [[row(1), row(2)]], "d": [[row(9)]]})
    assert history.run({"c": [[row(2), row(3)]]}) == {"c"}  # loses to b, which stays as it is
    assert history.run({"a": [[row(1)]]}) == {"a", "b"}  # comes before b
    assert history.run({}, withdrawn=["a"]) == {"b"}  # what it had won falls back to b
    assert history.state == expected(history.feed, "keepFirst")


@pytest.mark.parametrize(("policy", "first", "second"), [("keepFirst", "a", "b"), ("keepLast", "b", "a")])
def test_duplicate_differs_only_where_the_kept_row_of_the_other_delivery_does(
    spark, tmp_path, contract, policy, first, second
):
    history = History(spark, tmp_path, contract.model_copy(update={"conflicts": ConflictPolicy(policy)}))
    row = "k{},{},2024-03-01,07:00:00".format
    brands = ("Opel", "Kia") if policy == "keepFirst" else ("Kia", "Opel")
    history.run({first: [[row(n, brand) for n in range(12) for brand in brands]]})
    history.run({second: [[row(n, "Opel") for n in range(12)] + [row(99, "Kia")]]})
    assert history.conflicts == {first: 12, second: 0}
    assert history.state == expected(history.feed, policy)


def test_duplicates_are_compared_with_the_row_that_was_kept_when_their_delivery_was_processed(
    spark, tmp_path, contract
):
    history = History(spark, tmp_path, contract)
    row = "k1,{},2024-03-01,07:00:00".format
    history.run({"b": [[row("Opel")]], "c": [[row("Kia")]]})
    assert history.conflicts == {"b": 0, "c": 1}
    assert history.run({"b": [[row("Kia")]]}) == {"b"}  # the row in c stays a duplicate, now of one like it
    assert history.run({"a": [[row("Opel")]]}) == {"a", "b"}
    assert history.conflicts == {"a": 0, "b": 1, "c": 1}
    assert history.run({"b": [[row("Opel")]], "c": [[row("Opel")]]}) == {"b", "c"}
    assert history.conflicts == {"a": 0, "b": 0, "c": 0}
