"""One deployment of several feeds, one for each file of this folder; see tests/folders_of_one_worker.py."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import yaml

from tests.integration.deployment import Pipeline, copy_of_the_project, deployed, workspace_in

ONE = "contracts   = { vehicle_sightings = {} }"


@dataclass(frozen=True)
class DeployedFeed:
    """A feed: the file that tests it, the contract that its own is like, and another format of its files."""

    tested_in: str
    like: str
    file_format: str | None = None


FEEDS: Mapping[str, DeployedFeed] = {
    "vehicle_sightings": DeployedFeed("test_ingest.py", like="vehicle_sightings"),
    "delivered_sightings": DeployedFeed("test_deliveries.py", like="vehicle_sightings"),
    "scheduled_sightings": DeployedFeed("test_classic_mistake.py", like="vehicle_sightings"),
    "charging_sessions": DeployedFeed("test_thresholds.py", like="charging_sessions"),
    "charging_json": DeployedFeed("test_file_formats.py", like="charging_sessions", file_format="jsonLines"),
    "charging_parquet": DeployedFeed("test_file_formats.py", like="charging_sessions", file_format="parquet"),
}
ALWAYS = "vehicle_sightings"  # the one that the environment names


def write_contract(contracts: Path, dataset: str) -> None:
    """Write the contract of a feed that is like another one; files of another format have a decimal point."""
    feed = FEEDS[dataset]
    document = yaml.safe_load((contracts / f"{feed.like}.yaml").read_text())
    document["id"] = dataset
    schema = document["schema"][0]
    schema["name"] = dataset
    if feed.file_format is not None:
        for column in schema["properties"]:
            column.pop("customProperties", None)
        properties = [each for each in schema["customProperties"] if each["property"] != "csv"]
        schema["customProperties"] = [{"property": "files", "value": {"format": feed.file_format}}, *properties]
    (contracts / f"{dataset}.yaml").write_text(yaml.safe_dump(document))


@pytest.fixture(scope="package")
def feed_pipeline(
    request: pytest.FixtureRequest, tmp_path_factory, endpoint_url: str
) -> Iterator[Callable[[str], Pipeline]]:
    """The pipeline of each feed whose tests play; they share a deployment."""
    played = {item.path.name for item in request.session.items if item.get_closest_marker("skip") is None}
    feeds = [dataset for dataset, feed in FEEDS.items() if dataset == ALWAYS or feed.tested_in in played]
    project = copy_of_the_project(tmp_path_factory.mktemp("project"))
    for dataset in feeds:
        if dataset != FEEDS[dataset].like:
            write_contract(project / "data" / "contracts", dataset)
    variables = project / "infra" / "environments" / "localstack.tfvars"
    text = variables.read_text()
    assert ONE in text
    variables.write_text(text.replace(ONE, f"contracts = {{ {', '.join(f'{name} = {{}}' for name in feeds)} }}"))
    workspace = workspace_in(project, endpoint_url)
    with deployed(workspace):

        def pipeline_of(dataset: str) -> Pipeline:
            return Pipeline(replace(workspace, settings=replace(workspace.settings, dataset=dataset)))

        yield pipeline_of
