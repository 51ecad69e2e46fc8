import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
import yaml
from moto import mock_aws
from pyiceberg.catalog.glue import GlueCatalog
from pyspark.sql import SparkSession

from etl_job.arguments import JobArguments
from etl_job.context import RunContext
from etl_job.contract.document import parse_contract
from etl_job.contract.model import Contract
from etl_job.lake.files import ObjectStore
from etl_job.notify.progress import Progress
from etl_job.spark.sql_rules import SqlRules
from etl_job.tables.commit_outcome import DecidingGlueCatalog
from etl_job.tables.key_registers import Registers
from tests.lake_made_once import LakeMadeOnce
from tests.spark_session import small_session

ROOT = Path(__file__).parents[3]
CONTRACT = ROOT / "data" / "contracts" / "vehicle_sightings.yaml"
DATASET = "vehicle_sightings"
DATABASE = "lake"


def deciding(catalog: GlueCatalog) -> DecidingGlueCatalog:
    """The job's catalog over a plain one, with its client for reads and writes."""
    return DecidingGlueCatalog(catalog.name, catalog.glue, catalog.glue, properties=catalog.properties)


REGION = "eu-central-1"


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    os.environ["PYSPARK_PYTHON"] = sys.executable  # its packages are needed by the workers
    session = small_session(str(tmp_path_factory.mktemp("warehouse")))
    yield session
    session.stop()


@pytest.fixture
def document() -> dict[str, Any]:
    """The contract of the example feed, to change before it is parsed."""
    return yaml.safe_load(CONTRACT.read_text())


@pytest.fixture
def parse() -> Callable[[dict[str, Any]], Contract]:
    return lambda document: parse_contract(yaml.safe_dump(document), "contract.yaml", DATASET)


@pytest.fixture(scope="session")
def contract() -> Contract:
    return parse_contract(CONTRACT.read_text(), "contract.yaml", DATASET)


def run_context(
    spark: SparkSession, store: ObjectStore, contract: Contract, root: Path, registers: Registers | None = None
) -> RunContext:
    """The context of a run for the steps up to the counts, with tables that hold only the registers."""
    curated = SimpleNamespace(location=f"file://{root}/tables")
    tables: Any = SimpleNamespace(curated=curated, registers=registers or Registers({}))
    arguments = JobArguments(str(root), contract.dataset, "contract.yaml", DATABASE, (), "r1")
    return RunContext(spark, store, arguments, contract, SqlRules.of(contract), tables, Progress(lambda _: None))


class Lake:
    """A lake in a folder and its catalog in moto. Raw deliveries are written and catalogued as by a crawler."""

    def __init__(self, root: Path, dataset: str = DATASET) -> None:
        self.dataset = dataset
        self.move_to(root)
        self.glue = boto3.client("glue")
        self.glue.create_database(DatabaseInput={"Name": DATABASE})
        self.columns = ["sighting_id", "brand", "date", "time"]

    def move_to(self, root: Path) -> None:
        """Be the lake of another folder, which the catalog knows already."""
        self.root, self.raw = root, root / "raw" / self.dataset

    @property
    def arguments(self) -> list[str]:
        named = {
            "lake_bucket": f"file://{self.root}",
            "dataset": self.dataset,
            "contract": str(CONTRACT.with_name(f"{self.dataset}.yaml")),
            "database": DATABASE,
            "JOB_NAME": "quartal",
        }
        return [word for name, value in named.items() for word in (f"--{name}", value)]

    def workflow(self, **properties: str) -> str:
        """Create a workflow whose runs have these properties, as `quartal run` sets them. Returns its name."""
        self.glue.create_workflow(Name="quarterly", DefaultRunProperties=properties)
        return "quarterly"

    def deliver(self, name: str, *contents: str) -> None:
        """Replace the files of a delivery by files with these contents, and crawl."""
        folder = self.raw / f"delivery={name}"
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.iterdir():
            old.unlink()
        for number, content in enumerate(contents):
            (folder / f"part-{number:05d}.csv").write_text(content)
        self.crawl()

    def crawl(self) -> None:
        storage = {"Columns": [{"Name": name, "Type": "string"} for name in self.columns]}
        table = {
            "Name": self.dataset,
            "StorageDescriptor": {**storage, "Location": f"file://{self.raw}"},
            "PartitionKeys": [{"Name": "delivery", "Type": "string"}],
        }
        try:
            self.glue.create_table(DatabaseName=DATABASE, TableInput=table)
        except self.glue.exceptions.AlreadyExistsException:
            self.glue.update_table(DatabaseName=DATABASE, TableInput=table)
        for folder in sorted(self.raw.glob("delivery=*")):
            partition = {
                "Values": [folder.name.partition("=")[2]],
                "StorageDescriptor": {**storage, "Location": f"file://{folder}"},
            }
            try:
                self.glue.create_partition(DatabaseName=DATABASE, TableName=self.dataset, PartitionInput=partition)
            except self.glue.exceptions.AlreadyExistsException:
                continue


def set_credentials(patch: pytest.MonkeyPatch) -> None:
    """Set credentials and a region that mean nothing, in place of all that the environment says of AWS."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        patch.delenv(name)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        patch.setenv(name, "testing")
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION"):
        patch.setenv(name, REGION)


@pytest.fixture
def moto_catalog(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    set_credentials(monkeypatch)
    with mock_aws():
        yield


@pytest.fixture
def lake(tmp_path: Path, moto_catalog: None) -> Lake:
    return Lake(tmp_path)


def make_lake_once(folder: Path, publish: Callable[[Lake], object]) -> LakeMadeOnce:
    """A lake of several tests of a file, in a folder of its own: `lay_out` brings back what was published there."""
    with pytest.MonkeyPatch.context() as patch:
        set_credentials(patch)
        return LakeMadeOnce(folder, REGION, lambda root: publish(Lake(root)))
