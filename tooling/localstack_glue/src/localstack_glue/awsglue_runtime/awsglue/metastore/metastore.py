"""Runs statements of Spark SQL on the Data Catalog: copies tables to Spark before, and changes to Glue afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from awsglue.catalog import Catalog
from awsglue.errors import unsupported
from awsglue.metastore import definitions, hive_tables, statements
from awsglue.metastore.mirror import Form, Mirror, Place
from awsglue.metastore.spark_side import HIDDEN, SparkSide
from awsglue.metastore.statements import Kind, Statement

Answer = TypeVar("Answer")
_OVERWRITE = "spark.sql.sources.partitionOverwriteMode"
_OWN = "spark_catalog"


class Metastore:
    """The Data Catalog as the metastore of the sessions of this process."""

    def __init__(self, sql: Callable[[SparkSession, str], DataFrame], catalog: Catalog | None = None) -> None:
        self._sql = sql
        self._mirror = Mirror(catalog or Catalog())

    def run(self, session: SparkSession, text: str, call: Callable[[str], DataFrame]) -> DataFrame:
        """Run a statement. `call` runs a text in Spark alone."""
        spark = self._spark(session)
        try:
            return self._run(spark, text, call)
        finally:
            self._mirror.show_lines_again(spark)

    def _run(self, spark: SparkSide, text: str, call: Callable[[str], DataFrame]) -> DataFrame:
        if spark.session.catalog.currentCatalog() != _OWN:
            return call(text)
        statement = statements.parse(text, _other_catalogs(spark.session))
        databases = self._mirror.databases(spark)
        current = spark.current_database()
        target = statement.target.within(current) if statement.target else None
        named = self._mirror.existing([name.within(current) for name in statement.names])
        if statement.is_elsewhere:
            self._put(spark, named, Form.READ)
            return call(text)
        match statement.kind:
            case Kind.SHOW_DATABASES:
                shown: DataFrame = call(text)
                return shown.where(F.col(shown.columns[0]) != HIDDEN)
            case Kind.SHOW_TABLES:
                mentioned = {name.table.lower() for name in statement.names} & databases.keys()
                for database in mentioned or {current} & databases.keys():
                    self._mirror.put_all(spark, database)
                return call(text)
            case Kind.CHANGE_DATABASE | Kind.DROP_DATABASE:
                return self._change_database(spark, statement, call)
            case Kind.INSERT if target is not None:
                return self._insert(spark, named, target, lambda: call(text))
            case Kind.CREATE_TABLE if target is not None:
                return self._create_table(spark, statement, named, target, call)
            case Kind.CREATE_VIEW if target is not None:
                self._put(spark, [place for place in named if place != target], Form.READ)
                self._mirror.put(spark, target, Form.WRITE)
                return self._then_save(spark, target, lambda: call(text), is_managed=False)
            case Kind.CHANGE_TABLE | Kind.DROP_TABLE if target is not None:
                return self._change_table(spark, statement, target, lambda: call(text))
            case Kind.OTHER:
                self._put(spark, named, Form.WRITE)
            case _:
                self._put(spark, named, Form.READ)
        return call(text)

    def table(self, session: SparkSession, name: str) -> None:
        """Prepare a table for reading."""
        if self.is_elsewhere(session, name):
            return
        spark = self._spark(session)
        self._mirror.databases(spark)
        self._put(spark, [self._place(spark, name)], Form.READ)

    def listed(self, session: SparkSession, database: str | None) -> None:
        """Prepare the tables of a database for listing."""
        spark = self._spark(session)
        if (wanted := (database or spark.current_database()).lower()) in self._mirror.databases(spark):
            self._mirror.put_all(spark, wanted)

    def databases(self, session: SparkSession) -> None:
        """Prepare the databases for listing."""
        self._mirror.databases(self._spark(session))

    def insert(self, session: SparkSession, name: str, call: Callable[[], None]) -> None:
        """Run `insertInto` on a table."""
        if self.is_elsewhere(session, name):
            call()
            return
        spark = self._spark(session)
        self._mirror.databases(spark)
        self._insert(spark, [], self._place(spark, name), call)
        self._mirror.show_lines_again(spark)

    def exists(self, session: SparkSession, name: str) -> bool:
        """Whether Glue has a table."""
        if self.is_elsewhere(session, name):
            return False
        spark = self._spark(session)
        self._mirror.databases(spark)
        return self._mirror.raw(self._place(spark, name)) is not None

    def is_hive_table(self, session: SparkSession, name: str) -> bool:
        """Whether Glue has a table that was not created by Spark."""
        raw = self._mirror.raw(self._place(self._spark(session), name))
        return raw is not None and definitions.PROVIDER not in (raw.get("Parameters") or {})

    def location_for(self, session: SparkSession, name: str) -> str:
        """The location of a table that `saveAsTable` creates without a path."""
        spark = self._spark(session)
        self._mirror.databases(spark)
        place = self._place(spark, name)
        raw = self._mirror.raw(place)
        if raw is not None and raw.get("TableType") == "MANAGED_TABLE":
            return str(raw["StorageDescriptor"]["Location"])
        return self._mirror.location_for(*place)

    def save(self, session: SparkSession, name: str, call: Callable[[], None], *, is_managed: bool) -> None:
        """Run `saveAsTable`, which creates or fills a table."""
        if self.is_elsewhere(session, name):
            call()
            return
        spark = self._spark(session)
        self._mirror.databases(spark)
        place = self._place(spark, name)
        self._mirror.put(spark, place, Form.WRITE)

        def called() -> DataFrame:
            call()
            return session.createDataFrame([], "a int")

        self._then_save(spark, place, called, is_managed=is_managed)

    def is_elsewhere(self, session: SparkSession, name: str) -> bool:
        """Whether a name belongs to another catalog of the session, such as one of Iceberg."""
        if session.catalog.currentCatalog() != _OWN:
            return True
        return not statements.parse(name, _other_catalogs(session)).names

    # ------------------------------------------------------------------ one statement

    def _spark(self, session: SparkSession) -> SparkSide:
        return SparkSide(session, self._sql)

    def _place(self, spark: SparkSide, name: str) -> Place:
        return statements.parse(name).names[-1].within(spark.current_database())

    def _put(self, spark: SparkSide, places: Sequence[Place], form: Form) -> None:
        for place in places:
            self._mirror.put(spark, place, form)

    def _insert(self, spark: SparkSide, named: Sequence[Place], target: Place, call: Callable[[], Answer]) -> Answer:
        raw = self._mirror.raw(target)
        self._put(spark, [place for place in named if place != target], Form.READ)
        self._mirror.put(spark, target, Form.WRITE)
        is_hive = raw is not None and definitions.PROVIDER not in (raw.get("Parameters") or {})
        with _dynamic_overwrite(spark.session, is_wanted=is_hive):
            answer = call()
        if raw is not None:
            self._mirror.save_partitions(spark, target)
        return answer

    def _create_table(
        self,
        spark: SparkSide,
        statement: Statement,
        named: Sequence[Place],
        target: Place,
        call: Callable[[str], DataFrame],
    ) -> DataFrame:
        self._put(spark, [place for place in named if place != target], Form.READ)
        existing = self._mirror.put(spark, target, Form.WRITE)
        header = statement.header
        assert header is not None  # noqa: S101 - CREATE TABLE has one
        if "LIKE" in header.words and existing is None:
            models = [raw for place in named if place != target and (raw := self._mirror.raw(place)) is not None]
            if models and header.is_hive and not header.has_location:
                self._mirror.forget(target)
                return hive_tables.create_like(
                    spark, self._mirror, target, models[0], self._mirror.location_for(*target)
                )
            unsupported("CREATE TABLE ... LIKE with USING or LOCATION")
        if header.is_hive:
            return hive_tables.create(spark, self._mirror, target, statement.text)
        is_managed = not header.has_location and existing is None
        text = statement.with_location(self._mirror.location_for(*target)) if is_managed else statement.text
        return self._then_save(spark, target, lambda: call(text), is_managed=is_managed)

    def _change_table(
        self, spark: SparkSide, statement: Statement, target: Place, call: Callable[[], DataFrame]
    ) -> DataFrame:
        if "RENAME" in statement.words and "COLUMN" not in statement.words and "PARTITION" not in statement.words:
            unsupported("ALTER TABLE ... RENAME TO", "Glue's catalog does not rename tables on AWS either")
        raw = self._mirror.put(spark, target, Form.WRITE)
        is_managed = (raw or {}).get("TableType") == "MANAGED_TABLE"
        if raw is not None and is_managed and statement.words[0] == "TRUNCATE" and "PARTITION" not in statement.words:
            _delete(spark, str(raw["StorageDescriptor"]["Location"]))  # in Spark, all tables here are external
            spark.refresh(*target)
            return spark.session.createDataFrame([], T.StructType([]))
        answer = call()
        if raw is None:
            return answer
        if not spark.exists(*target):
            self._drop(spark, target, raw)
        else:
            now = spark.table(*target)
            is_view = now.view_text is not None
            definition = (
                definitions.new_table(now, is_managed=False) if is_view else definitions.changed_table(raw, now)
            )
            self._mirror.catalog.save_table(target[0], definition, exists=True)
            self._mirror.save_partitions(spark, target)
        self._mirror.forget(target)
        return answer

    def _drop(self, spark: SparkSide, place: Place, raw: Any) -> None:
        self._mirror.catalog.client.delete_table(DatabaseName=place[0], Name=place[1])
        if raw.get("TableType") == "MANAGED_TABLE":
            _delete(spark, str(raw["StorageDescriptor"]["Location"]))

    def _then_save(
        self, spark: SparkSide, place: Place, call: Callable[[], DataFrame], *, is_managed: bool
    ) -> DataFrame:
        """Make the call, then store the resulting table in Glue."""
        before = self._mirror.raw(place)
        known = spark.table(*place) if before is not None and spark.exists(*place) else None
        answer = call()
        if not spark.exists(*place):
            return answer
        now = spark.table(*place)
        if before is None or now != known:
            is_managed = is_managed or (before or {}).get("TableType") == "MANAGED_TABLE"
            if before is None:
                self._make_database(place[0])
            definition = definitions.new_table(now, is_managed=is_managed)
            self._mirror.catalog.save_table(place[0], definition, exists=before is not None)
        if now.view_text is None:
            self._mirror.save_partitions(spark, place)
        self._mirror.forget(place)
        return answer

    def _make_database(self, name: str) -> None:
        """Create Spark's database `default` in Glue when it is first used."""
        if name == "default" and name not in self._mirror._databases:
            self._mirror.catalog.client.create_database(DatabaseInput={"Name": name})

    def _change_database(self, spark: SparkSide, statement: Statement, call: Callable[[str], DataFrame]) -> DataFrame:
        name = statement.target.table.lower() if statement.target else ""
        client = self._mirror.catalog.client
        if statement.kind is Kind.DROP_DATABASE:
            if name in self._mirror.databases(spark):
                self._mirror.put_all(spark, name)
            is_there = self._mirror.forget_database(name)
            spark.shield(name)
            answer = call(statement.text)
            if is_there and spark.database(name) is None:
                client.delete_database(Name=name)
            return answer
        answer = call(statement.text)
        found = spark.database(name)
        if found is None:
            return answer
        location, comment, properties = found
        wanted = {"Name": name, "Description": comment, "Parameters": properties}
        if not spark.is_nowhere(name, location):
            wanted["LocationUri"] = location
        if name in self._mirror._databases:
            client.update_database(Name=name, DatabaseInput=wanted)
        else:
            client.create_database(DatabaseInput=wanted)
        return answer


def _other_catalogs(session: SparkSession) -> Callable[[str], bool]:
    """The test for names of catalogs besides Spark's own."""
    return lambda name: name.lower() != _OWN and session.conf.get(f"spark.sql.catalog.{name}", None) is not None


def _delete(spark: SparkSide, location: str) -> None:
    """Delete a folder with its content."""
    jvm: Any = spark.session._jvm
    folder = jvm.org.apache.hadoop.fs.Path(location)
    folder.getFileSystem(spark.session._jsc.hadoopConfiguration()).delete(folder, True)


@contextmanager
def _dynamic_overwrite(session: SparkSession, *, is_wanted: bool) -> Iterator[None]:
    """Make INSERT OVERWRITE replace only the partitions that it writes to, as in Hive."""
    before = session.conf.get(_OVERWRITE)
    if is_wanted:
        session.conf.set(_OVERWRITE, "dynamic")
    try:
        yield
    finally:
        session.conf.set(_OVERWRITE, str(before))
