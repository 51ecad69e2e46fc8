"""The published state of a delivery, compared with the files that are there now."""

from collections.abc import Iterable, Mapping

from etl_job.deliveries.raw_table import Delivery
from etl_job.manifest.model import Input, PublishedDelivery


def inputs_of(delivery: Delivery) -> tuple[Input, ...]:
    """A delivery's files as the manifest records them."""
    return tuple(Input(uri=f.uri, size_bytes=f.size_bytes, etag=f.etag) for f in delivery.files)


def withdrawn_by(run_id: str, state: PublishedDelivery, delivery: Delivery | None) -> PublishedDelivery:
    """The same, withdrawn by a run, with the files that are there then: those that change later bring it back."""
    inputs = inputs_of(delivery) if delivery and delivery.files else state.inputs
    return state.model_copy(update={"run_id": run_id, "withdrawn": True, "inputs": inputs})


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
        return set(inputs_of(delivery)) <= set(published.inputs)
    return published.inputs == inputs_of(delivery) and published.contract_hash == contract_hash
