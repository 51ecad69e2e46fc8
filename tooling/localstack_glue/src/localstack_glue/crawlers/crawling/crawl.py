"""One crawl, from the listing to the catalog, on the clients it is given."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from botocore.exceptions import ClientError

from localstack_glue.crawlers.crawling import crawl_policy, iceberg_rules
from localstack_glue.crawlers.crawling.bounded_work import map_in_order
from localstack_glue.crawlers.crawling.catalog_tables import CatalogChanges
from localstack_glue.crawlers.crawling.catalog_writer import CatalogWriter, Found
from localstack_glue.crawlers.crawling.classification import Classifier, classify_object
from localstack_glue.crawlers.crawling.crawl_policy import CrawlPolicy
from localstack_glue.crawlers.crawling.iceberg_rules import IcebergTable
from localstack_glue.crawlers.crawling.listing import S3Object, S3Target, list_objects, pick_samples
from localstack_glue.crawlers.crawling.new_folders import KnownFolders, add_to_known
from localstack_glue.crawlers.crawling.other_formats import UnsupportedFormatError
from localstack_glue.crawlers.crawling.sampling import ObjectReader
from localstack_glue.crawlers.crawling.schema import ClassifiedFile, Column, FileSchema, is_storable
from localstack_glue.crawlers.crawling.tables import build_tables, doubts, table_name

READERS = 4  # most hosts answer in this same process: more would only wait for its interpreter lock
WINDOW = 4 * READERS  # objects that are read or wait to be taken, so that memory does not follow their number
VANISHED = frozenset({"404", "InvalidRange", "NoSuchKey"})
Log = Callable[[str], None]


class CrawlCancelled(Exception):  # noqa: N818 - not an error: someone stopped the crawl
    """The crawl was stopped before its end."""


@dataclass(frozen=True, slots=True)
class CrawlRequest:
    """A crawler's definition in a usable form."""

    crawler_name: str
    database: str
    targets: tuple[S3Target, ...]
    classifiers: tuple[Classifier, ...]
    policy: CrawlPolicy

    @classmethod
    def from_definition(
        cls, name: str, definition: Mapping[str, Any], classifiers: Sequence[Classifier]
    ) -> "CrawlRequest":
        """Read a crawler's definition; raise ValueError for what cannot be crawled."""
        return cls(
            crawler_name=name,
            database=(definition.get("DatabaseName") or "default").lower(),
            targets=S3Target.from_targets(definition.get("Targets") or {}),
            classifiers=tuple(classifiers),
            policy=CrawlPolicy.from_definition(definition),
        )


def crawl(
    request: CrawlRequest,
    s3: Any,
    glue: Any,
    log: Log,
    is_cancelled: Callable[[], bool],
    reads: Any = None,
    begin_writing: Callable[[], None] = lambda: None,
) -> CatalogChanges:
    """Crawl all targets and write what was found.

    `reads` gets the objects if that is not to be done by `s3`. `begin_writing` is called before the catalog is changed,
    and may raise CrawlCancelled for the last time.

    Raises:
        CrawlCancelled: somebody stopped it on the way.
        ValueError: there are more tables than the crawler's threshold; nothing was written.
    """
    policy = request.policy
    writer = CatalogWriter(glue, request.database, request.crawler_name, policy, log)
    existing = writer.existing_tables()
    known = KnownFolders({}, frozenset())
    if policy.recrawl == crawl_policy.NEW_FOLDERS_ONLY:
        known = KnownFolders.read(writer, existing)
    found: list[Found] = []
    with ThreadPoolExecutor(READERS, thread_name_prefix="glue-crawl") as pool:
        listings = map_in_order(pool, lambda target: list(list_objects(s3, target)), request.targets, READERS)
        for target, objects in zip(request.targets, listings, strict=True):
            log(f"INFO : {target.uri()}: {len(objects)} objects to crawl")
            walk = _TargetCrawl(request, target, reads or s3, pool, log, is_cancelled, begin_writing)
            found += walk.tables(objects, known, writer)
    log(f"BENCHMARK : Classification complete, writing results to database {request.database}")
    log(f"INFO : SchemaChangePolicy: UpdateBehavior={policy.update}, DeleteBehavior={policy.delete}")
    if policy.table_threshold is not None and len(found) > policy.table_threshold:
        raise ValueError(
            f"The number of tables detected by crawler: {len(found)} is greater than the table threshold value"
            f" provided: {policy.table_threshold}. No tables were created, updated or deleted."
        )
    if is_cancelled():
        raise CrawlCancelled
    begin_writing()
    writer.ensure_database()
    # a crawl of new folders only cannot find deleted ones
    roots = [] if known.tables else [target.uri() for target in request.targets]
    writer.write(found, existing, roots)
    log("BENCHMARK : Finished writing to Catalog")
    return writer.changes


