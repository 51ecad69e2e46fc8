"""Crawler settings of AWS that this service does not have: refused if they would change the result of a crawl."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

EVENT_MODE = "CRAWL_EVENT_MODE"
_CONFIGURATION: dict[str, Any] = {
    "Version": {},
    "CrawlerOutput": {
        "Tables": {"AddOrUpdateBehavior": {}, "TableThreshold": {}},
        "Partitions": {"AddOrUpdateBehavior": {}},
    },
    "Grouping": {"TableGroupingPolicy": {}, "TableLevelConfiguration": {}},
    "CreatePartitionIndex": {},
}


def refused_setting(definition: Mapping[str, Any]) -> str | None:
    """The reason why a crawler's settings are not supported; None if they are."""
    if (definition.get("RecrawlPolicy") or {}).get("RecrawlBehavior") == EVENT_MODE:
        return f"glue-local does not crawl by S3 events: {EVENT_MODE} is not supported"
    return None


def settings_without_effect(definition: Mapping[str, Any]) -> Iterator[str]:
    """The settings that have no effect on a crawl here."""
    targets = (definition.get("Targets") or {}).get("S3Targets") or ()
    if any(target.get("ConnectionName") for target in targets):
        yield "ConnectionName of an S3 target has no effect: there is no network to go through"
    if any(target.get("EventQueueArn") or target.get("DlqEventQueueArn") for target in targets):
        yield f"EventQueueArn of an S3 target has no effect: {EVENT_MODE} is not supported"
    if (definition.get("LineageConfiguration") or {}).get("CrawlerLineageSettings") == "ENABLE":
        yield "LineageConfiguration has no effect: no lineage is kept"
    if (definition.get("LakeFormationConfiguration") or {}).get("UseLakeFormationCredentials"):
        yield "LakeFormationConfiguration has no effect: the crawler's role reads the data"
    if definition.get("CatalogId"):
        yield "CatalogId has no effect: tables are written to the catalog of the crawler's account"
    configuration = json.loads(str(definition.get("Configuration") or "{}"))
    for name in _unknown(configuration, _CONFIGURATION):
        yield f"Configuration: {name} has no effect: it is not known here"


def _unknown(settings: Mapping[str, Any], known: Mapping[str, Any]) -> Iterator[str]:
    """The names that a crawler's configuration has beyond those that are known, with the names around them."""
    for name, value in settings.items():
        if name not in known:
            yield name
        elif isinstance(value, dict):
            yield from (f"{name}.{inner}" for inner in _unknown(value, known[name]))
