"""Where in the lake a run finds and leaves things: the one place that names the folders.

The role of the job may touch these and no others (infra/modules/glue-job/iam.tf); tests/terraform/test_roles.py holds
the two against each other.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LakePaths:
    """The folders of one dataset below the lake's root, without a slash at their end."""

    lake_root: str
    dataset: str

    @property
    def raw(self) -> str:
        """Deliveries, as they were uploaded: read only."""
        return self._of("raw")

    @property
    def uploads(self) -> str:
        """The records of what was uploaded, a delivery each: read only."""
        return self._of("deliveries")

    @property
    def code(self) -> str:
        """What was deployed, the contract among it: read only."""
        return self._of("code")

    @property
    def curated(self) -> str:
        """The curated table, with the rows that a run stages and the key registers."""
        return self._of("curated")

    @property
    def features(self) -> str:
        """The features table."""
        return self._of("features")

    @property
    def quarantine(self) -> str:
        """Bad rows of published deliveries."""
        return self._of("quarantine")

    @property
    def failed_quarantine(self) -> str:
        """Bad rows that stopped a run: beside the others, which people count."""
        return f"{self.quarantine}.failed"

    @property
    def exports(self) -> str:
        """The features as CSV."""
        return self._of("exports")

    @property
    def runs(self) -> str:
        """The manifests of runs."""
        return self._of("runs")

    @property
    def temporary(self) -> str:
        """What Glue itself keeps during a run (``--TempDir``)."""
        return self._of("tmp")

    @property
    def only_read(self) -> tuple[str, ...]:
        """Folders that a run reads and never changes."""
        return self.code, self.raw, self.uploads

    @property
    def written(self) -> tuple[str, ...]:
        """Folders that a run reads, writes to and deletes from."""
        tables = self.curated, self.features
        return (*tables, self.quarantine, self.failed_quarantine, self.exports, self.runs, self.temporary)

    def _of(self, zone: str) -> str:
        return f"{self.lake_root}/{zone}/{self.dataset}"
