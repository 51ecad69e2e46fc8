"""The choices of a crawler: schema changes (G21), recrawls (G22) and grouping (G20)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from localstack_glue.crawling.tables import GroupingRules

UPDATE, LOG, DELETE, DEPRECATE = "UPDATE_IN_DATABASE", "LOG", "DELETE_FROM_DATABASE", "DEPRECATE_IN_DATABASE"
CRAWL_EVERYTHING, NEW_FOLDERS_ONLY = "CRAWL_EVERYTHING", "CRAWL_NEW_FOLDERS_ONLY"


@dataclass(frozen=True, slots=True)
class CrawlPolicy:
    """How a crawl treats what the catalog already holds."""

    update: str = UPDATE
    delete: str = DEPRECATE
    recrawl: str = CRAWL_EVERYTHING
    merges_new_columns: bool = False
    inherits_from_table: bool = False
    table_threshold: int | None = None
    grouping: GroupingRules = field(default_factory=GroupingRules)

    @classmethod
    def from_definition(cls, definition: Mapping[str, Any]) -> "CrawlPolicy":
        """Read a crawler's definition; raise ValueError if its configuration is no JSON of that kind."""
        changes = definition.get("SchemaChangePolicy") or {}
        configuration = json.loads(definition.get("Configuration") or "{}")
        if not isinstance(configuration, dict):
            raise ValueError("Configuration must be a JSON object")
        output = configuration.get("CrawlerOutput") or {}
        tables = output.get("Tables") or {}
        threshold = tables.get("TableThreshold")
        grouping = configuration.get("Grouping") or {}
        level = grouping.get("TableLevelConfiguration")
        return cls(
            update=changes.get("UpdateBehavior") or UPDATE,
            delete=changes.get("DeleteBehavior") or DEPRECATE,
            recrawl=(definition.get("RecrawlPolicy") or {}).get("RecrawlBehavior") or CRAWL_EVERYTHING,
            merges_new_columns=tables.get("AddOrUpdateBehavior") == "MergeNewColumns",
            inherits_from_table=(output.get("Partitions") or {}).get("AddOrUpdateBehavior") == "InheritFromTable",
            table_threshold=int(threshold) if threshold is not None else None,
            grouping=GroupingRules(
                prefix=definition.get("TablePrefix") or "",
                combines_schemas=grouping.get("TableGroupingPolicy") == "CombineCompatibleSchemas",
                table_level=int(level) if level is not None else None,
            ),
        )