class _TargetCrawl:
    """The crawl of one target."""

    def __init__(
        self,
        request: CrawlRequest,
        target: S3Target,
        reads: Any,
        pool: ThreadPoolExecutor,
        log: Log,
        is_cancelled: Callable[[], bool],
        begin_writing: Callable[[], None],
    ) -> None:
        self._request = request
        self._target = target
        self._pool = pool
        self._log = log
        self._is_cancelled = is_cancelled
        self._begin_writing = begin_writing
        self._reader = ObjectReader(reads, target.bucket)
        self._columns: dict[tuple[Column, ...], tuple[Column, ...]] = {}
        self._names: dict[tuple[str, ...], tuple[str, ...]] = {}

    def tables(self, objects: Sequence[S3Object], known: KnownFolders, writer: CatalogWriter) -> Iterator[Found]:
        """Yield the tables that the objects make; objects of known folders are left out."""
        objects = list(self._storable(objects))
        roots = iceberg_rules.newest_metadata(objects)
        yield from self._iceberg_tables(roots)
        if self._target.is_iceberg:
            return
        objects = [item for item in objects if not any(item.folder[:depth] in roots for depth in _depths(item))]
        if known.tables:
            objects = known.find_new(self._target, objects)
            self._log(f"INFO : {self._target.uri()}: {len(objects)} objects in new folders")
        files = list(self._classified(pick_samples(objects, self._target.sample_size)))
        taken = frozenset(roots)
        if known.tables:
            if self._is_cancelled():
                raise CrawlCancelled
            self._begin_writing()
            files = add_to_known(known, self._target, files, writer, self._log)
            taken |= known.roots_below(self._target)
        for table in build_tables(self._target, files, self._request.policy.grouping, taken):
            for doubt in doubts(table):
                self._log(f"WARN : {doubt}")
            yield table

    def _storable(self, objects: Iterable[S3Object]) -> Iterator[S3Object]:
        for item in objects:
            if is_storable(item.key):
                yield item
            else:
                shown = ascii(self._target.uri(*item.path))
                self._log(f"WARN : {shown} is skipped: the catalog cannot hold its name")

    def _classified(self, objects: Sequence[S3Object]) -> Iterator[ClassifiedFile]:
        for item, schema in map_in_order(self._pool, self._classify, objects, WINDOW):
            if isinstance(schema, str):
                self._log(f"WARN : {self._target.uri(*item.path)} is skipped: {schema}")
            else:
                # equal columns are kept once: thousands of files of a table differ in nothing else
                columns = self._columns.setdefault(schema.columns, schema.columns)
                names = self._names.setdefault(schema.json_names, schema.json_names)
                yield ClassifiedFile(item, replace(schema, columns=columns, json_names=names))

    def _classify(self, item: S3Object) -> tuple[S3Object, FileSchema | str]:
        """An object with its schema, or with the reason why it is skipped."""
        if self._is_cancelled():
            raise CrawlCancelled
        try:
            found = classify_object(self._reader, item, self._request.classifiers)
            return item, found or "no classifier recognizes it"
        except UnsupportedFormatError as error:
            return item, str(error)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in VANISHED:
                return item, "it has been deleted since it was listed"
            raise

    def _iceberg_tables(self, roots: Mapping[tuple[str, ...], S3Object]) -> Iterator[IcebergTable]:
        for root, item in roots.items():
            if self._is_cancelled():
                raise CrawlCancelled
            if self._target.max_depth is not None and len(root) > self._target.max_depth:
                continue
            sample = self._reader.sample(item.key, item.size_bytes, iceberg_rules.MAX_METADATA_BYTES)
            try:
                columns = iceberg_rules.read_columns(sample.data)
            except ValueError as error:
                self._log(f"WARN : {self._target.uri(*item.path)} is skipped: {error}")
                continue
            source = root[-1] if root else self._target.default_name
            name = table_name(source, self._request.policy.grouping.prefix)
            yield IcebergTable(name, self._target.uri(*root), columns, self._target.uri(*item.path))


def _depths(item: S3Object) -> range:
    return range(len(item.folder) + 1)
