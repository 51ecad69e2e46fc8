"""Random small feeds through whole runs, in random splits and orders of deliveries, against independent_feed.py.

A few examples by default; QUARTAL_RANDOM_FEEDS=200 tries as many, and others each time.
"""

import gzip
import json
import os
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from moto import mock_aws
from pyiceberg.catalog.glue import GlueCatalog

from etl_job.arguments import parse_arguments
from etl_job.notify.progress import Progress
from etl_job.run import run

from .conftest import DATABASE, Lake, set_credentials
from .independent_feed import COLUMNS, Feed, classify_duplicates, features, written

EXAMPLES = int(os.environ.get("QUARTAL_RANDOM_FEEDS", "0"))
CONTRACT = (Path(__file__).with_name("random_feed.yaml")).read_text()
FORMATS = {
    "csv": {},
    "csv across lines, packed": {"csv": {"delimiter": ";", "multiLine": True}},
    "jsonLines": {"files": {"format": "jsonLines"}},
    "parquet": {"files": {"format": "parquet"}},
}
POLICIES = ("keepFirst", "keepLast", "quarantineBoth")
COUNTS = ("rows_in", "kept", "quarantined", "duplicates", "conflicts", "warned")
KEYS = ["k1", "k2", "k3", "k4", "k5", "k6", "k7", "k8", "", "K1", "k#", "k12345"]
PLACES = ["Nord", "Süd", "東京", "🚗🚗", "é", "é", 'a "b"', "x;y", " ", "", "ninechars", "N\u00a0"]
TIMES = [
    *("2024-02-28 23:30:00", "2024-02-29 12:00:00", "2024-03-01 00:30:00"),  # a leap day, seen from UTC too
    *("2024-03-31 01:59:59", "2024-03-31 03:00:00", "2024-10-27 02:30:00", "2024-10-27 03:00:00"),
    *("2024-04-01 00:30:00", "2024-04-01 02:00:00", "2023-12-31 23:59:59", "2024-01-01 00:59:59"),  # quarters of UTC
    *("2024-02-03 10:00:00", "2024-02-03 10:00:00", "2024-02-05 10:00:00"),
    *("29.2.2024 12:00", "01.04.2024 01:59", "2024-02-29T23:59:59.5-01:00", "2024-03-31T02:30:00.123Z"),
    *("31.3.2024 02:30", "30.02.2024 10:00", "2024-02-29T23:59:59-01:00", "2024-02-29T23:59:59.1234Z"),
    *("2024-03-31 02:30:00", "2023-02-29 12:00:00", "2024-01-01 24:00:00", "2024-1-1 00:00:00", "", "soon"),
    *("9999-12-31 10:00:00", "2300-01-01 10:00:00", "1999-12-31 10:00:00", "0001-01-01 00:00:00"),
]
AMOUNTS = [
    "",
    "0",
    "1,5",
    "+2",
    "0,1",
    "0,2",
    "007",
    "99,999999",
    "100",
    "13",
    "13,0",
    "-1",
    "1.5",
    "1e3",
    "x",
    "\u0661",
]
AMOUNTS += ["999999999999999999,999999"]


def line(cells: tuple[str, ...]) -> bytes:
    quoted = ['"' + c.replace('"', '""') + '"' if any(mark in c for mark in ';"') else c for c in cells]
    return ";".join(quoted).encode()


good_rows = st.tuples(
    st.sampled_from(KEYS[:8]),
    st.sampled_from(PLACES[:8]),
    st.sampled_from(TIMES[:18]),
    st.sampled_from(AMOUNTS[:9]),
    st.sampled_from(["", "n"]),
)
any_rows = st.tuples(*map(st.sampled_from, (KEYS, PLACES, TIMES, AMOUNTS, ["", "n", 'q"']))).map(line)
odd_lines = st.sampled_from([b"k1;Nord", b"k1;Nord;2024-02-03 10:00:00;1;n;more", b";;;;", b"x", b""])
bad_bytes = st.sampled_from([b"k2;S\xfcd;2024-02-03 10:00:00;1;", b"k3;Nord;2024-02-03 10:00:00;1;\xff"])
lines = st.one_of(good_rows.map(line), good_rows.map(line), any_rows, odd_lines, bad_bytes)
files = st.lists(lines, max_size=12)
feeds = st.dictionaries(
    st.sampled_from(["2024-01", "2024-02", "d:3", "ä 4"]), st.lists(files, min_size=1, max_size=2), min_size=1
)


@st.composite
def histories(draw) -> tuple[Feed, list[list[str]]]:
    """A feed, and its deliveries as runs take them in."""
    feed = draw(feeds)
    names = draw(st.permutations(sorted(feed)))
    cuts = sorted(draw(st.sets(st.integers(1, len(names)), max_size=2)))
    batches = [names[a:b] for a, b in zip([0, *cuts], [*cuts, len(names)], strict=True)]
    return feed, [batch for batch in batches if batch]


