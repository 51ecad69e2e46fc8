"""One deployment of several feeds, one for each file of this folder; see tests/folders_of_one_worker.py."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from tests.integration.conftest import Pipeline, copy_of_the_project, deployed, workspace_in

ONE = "contracts   = { vehicle_sightings = {} }"
# What each feed is like, and the format of its files where that is another one.
FEEDS: Mapping[str, tuple[str, str | None]] = {
    "vehicle_sightings": ("vehicle_sightings", None),
    "delivered_sightings": ("vehicle_sightings", None),
    "scheduled_sightings": ("vehicle_sightings", None),
    "charging_sessions": ("charging_sessions", None),
    "charging_json": ("charging_sessions", "jsonLines"),
    "charging_parquet": ("charging_sessions", "parquet"),
}


def write_contract(contracts: Path, dataset: str) -> None:
    """Write the contract of a feed that is like another one; files of another format have a decimal point."""
    like, file_format = FEEDS[dataset]
    document = yaml.safe_load((contracts / f"{like}.yaml").read_text())
    document["id"] = dataset
    schema = document["schema"][0]
    schema["name"] = dataset
    if file_format is not None:
        for column in schema["properties"]:
            column.pop("customProperties", None)
        properties = [each for each in schema["customProperties"] if each["property"] != "csv"]
        schema["customProperties"] = [{"property": "files", "value": {"format": file_format}}, *properties]
    (contracts / f"{dataset}.yaml").write_text(yaml.safe_dump(document))


@pytest.fixture(scope="package")
def feed_pipeline(tmp_path_factory, endpoint_url: str) -> Iterator[Callable[[str], Pipeline]]:
    """The pipeline of each of the feeds, which share a deployment."""
    project = copy_of_the_project(tmp_path_factory.mktemp("project"))
    for dataset, (like, _) in FEEDS.items():
        if dataset != like:
            write_contract(project / "data" / "contracts", dataset)
    variables = project / "infra" / "environments" / "localstack.tfvars"
    text = variables.read_text()
    assert ONE in text
    variables.write_text(text.replace(ONE, f"contracts = {{ {', '.join(f'{name} = {{}}' for name in FEEDS)} }}"))
    workspace = workspace_in(project, endpoint_url)
    with deployed(workspace):

        def pipeline_of(dataset: str) -> Pipeline:
            return Pipeline(replace(workspace, settings=replace(workspace.settings, dataset=dataset)))

        yield pipeline_of
