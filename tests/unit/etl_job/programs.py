"""The job in programs of their own, with whatever Python, Spark and master, on files and a Glue catalog of moto's."""

import json
import logging
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from moto.server import ThreadedMotoServer
from pyiceberg.catalog.glue import GlueCatalog

from feed_generator import generate

from .conftest import CONTRACT, DATASET, ROOT

REGION = "eu-central-1"
JAVA = "-XX:TieredStopAtLevel=1 -XX:+UseParallelGC -XX:MetaspaceSize=256m"
LEDGER = "random_feed"
# Deliveries that share keys, with every kind of trouble; the second run changes what became of rows of the first.
LEDGER_ROWS = {
    "2024-01": [
        "k1;Nord;2024-02-28 23:30:00;1,5;",
        "k2;Süd;2024-03-01 00:30:00;0,1;n",
        'k3;"x;y";29.2.2024 12:00;99,999999;',
        "k3;Nord;29.2.2024 12:00;99,999999;again",
        "k4;Nord;2024-03-31 02:30:00;1;a gap of the clocks",
        "k5;Nord;2024-02-30 10:00:00;1;no such day",
        "K1;Nord;2024-02-28 23:30:00;13;",
        "k6;Nord;2023-12-31 23:59:59;;",
        "k7;東京;2024-01-01 00:59:59;abc;",
        "k8;Nord",
    ],
    "2024-02": [
        "k1;Süd;2024-04-01 00:30:00;2;",
        "k9;Süd;2024-04-01 02:00:00;1000;",
        "k2;Süd;2024-03-01 00:30:00;0,1;n",
        "k10;Nord;2024-02-29T23:59:59.5-01:00;0,2;",
    ],
    "2024-03": ["k1;Nord;2024-02-28 23:30:00;1,5;", "k11;Nord;2024-07-01 10:00:00;7;"],
}
_HEADER = "id;place;at;amount;note"
_KNOWN = "{ type: sql, name: known, query: length(place) < 8 or year(at) > 2000, severity: error }"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the runs left: the rows of each table, bad rows, and counts per dataset and delivery."""

    tables: Mapping[str, list[dict[str, Any]]]
    quarantine: list[tuple[Any, ...]]
    counts: Mapping[str, Any]
    spark: str


@contextmanager
def served_catalog() -> Iterator[dict[str, str]]:
    """A Glue of moto's on a free port; the environment in which programs reach it."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield {name: value for name, value in os.environ.items() if not name.startswith("AWS_")} | {
            "AWS_ENDPOINT_URL": f"http://{host}:{port}",
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
        }
    finally:
        server.stop()


def own_folder(root: Path) -> Path:
    """Files of the program that starts the runs, which nobody else needs."""
    return root.with_name(f"{root.name}-own")


def deliver(root: Path) -> list[list[str]]:
    """Two feeds in a new lake; the arguments of the runs that take them in, the second feed in two runs."""
    example = root / "raw" / DATASET
    generate(example, 1000, 7, quarters=4)
    ledger = root / "raw" / LEDGER
    for name, rows in LEDGER_ROWS.items():
        folder = ledger / f"delivery={name}"
        folder.mkdir(parents=True)
        (folder / "part-0.csv").write_text("\n".join([_HEADER, *rows, ""]), "utf-8")
    contract = own_folder(root) / f"{LEDGER}.yaml"
    contract.parent.mkdir(exist_ok=True)
    document = Path(__file__).with_name(f"{LEDGER}.yaml").read_text("utf-8").replace("keepFirst", "quarantineBoth")
    contract.write_text(document.replace("    quality:\n", f"    quality:\n      - {_KNOWN}\n"), "utf-8")
    return [
        _arguments(root, DATASET, CONTRACT, run_id="example"),
        _arguments(root, LEDGER, contract, run_id="ledger-1", delivery="2024-01,2024-02"),
        _arguments(root, LEDGER, contract, run_id="ledger-2"),
    ]


def _arguments(root: Path, dataset: str, contract: Path, **more: str) -> list[str]:
    named = {"lake_bucket": f"file://{root}", "dataset": dataset, "contract": str(contract), "database": root.name}
    return [word for name, value in (named | more).items() for word in (f"--{name}", value)]


def run_job(command: Sequence[str], root: Path, env: Mapping[str, str]) -> Outcome:
    """Run the job in a new lake by this program, to whose arguments those of the runs are added.

    The folder's name is that of the database, which moto keeps for all of this process.
    """
    catalog = GlueCatalog(
        "test",
        **{
            "glue.endpoint": env["AWS_ENDPOINT_URL"],
            "glue.region": REGION,
            "glue.access-key-id": "testing",
            "glue.secret-access-key": "testing",
        },
    )
    catalog.create_namespace(root.name)
    script = Path(__file__).with_name("several_runs.py")
    runs = json.dumps(deliver(root))
    done = subprocess.run([*command, str(script), runs], env=dict(env), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-6000:]
    manifests = [json.loads(file.read_text()) for file in sorted((root / "runs").glob("*/*.json"))]
    return Outcome(
        {
            name: _rows(catalog, f"{root.name}.{name}")
            for dataset in (DATASET, LEDGER)
            for name in _table_names(dataset)
        },
        _quarantine(root),
        {each["run_id"]: _without_times(each["deliveries"]) for each in manifests},
        manifests[0]["versions"]["pyspark"],
    )


def _table_names(dataset: str) -> tuple[str, str]:
    return f"{dataset}_curated", f"{dataset}_features"


def _rows(catalog: GlueCatalog, identifier: str) -> list[dict[str, Any]]:
    rows = catalog.load_table(identifier).scan().to_arrow().to_pylist()
    return sorted(rows, key=lambda row: [str(value) for value in row.values()])


def _quarantine(root: Path) -> list[tuple[Any, ...]]:
    rows = [
        row
        for file in (root / "quarantine").rglob("*.parquet")
        for row in pq.read_table(file, partitioning=None).to_pylist()
    ]
    return sorted(
        (row["raw"], *row["reasons"], row["file"].removeprefix(f"file://{root}"), row["part_offset"], row["row_number"])
        for row in rows
    )


def _without_times(deliveries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in each.items() if name != "inputs"} for each in deliveries]


def program_environment(python: Path, env: Mapping[str, str], *submit: str) -> dict[str, str]:
    """The environment of a program of this Python, whose modules come from this checkout; with options of Spark's."""
    options = [*submit, "--conf", "spark.ui.showConsoleProgress=false", "pyspark-shell"]
    return {
        **env,
        "PATH": os.pathsep.join([str(python.parent), env.get("PATH", os.defpath)]),
        "PYTHONPATH": str(ROOT),
        "PYSPARK_PYTHON": str(python),  # of the test around it, it is another
        "JDK_JAVA_OPTIONS": JAVA,
        "SPARK_LOCAL_IP": "127.0.0.1",
        "PYSPARK_SUBMIT_ARGS": " ".join(options),
    }


def assert_same(found: Outcome, expected: Outcome) -> None:
    """Every cell, bad row and count."""
    assert found.counts == expected.counts
    assert found.quarantine == expected.quarantine
    assert found.tables == expected.tables
    assert all(found.tables.values())
