"""A plain Spark script for the example feed, tuned by hand: no contract, no manifest, no table format.

The raw text is read once and staged as Parquet, split into good and bad rows; everything after it reads narrow columns.
"""

import json
import sys
from pathlib import Path

from pyspark.sql import DataFrame, Observation, SparkSession, Window
from pyspark.sql import functions as F  # noqa: N812

HEADER = "sighting_id,brand,date,time"
BYTES_PER_PARTITION = 48_000_000


def main(raw: Path, out: Path) -> None:
    size = sum(file.stat().st_size for file in raw.rglob("*.csv"))
    spark = (
        SparkSession.builder.appName("tuned")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.adaptive.coalescePartitions.parallelismFirst", "false")
        .config("spark.sql.shuffle.partitions", str(max(2, -(-size // BYTES_PER_PARTITION))))
        .config("spark.sql.parquet.compression.codec", "zstd")
        .config("spark.sql.sources.parallelPartitionDiscovery.threshold", "256")
        .config("spark.hadoop.mapreduce.fileoutputcommitter.algorithm.version", "2")
        .getOrCreate()
    )
    spark.sparkContext.setLogLevel("ERROR")
    read = Observation("read")
    stage(spark, raw, out / "staged", read)
    good = spark.read.parquet(str(out / "staged" / "valid=true"))
    # Equal ids come in equal rows in this feed, so the hash of the id may stand for it.
    unique = good.select(F.xxhash64("id").alias("id"), "brand", "hours").distinct()
    hourly = unique.groupBy("brand", "hours").count().persist()
    kept = hourly.agg(F.sum("count")).first()[0]
    write_features(hourly, out / "features")
    rows_in, valid = read.get["rows"], read.get["valid"]
    print(
        json.dumps({"rows_in": rows_in, "kept": kept, "quarantined": rows_in - valid, "duplicates": valid - kept}),
        flush=True,
    )
    spark.stop()


def stage(spark: SparkSession, raw: Path, folder: Path, read: Observation) -> None:
    lines = spark.read.text(str(raw), recursiveFileLookup=True).where(F.col("value") != HEADER)
    cells = lines.select("value", F.split("value", ",", -1).alias("cells"))
    named = cells.select(
        "value",
        (F.size("cells") == 4).alias("has_four"),
        *(F.get("cells", F.lit(place)).alias(name) for place, name in enumerate(("id", "brand", "date", "time"))),
    )
    day = F.col("date").cast("date")
    two_digits = {unit: F.substring("time", start, 2) for unit, start in (("hour", 1), ("minute", 4), ("second", 7))}
    checks = (
        F.col("has_four"),
        F.col("id").rlike("^[A-Za-z0-9-]{1,36}$"),
        F.length("brand").between(1, 40),
        F.length("date") == 10,
        F.substring("date", 5, 1) == "-",
        day >= F.lit("2000-01-01").cast("date"),
        F.length("time") == 8,
        two_digits["hour"].between("00", "23"),
        two_digits["minute"].between("00", "59"),
        two_digits["second"].between("00", "59"),
    )
    valid = F.lit(True)
    for check in checks:
        valid = valid & F.coalesce(check, F.lit(False))
    judged = named.withColumn("valid", valid)
    hours = (F.unix_date(day) * 24 + two_digits["hour"].cast("int")).alias("hours")
    counted = judged.observe(read, F.count(F.lit(1)).alias("rows"), F.count(F.when(F.col("valid"), 1)).alias("valid"))
    counted.select(
        F.when(F.col("valid"), F.col("id")).alias("id"),
        F.when(F.col("valid"), F.col("brand")).alias("brand"),
        F.when(F.col("valid"), hours).alias("hours"),
        F.when(~F.col("valid"), F.col("value")).alias("raw"),
        "valid",
    ).write.partitionBy("valid").parquet(str(folder))


def write_features(hourly: DataFrame, folder: Path) -> None:
    of_day = F.pmod("hours", F.lit(24))
    daily = hourly.groupBy("brand", F.date_from_unix_date(F.floor(F.col("hours") / 24).cast("int")).alias("day")).agg(
        F.sum("count").alias("sightings"),
        *(F.sum(F.when(of_day == hour, F.col("count")).otherwise(0)).alias(f"hour_{hour:02d}") for hour in range(24)),
    )
    daily = daily.coalesce(1).persist()
    last = daily.agg(F.max("day")).first()[0]
    calendar = daily.groupBy("brand").agg(F.explode(F.sequence(F.min("day"), F.lit(last))).alias("day"))
    filled = calendar.join(daily, ["brand", "day"], "left").fillna(0)
    by_day = Window.partitionBy("brand").orderBy("day")
    total = F.sum("sightings").over(Window.partitionBy("day"))
    quarter = F.concat(F.year("day"), F.lit("Q"), F.quarter("day"))
    features = filled.withColumn("quarter", quarter).select(
        "*",
        F.when(total > 0, F.col("sightings") / total).alias("share"),
        *(F.avg("sightings").over(by_day.rowsBetween(1 - n, 0)).alias(f"sightings_mean_{n}d") for n in (7, 28)),
        *(F.lag("sightings", n).over(by_day).alias(f"sightings_lag_{n}d") for n in (1, 7, 28)),
        F.sum("sightings")
        .over(Window.partitionBy("brand", "quarter").orderBy("day").rowsBetween(Window.unboundedPreceding, 0))
        .alias("sightings_quarter_to_date"),
    )
    features.coalesce(1).sortWithinPartitions("quarter", "brand", "day").write.partitionBy("quarter").parquet(
        str(folder)
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
