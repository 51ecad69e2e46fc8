"""Has a Java load the classes that Spark runs use, for an archive of them.

Started by path in the job's own Python. Arguments: the file in which Spark's gateway server says where it listens, and
the server's process id.
"""

import contextlib
import importlib
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

QUESTIONS = (
    "select k, sum(n) over (partition by k order by n rows between 3 preceding and current row) s,"
    " lag(n) over (partition by k order by n) l from v",
    "select a.k, count(*) c, max(b.t) t from v a join v b on a.n = b.n left anti join v c on a.n = c.k"
    " where a.t like '1%' group by a.k order by c",
    "select distinct date_format(d, 'yyyy') y, explode(array(n, k)) e from v",
)


def main() -> None:
    """Wait for the address, and use it."""
    ready_gateway = importlib.import_module("ready_gateway")  # beside this file, as the next one
    settings = importlib.import_module("warm_up").SETTINGS
    announced = Path(sys.argv[1])
    if not ready_gateway.wait_for(announced, int(sys.argv[2])):
        raise SystemExit("Java did not come up")
    os.environ.update(ready_gateway.read_address(announced.read_bytes()))
    pyspark, sql = importlib.import_module("pyspark"), importlib.import_module("pyspark.sql")
    context = pyspark.SparkContext(conf=pyspark.SparkConf(loadDefaults=False).setAll(list(settings.items())))
    try:
        load(sql.SparkSession(context))
    finally:
        context.stop()


def load(spark: Any) -> None:
    """Write, read and query like small jobs. A read from S3 without a response loads its classes."""
    with tempfile.TemporaryDirectory() as folder:
        rows = spark.range(100).selectExpr("id n", "id % 3 k", "cast(id as string) t", "date'2024-01-01' d")
        rows.write.partitionBy("k").parquet(f"{folder}/parquet")
        rows.write.option("header", "true").csv(f"{folder}/csv")
        spark.read.option("header", "true").option("inferSchema", "true").csv(f"{folder}/csv").collect()
        spark.read.parquet(f"{folder}/parquet").createOrReplaceTempView("v")
        for question in QUESTIONS:
            spark.sql(question).collect()
        spark.sparkContext.parallelize([1, 2], 2).map(lambda number: number + 1).collect()
    for name, value in {"attempts.maximum": "0", "retry.limit": "0", "connection.timeout": "100"}.items():
        spark.conf.set(f"spark.hadoop.fs.s3a.{name}", value)
        spark.sparkContext._jsc.hadoopConfiguration().set(f"fs.s3a.{name}", value)
    with contextlib.suppress(Exception):
        spark.read.parquet("s3a://nobody/answers")


if __name__ == "__main__":
    main()
