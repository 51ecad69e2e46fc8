"""All calls on the catalog in one table of operations."""

import threading
from collections.abc import Mapping

from moto.glue.models import glue_backends

from localstack_glue.data_catalog.connections import Connections, Encrypt
from localstack_glue.data_catalog.data_quality_rulesets import DataQualityRulesets
from localstack_glue.data_catalog.databases import Databases
from localstack_glue.data_catalog.iceberg_tables import PutObject
from localstack_glue.data_catalog.lookup import open_table
from localstack_glue.data_catalog.partition_indexes import PartitionIndexes
from localstack_glue.data_catalog.partitions import Partitions
from localstack_glue.data_catalog.schema_registry import Registries
from localstack_glue.data_catalog.schema_versions import SchemaVersions
from localstack_glue.data_catalog.security_configurations import SecurityConfigurations
from localstack_glue.data_catalog.tables import Tables
from localstack_glue.data_catalog.user_functions import UserFunctions
from localstack_glue.service.api import Operation, collect_routes
from localstack_glue.service.clock import Clock
from localstack_glue.service.tagging import Tagger


class Catalog:
    """The catalog calls of the API; those that only store data may be moto's."""

    def __init__(self, clock: Clock, lock: threading.RLock, tagger: Tagger, encrypt: Encrypt, put: PutObject) -> None:
        self._lock = lock
        self._parts = (
            Databases(lock, tagger),
            Tables(lock, put),
            Partitions(lock),
            PartitionIndexes(lock, open_table),
            Connections(clock, lock, tagger, encrypt),
            SecurityConfigurations(lock),
            UserFunctions(clock, lock),
            DataQualityRulesets(clock, lock, tagger),
            Registries(clock, lock, tagger),
            SchemaVersions(lock),
        )

    def routes(self) -> Mapping[str, Operation]:
        """Name the operations."""
        return collect_routes(self._parts)

    def reset(self) -> None:
        """Forget all that moto stores of Glue."""
        with self._lock:
            for regions in list(glue_backends.values()):  # glue_backends.reset() would reset all services of moto
                regions.reset()
