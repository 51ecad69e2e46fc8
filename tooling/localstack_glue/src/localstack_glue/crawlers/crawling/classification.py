"""Finds the classifier that knows a file: the crawler's own in their order, then the built-in ones (G14-G16)."""

from collections.abc import Sequence

from localstack_glue.crawlers.crawling import csv_rules, json_rules, other_formats
from localstack_glue.crawlers.crawling.csv_rules import CsvClassifier
from localstack_glue.crawlers.crawling.json_rules import JsonClassifier, MoreNeededError
from localstack_glue.crawlers.crawling.listing import S3Object
from localstack_glue.crawlers.crawling.sampling import LARGE_SAMPLE_BYTES, PARQUET_MAGIC, ObjectReader, Sample
from localstack_glue.crawlers.crawling.schema import FileSchema

Classifier = CsvClassifier | JsonClassifier


def classify_object(reader: ObjectReader, item: S3Object, classifiers: Sequence[Classifier]) -> FileSchema | None:
    """Read as much of an object as it takes to classify it; None if no classifier recognises it.

    Raises:
        UnsupportedFormatError: AWS has a classifier for it, and this service has not.
    """
    sample = reader.sample(item.key, item.size_bytes)
    if sample.data.startswith(PARQUET_MAGIC) and sample.compression == "none":
        return _classify_parquet(reader, item, sample)
    other_formats.check_bytes(item.key, sample, lambda: _end(reader, item, sample))
    try:
        return classify(sample, classifiers)
    except MoreNeededError:
        pass
    with reader.large_samples:
        return classify(reader.sample(item.key, item.size_bytes, LARGE_SAMPLE_BYTES), classifiers, is_last=True)


def classify(sample: Sample, classifiers: Sequence[Classifier], *, is_last: bool = False) -> FileSchema | None:
    """Classify a text file by its sample.

    Raises:
        MoreNeededError: a longer sample could tell, and there will be one.
        UnsupportedFormatError: AWS has a classifier for it, and this service has not.
    """
    for classifier in classifiers:
        if isinstance(classifier, JsonClassifier):
            schema = _classify_json(sample, classifier, is_last=is_last)
        else:
            schema = csv_rules.classify_custom(sample, classifier)
        if schema:
            return schema
    if schema := _classify_json(sample, None, is_last=is_last):
        return schema
    other_formats.check_text(sample)
    return csv_rules.classify_builtin(sample)


def _classify_json(sample: Sample, classifier: JsonClassifier | None, *, is_last: bool) -> FileSchema | None:
    try:
        return json_rules.classify(sample, classifier)
    except MoreNeededError:
        if is_last:
            return None
        raise


def _end(reader: ObjectReader, item: S3Object, sample: Sample) -> bytes:
    if sample.is_whole or sample.compression != "none":
        return sample.data
    return reader.tail(item.key, item.size_bytes, min(item.size_bytes, other_formats.END_BYTES))


def _classify_parquet(reader: ObjectReader, item: S3Object, sample: Sample) -> FileSchema | None:
    # importing Arrow takes half a second and 40 MB, which only Parquet needs
    from localstack_glue.crawlers.crawling import parquet_rules

    if sample.is_whole:
        return parquet_rules.classify(sample.data, item.size_bytes)
    tail = reader.tail(item.key, item.size_bytes, parquet_rules.TAIL_BYTES)
    needed = parquet_rules.footer_bytes(tail)
    if needed is not None and len(tail) < needed <= item.size_bytes:
        tail = reader.tail(item.key, item.size_bytes, needed)
    return parquet_rules.classify(tail, item.size_bytes)
