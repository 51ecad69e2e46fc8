"""Which deliveries a run processes, and which it takes out of the tables."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from etl_job.deliveries.raw_table import Delivery, pick
from etl_job.errors import ArgumentError, CatalogError, InputError
from etl_job.manifest.model import Input, PublishedDelivery


@dataclass(frozen=True, slots=True)
class Selection:
    """The deliveries to process and the names of those to remove.

    ``withdrawn_files`` has the deliveries that the run takes out, with a digest of their files at the withdrawal, by
    which a later run knows that they are the same; ``at_withdrawal`` has those of which this run sees these files.
    ``known`` are all others that have files. ``without_files`` are published deliveries that have no files any more;
    they stay published, because their files may have been archived, or deleted by mistake. ``incomplete`` has, for each
    delivery that lacks an uploaded file, what is missing.
    """

    deliveries: tuple[Delivery, ...]
    withdrawn_files: Mapping[str, str] = field(default_factory=dict)
    known: Mapping[str, Delivery] = field(default_factory=dict)
    at_withdrawal: Mapping[str, Delivery] = field(default_factory=dict)
    without_files: tuple[str, ...] = ()
    incomplete: Mapping[str, str] = field(default_factory=dict)

    def find(self, names: Sequence[str]) -> tuple[Delivery, ...]:
        """The deliveries of these names.

        Raises:
            CatalogError: the raw files of one are missing.
            InputError: some of the files of one are missing.
        """
        lost = [name for name in names if name not in self.known]
        if lost:
            raise CatalogError(
                f"delivery {', '.join(lost)} shares rows with this run's and must be processed again, but its raw "
                "files are missing: restore them, or withdraw it from the tables (--withdraw)"
            )
        for name in names:
            if name in self.incomplete:
                raise InputError(f"it shares rows with this run's deliveries: {self.incomplete[name]}")
        return tuple(self.known[name] for name in names)

    @property
    def withdrawn(self) -> tuple[str, ...]:
        """The names of the deliveries that the run takes out of the tables."""
        return tuple(self.withdrawn_files)

    def also_withdraw(self, digests: Mapping[str, str]) -> "Selection":
        """The same, and these are taken out of the tables too, as an earlier run began, unless they are processed."""
        picked = {delivery.name for delivery in self.deliveries}
        left = {name: digest for name, digest in digests.items() if name not in picked}
        return replace(self, withdrawn_files={**left, **self.withdrawn_files})

    def __bool__(self) -> bool:
        return bool(self.deliveries or self.withdrawn)


def select_deliveries(
    catalogued: Sequence[Delivery],
    *,
    named: Sequence[str],
    withdrawn: Sequence[str],
    published: Mapping[str, PublishedDelivery],
    contract_hash: str,
) -> Selection:
    """Process the named deliveries, changed or not, or else all new and changed ones.

    ``withdrawn`` names deliveries to take out of the tables, whether or not their files exist.

    Raises:
        CatalogError: there is no delivery of that name.
        ArgumentError: a delivery is both to be processed and to be withdrawn.
    """
    both = sorted(set(named) & set(withdrawn))
    if both:
        raise ArgumentError(f"--delivery and --withdraw both name {', '.join(both)}: remove it from one of them")
    unknown = [name for name in withdrawn if name not in published]
    if unknown:
        raise CatalogError(
            f"--withdraw names {', '.join(unknown)}, which is not published (published: {', '.join(sorted(published))})"
        )
    with_files = {delivery.name: delivery for delivery in catalogued if delivery.files}
    known = {name: delivery for name, delivery in with_files.items() if name not in withdrawn}
    without_files = tuple(
        name for name, state in published.items() if not (name in known or name in withdrawn or state.withdrawn)
    )
    if named:
        picked = pick(catalogued, named)
    elif withdrawn:
        picked = ()
    else:
        picked = new_or_changed(tuple(known.values()), published, contract_hash)
    going = {name: delivery for name, delivery in with_files.items() if name in withdrawn}
    digests = {name: files_digest(going.get(name)) for name in withdrawn}
    return Selection(picked, digests, known, going, without_files)


def to_inputs(delivery: Delivery) -> tuple[Input, ...]:
    """A delivery's files as the manifest records them."""
    return tuple(Input(uri=f.uri, size_bytes=f.size_bytes, etag=f.etag) for f in delivery.files)


def files_digest(delivery: Delivery | None) -> str:
    """A text that differs where files do; empty if there are none."""
    if delivery is None or not delivery.files:
        return ""
    files = sorted((file.uri, file.size_bytes, file.etag) for file in delivery.files)
    return hashlib.sha256(json.dumps(files).encode()).hexdigest()


def withdrawn_by(run_id: str, state: PublishedDelivery, delivery: Delivery | None) -> PublishedDelivery:
    """The delivery withdrawn by a run, with its files at the time, or those that are known without a ``delivery``.

    A later change of the files restores it.
    """
    inputs = to_inputs(delivery) if delivery and delivery.files else state.inputs
    return state.model_copy(update={"run_id": run_id, "withdrawn": True, "inputs": inputs})


def with_withdrawn_files(
    published: Mapping[str, PublishedDelivery], digests: Mapping[str, str], deliveries: Iterable[Delivery]
) -> dict[str, PublishedDelivery]:
    """The state in which deliveries that a run without a manifest withdrew have the files of that time.

    Their files may have changed between the last manifest and the withdrawal. ``digests`` are of the files at the
    withdrawal: where they have changed since, the delivery is to be processed.
    """
    same = {
        each.name: to_inputs(each) for each in deliveries if each.files and digests.get(each.name) == files_digest(each)
    }
    return {
        name: state.model_copy(update={"inputs": same[name]}) if state.withdrawn and name in same else state
        for name, state in published.items()
    }


def new_or_changed(
    deliveries: Iterable[Delivery], published: Mapping[str, PublishedDelivery], contract_hash: str
) -> tuple[Delivery, ...]:
    """Deliveries whose files or contract differ from what is published. A delivery without files does not count."""
    return tuple(
        delivery
        for delivery in deliveries
        if delivery.files and not _is_published(delivery, published.get(delivery.name), contract_hash)
    )


def _is_published(delivery: Delivery, published: PublishedDelivery | None, contract_hash: str) -> bool:
    if published is None:
        return False
    if published.withdrawn:  # what is out already may lose its files, one by one
        return set(to_inputs(delivery)) <= set(published.inputs)
    return published.inputs == to_inputs(delivery) and published.contract_hash == contract_hash