class FeedLake(Lake):
    """A lake whose files are written byte by byte."""

    def __init__(self, root: Path, policy: str, form: str) -> None:
        super().__init__(root, "random_feed")
        self.columns, self.form = list(COLUMNS), form
        self.contract = root / "random_feed.yaml"
        document = yaml.safe_load(CONTRACT.replace("keepFirst", policy))
        said = document["schema"][0]["customProperties"]
        if FORMATS[form]:
            said[:] = [each for each in said if each["property"] != "csv"]
            said += [{"property": name, "value": value} for name, value in FORMATS[form].items()]
        self.contract.write_text(yaml.safe_dump(document))

    def take_in(self, delivery: str, contents: list[list[bytes]]) -> None:
        folder = self.raw / f"delivery={delivery}"
        folder.mkdir(parents=True)
        for number, found in enumerate(contents):
            if self.form == "parquet":
                rows = [list(json.loads(raw).values()) for line in found if (raw := written(line, "parquet"))]
                columns = ([row[place] for row in rows] for place in range(len(COLUMNS)))
                arrays = [
                    pa.array([cell and cell.encode("utf-8", "surrogateescape") for cell in column], pa.binary())
                    for column in columns
                ]
                table = pa.table([array.view(pa.string()) for array in arrays], names=COLUMNS)
                pq.write_table(table, folder / f"part-{number}.parquet", row_group_size=2)
                continue
            if self.form == "jsonLines":
                found = [(written(line, self.form) or "").encode("utf-8", "surrogateescape") for line in found]
            content = b"\n".join([*([] if self.form == "jsonLines" else [";".join(COLUMNS).encode()]), *found, b""])
            is_packed = self.form.endswith("packed")
            name = f"part-{number}.csv{'.gz' if is_packed else ''}"
            (folder / name).write_bytes(gzip.compress(content) if is_packed else content)

    def run(self):
        arguments = [*self.arguments, "--contract", str(self.contract)]
        return run(parse_arguments(arguments), {}, Progress(lambda _line: None))

    @property
    def quarantine(self) -> Counter:
        found: Counter = Counter()
        for file in (self.root / "quarantine" / "random_feed").rglob("*.parquet"):
            rows = pq.read_table(file, partitioning=None).to_pylist()
            found.update((row["raw"], tuple(sorted(row["reasons"]))) for row in rows)
        return found

    @property
    def features(self) -> dict:
        rows = GlueCatalog("test").load_table(f"{DATABASE}.random_feed_features").scan().to_arrow().to_pylist()
        return {(row.pop("place"), row.pop("day")): row for row in rows}


def long_field(place: str, note: str) -> bytes:
    return line(("k1", place, "2024-02-03 10:00:00", "1", note))


def with_megabytes(text: bytes) -> bytes:
    return text.replace(MEGABYTES.encode(), "ü".encode() * 1_500_000)


MEGABYTES = "<three megabytes>"  # written out only where they are used, so that a failing example can be read
ALL_BAD, ONE_ROW = [[b"x", b";;;;"]], [[line(("k1", "Nord", "2024-02-29 12:00:00", "", ""))]]


@pytest.fixture(scope="module")
def credentials():
    with pytest.MonkeyPatch.context() as patch:
        set_credentials(patch)
        yield


@pytest.mark.timeout(3600 if EXAMPLES else 600)
@settings(
    max_examples=EXAMPLES or 1,
    derandomize=not EXAMPLES,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
@example(
    policy="quarantineBoth",
    form="parquet",
    history=(
        {
            "2024-01": [[long_field("Nord", MEGABYTES), b"k2;S\xfcd;2024-02-03 10:00:00;1;"]],
            "2024-02": ALL_BAD,
            "d:3": ONE_ROW,
            "ä 4": [[], [long_field(MEGABYTES, "")]],
        },
        [["d:3", "2024-02"], ["ä 4", "2024-01"]],
    ),
)
@given(policy=st.sampled_from(POLICIES), form=st.sampled_from(sorted(FORMATS)), history=histories())
def test_feed_split_in_any_way_has_the_documented_outcome(spark, credentials, tmp_path_factory, policy, form, history):
    feed, batches = history
    feed = {name: [[with_megabytes(each) for each in file] for file in of] for name, of in feed.items()}
    published: Feed = {}
    counted: dict[str, Counter[str]] = {}
    conflicts: dict[str, int] = {}
    with mock_aws():
        lake = FeedLake(tmp_path_factory.mktemp("feed"), policy, form)
        for batch in batches:
            for delivery in batch:
                lake.take_in(delivery, feed[delivery])
            lake.crawl()
            published |= {delivery: feed[delivery] for delivery in batch}
            expected = classify_duplicates(published, policy, "csv" if form.startswith("csv") else form)
            for each in lake.run().deliveries:
                counted[each.delivery] = +Counter({name: getattr(each, name) for name in COUNTS})
                # those of the run that processed the delivery; every other count is that of the newest run
                conflicts[each.delivery] = expected.counts[each.delivery].get("conflicts", 0)
            assert counted == {
                name: +Counter({**of, "conflicts": conflicts[name]}) for name, of in expected.counts.items()
            }
        assert lake.quarantine == expected.quarantined
        if expected.kept:
            assert lake.features == features(expected.kept)
