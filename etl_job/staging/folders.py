"""The folders of a run's staged rows."""

from etl_job.contract.schemas import BROKEN_ROWS, KIND, VALID_ROWS


class StagingFolder:
    """A folder that belongs to one run. When the run is published, only the valid rows remain in it."""

    def __init__(self, uri: str) -> None:
        self.uri = uri
        self.valid = f"{uri}/{KIND}={VALID_ROWS}"  # rows that break no rule, but perhaps share their key with others
        self.broken = f"{uri}/{KIND}={BROKEN_ROWS}"  # rows that break a rule, with their text
        self.counts = f"{uri}/_counts"  # how many valid rows there are per delivery, entity and day
        self.repeated = f"{uri}/_repeated"  # the hashes of keys that more than one row has
        self.waiting = f"{uri}/_waiting"  # rows that wait for the rules in SQL: those that break no other, and the rest
        self.waiting_valid, self.waiting_broken = f"{self.waiting}/valid", f"{self.waiting}/broken"
        self.judged_by_sql = f"{uri}/_judged_by_sql"  # those that break rules in SQL, by the number of their part
        # Not needed after a run is published.
        self.passing = (self.broken, self.counts, self.repeated, self.waiting, self.judged_by_sql)


def part_name(number: int) -> str:
    """The prefix of the names of a part's files."""
    return f"part-{number:06d}"


def part_number(uri: str) -> int:
    """The part that a file is of."""
    return int(uri.rpartition("/")[2].split("-")[1])
