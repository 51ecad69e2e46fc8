"""The folders of a run's staged rows."""

from dataclasses import dataclass

from etl_job.contract.schemas import BROKEN_ROWS, KIND, PART, VALID_ROWS


@dataclass(frozen=True, slots=True)
class StagingFolder:
    """A folder of one run's own. What stays of it when the run is published are the valid rows."""

    uri: str

    @property
    def valid(self) -> str:
        """Rows that break no rule, but perhaps share their key with others."""
        return f"{self.uri}/{KIND}={VALID_ROWS}"

    @property
    def broken(self) -> str:
        """Rows that break a rule, with their text."""
        return f"{self.uri}/{KIND}={BROKEN_ROWS}"

    @property
    def counts(self) -> str:
        """How many valid rows there are per delivery, entity and day."""
        return f"{self.uri}/_counts"

    @property
    def repeated(self) -> str:
        """The hashes of keys that more than one row has."""
        return f"{self.uri}/_repeated"

    @property
    def waiting(self) -> str:
        """Rows that wait for the rules in SQL, and what these say of them."""
        return f"{self.uri}/_waiting"

    @property
    def waiting_valid(self) -> str:
        """The rows that wait for the rules in SQL, and break no other rule."""
        return f"{self.waiting}/valid"

    @property
    def waiting_broken(self) -> str:
        """The rows that wait for the rules in SQL, and break another rule."""
        return f"{self.waiting}/broken"

    @property
    def judged_by_sql(self) -> str:
        """The rows that break rules in SQL, by the number of their part."""
        return f"{self.waiting}/found"

    def found(self, part: int) -> str:
        """Those of one part."""
        return f"{self.judged_by_sql}/{PART}={part}"

    @property
    def passing(self) -> tuple[str, ...]:
        """What has served once a run is published."""
        return self.broken, self.counts, self.repeated, self.waiting


def part_name(number: int) -> str:
    """What the names of the files of a part begin with."""
    return f"part-{number:06d}"


def part_number(uri: str) -> int:
    """The part that a file is of."""
    return int(uri.rpartition("/")[2].split("-")[1])
