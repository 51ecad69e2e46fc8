"""Whole runs over what no crawler has taken, and over lines that readers cut in different ways: no row is lost."""

import gzip
import json
import re

import pytest

from etl_job.arguments import parse_arguments
from etl_job.deliveries.delivered import NO_DELIVERY
from etl_job.deliveries.file_names import HIDDEN, NO_BYTES
from etl_job.errors import InputError
from etl_job.notify.progress import Progress
from etl_job.run import run

from .conftest import DATASET
from .test_run import HEADER, published

# What str.splitlines and other readers take for ends of lines, and terminals for commands. A line ends with CR or LF.
ODD = ("\x85", "\u2028", "\u2029", "\x0b", "\x0c", "\x1c", "\x1e", "\x00", "\x1b[2J", "\ufeff")


def rows(prefix: str, count: int = 4, brand: str = "Opel") -> str:
    return "".join(f"{prefix}-{number},{brand},2024-01-01,10:00:00\n" for number in range(count))


@pytest.fixture
def start(spark, lake):
    lines: list[str] = []

    def start(run_id: str, *extra: str):
        return run(parse_arguments([*lake.arguments, "--run_id", run_id, *extra]), {}, Progress(lines.append))

    start.lines = lines
    return start


def put(lake, path: str, content: str | bytes) -> None:
    file = lake.raw / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content.encode() if isinstance(content, str) else content)


def rows_in(lake, delivery: str) -> int:
    """Lines that are not blank, in all files but hidden and empty ones, without their headers."""
    count = 0
    for file in (lake.raw / f"delivery={delivery}").rglob("*.csv*"):
        content = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
        if content and not file.name.startswith("_"):
            count += len([line for line in re.split(rb"\r\n|\r|\n", content) if line]) - 1
    return count


def odd_values() -> str:
    return "".join(f"odd-{number},a{text}b,2024-01-01,10:00:00\n" for number, text in enumerate(ODD))


def members(*parts: str) -> bytes:
    return b"".join(gzip.compress(part.encode()) for part in parts)


@pytest.mark.parametrize("has_quotes", [False, True], ids=["judged by Arrow", "judged by Spark"])
def test_every_row_of_what_the_crawler_left_out_is_accounted_for(lake, start, has_quotes):
    lake.deliver("known", f"{HEADER}\n{rows('known')}")
    if has_quotes:
        put(lake, "delivery=open/a.csv", f'{HEADER}\nopen-1,"Opel,2024-01-01,10:00:00\n{rows("open")}')
    put(lake, "delivery=odd/a.csv", f"{HEADER}\n{odd_values()}{rows('odd-cr').replace(chr(10), chr(13))}")
    put(lake, "delivery=width/a.csv", f"{HEADER}\n{rows('w')}" + "x,y\n" * 2 + rows("v"))
    put(lake, "delivery=deep/year=2024/month=1/a.csv", f"{HEADER}\n{rows('deep')}")
    put(lake, "delivery=deep/a.csv", f"{HEADER}\n{rows('flat')}")
    put(lake, "delivery=long/a.csv", f"{HEADER}\nlong-1,{'x' * 400_000},2024-01-01,10:00:00\n{rows('long')}")
    put(lake, "delivery=packed/a.csv.gz", members("", f"{HEADER}\n{rows('p')}", rows("q")))
    cut = members(f"{HEADER}\n{rows('r')}s-1,Op", f"el,2024-01-01,10:00:00\n{rows('t')}")
    put(lake, "delivery=packed/b.csv.gz", cut)
    put(lake, "delivery=packed/_c.csv", f"{HEADER}\n{rows('hidden')}")
    put(lake, "delivery=packed/d.csv", "")
    put(lake, "stray.csv", f"{HEADER}\n{rows('stray')}")

    manifest = start("one")
    counts = {each.delivery: each for each in manifest.deliveries}
    new = {"odd", "width", "deep", "long", "packed", *(["open"] if has_quotes else [])}
    assert set(counts) == {"known", *new}
    for name, each in counts.items():
        assert each.rows_in == each.kept + each.quarantined + each.duplicates == rows_in(lake, name), name
        assert each.duplicates == 0, name
    bad = {"width": 2, "long": 1, **({"open": 1} if has_quotes else {})}
    assert {name: each.quarantined for name, each in counts.items() if each.quarantined} == bad
    brands = {row["brand"] for row in published("curated").filter(delivery="odd").to_dicts()}
    assert brands == {"Opel", *(f"a{text}b" for text in ODD)}
    assert manifest.not_catalogued == tuple(sorted(new))
    recorded = {each.uri.removeprefix(f"file://{lake.raw}/"): each.reason for each in manifest.left_out}
    assert recorded == {
        "delivery=packed/_c.csv": HIDDEN,
        "delivery=packed/d.csv": NO_BYTES,
        "stray.csv": NO_DELIVERY,
    }
    said = "".join(start.lines)
    assert f"stage=not-catalogued deliveries={','.join(sorted(new))} message=read by the contract" in said
    assert f"stage=left-out file=file://{lake.raw}/stray.csv message=it is not in a folder delivery=<name>" in said
    again = start("two")
    assert not again.published_anything
    assert {each.reason for each in again.left_out} == {HIDDEN, NO_DELIVERY}, "an empty file is told once"
    # A crawler that takes them later changes nothing: they keep their names, and nothing is read again.
    lake.crawl()
    assert not start("three").published_anything


def test_missing_uploaded_file_stops_the_run_before_anything_is_written(lake, start):
    put(lake, "delivery=q1/a.csv", f"{HEADER}\n{rows('a')}")
    record = lake.root / "deliveries" / DATASET / "q1.json"
    record.parent.mkdir(parents=True)
    keys = [f"raw/{DATASET}/delivery=q1/{name}.csv" for name in "ab"]
    record.write_text(json.dumps({"files": {key: {} for key in keys}}))
    with pytest.raises(
        InputError, match=r"delivery q1 lacks delivery=q1/b\.csv, which was uploaded according to \S+q1\.json"
    ):
        start("one")
    assert sorted(path.name for path in lake.root.iterdir()) == ["deliveries", "raw", "runs"]
