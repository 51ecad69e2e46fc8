"""The choices of a crawler: schema changes (G21), recrawls (G22) and grouping (G20)."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from localstack_glue.crawlers.crawling.tables import GroupingRules

UPDATE, LOG, DELETE, DEPRECATE = "UPDATE_IN_DATABASE", "LOG", "DELETE_FROM_DATABASE", "DEPRECATE_IN_DATABASE"
CRAWL_EVERYTHING, NEW_FOLDERS_ONLY = "CRAWL_EVERYTHING", "CRAWL_NEW_FOLDERS_ONLY"


@dataclass(frozen=True, slots=True)
class CrawlPolicy:
    """How a crawl updates existing tables in the catalog."""

    update: str = UPDATE
    delete: str = DEPRECATE
    recrawl: str = CRAWL_EVERYTHING
    merges_new_columns: bool = False
    inherits_from_table: bool = False
    table_threshold: int | None = None
    creates_partition_index: bool = True
    grouping: GroupingRules = field(default_factory=GroupingRules)

    @property
    def updates_tables(self) -> bool:
        """Whether existing tables change: MergeNewColumns overrides the SchemaChangePolicy."""
        return self.update == UPDATE or self.merges_new_columns

    @property
    def updates_partitions(self) -> bool:
        """Whether existing partitions change; they inherit what a table has, whatever the SchemaChangePolicy is."""
        return self.updates_tables or self.inherits_from_table

    @classmethod
    def from_definition(cls, definition: Mapping[str, Any]) -> "CrawlPolicy":
        """Read a crawler's definition.

        Raises:
            ValueError: its configuration is not JSON of the expected form.
        """
        changes = definition.get("SchemaChangePolicy") or {}
        configuration = _object(json.loads(definition.get("Configuration") or "{}"), "Configuration")
        output = _object(configuration.get("CrawlerOutput"), "Configuration: CrawlerOutput")
        tables = _object(output.get("Tables"), "Configuration: CrawlerOutput.Tables")
        partitions = _object(output.get("Partitions"), "Configuration: CrawlerOutput.Partitions")
        grouping = _object(configuration.get("Grouping"), "Configuration: Grouping")
        return cls(
            update=changes.get("UpdateBehavior") or UPDATE,
            delete=changes.get("DeleteBehavior") or DEPRECATE,
            recrawl=(definition.get("RecrawlPolicy") or {}).get("RecrawlBehavior") or CRAWL_EVERYTHING,
            merges_new_columns=_is_chosen(tables, "AddOrUpdateBehavior", "MergeNewColumns"),
            inherits_from_table=_is_chosen(partitions, "AddOrUpdateBehavior", "InheritFromTable"),
            creates_partition_index=_flag(configuration, "CreatePartitionIndex", default=True),
            table_threshold=_number(tables.get("TableThreshold"), "CrawlerOutput.Tables.TableThreshold"),
            grouping=GroupingRules(
                prefix=definition.get("TablePrefix") or "",
                combines_schemas=_is_chosen(grouping, "TableGroupingPolicy", "CombineCompatibleSchemas"),
                table_level=_number(grouping.get("TableLevelConfiguration"), "Grouping.TableLevelConfiguration"),
            ),
        )


def _object(found: Any, name: str) -> dict[str, Any]:
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise ValueError(f"{name} must be a JSON object")
    return found


def _flag(settings: Mapping[str, Any], name: str, *, default: bool) -> bool:
    found = settings.get(name, default)
    if not isinstance(found, bool):
        raise ValueError(f"Configuration: {name} must be true or false, not {found}")
    return found


def _is_chosen(settings: Mapping[str, Any], name: str, value: str) -> bool:
    """Whether a setting has the one value that AWS has for it; any other would silently change nothing."""
    found = settings.get(name)
    if found not in (None, value):
        raise ValueError(f"Configuration: {name} must be {value}, not {found}")
    return found is not None


def _number(found: Any, name: str) -> int | None:
    """Read a whole number above 0, which may be given as text."""
    if found is None:
        return None
    if isinstance(found, bool) or not re.fullmatch(r"0*[1-9][0-9]{0,8}", str(found)):
        raise ValueError(f"Configuration: {name} must be a whole number above 0")
    return int(found)
