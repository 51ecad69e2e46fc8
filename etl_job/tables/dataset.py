"""The two published tables of a dataset."""

from dataclasses import dataclass
from functools import partial

from etl_job.contract.model import Contract
from etl_job.contract.schemas import DELIVERY, QUARTER, curated_columns, feature_columns
from etl_job.lake.paths import LakePaths
from etl_job.tables.commit_outcome import DecidingGlueCatalog
from etl_job.tables.key_registers import Registers
from etl_job.tables.quarantine_runs import Quarantines
from etl_job.tables.table_commit import PublishedIceberg


@dataclass(frozen=True, slots=True)
class Tables:
    """The two tables of a dataset, as they were when the run began."""

    curated: PublishedIceberg
    features: PublishedIceberg

    @property
    def registers(self) -> Registers:
        """The folders with the keys of the published deliveries."""
        return Registers.parse(self.curated.metadata.properties, self.curated.location)

    @property
    def quarantines(self) -> Quarantines:
        """The folders with the bad rows of the published deliveries."""
        return Quarantines.parse(self.curated.metadata.properties, self.curated.location)


def open_tables(catalog: DecidingGlueCatalog, database: str, lake_root: str, contract: Contract) -> Tables:
    """Look the tables up; those that do not exist yet are created by the first commit."""
    dataset, spec = contract.dataset, contract.features
    paths, opened = LakePaths(lake_root, dataset), partial(PublishedIceberg, catalog, database)
    return Tables(
        opened(f"{dataset}_curated", location=paths.curated, columns=curated_columns(spec), by=DELIVERY),
        opened(f"{dataset}_features", location=paths.features, columns=feature_columns(spec), by=QUARTER),
    )
