"""The same work as a first version does it: inferred schema, a count after each step, default settings, CSV out."""

import json
import sys
from pathlib import Path

from pyspark.sql import SparkSession, Window
from pyspark.sql import functions as F  # noqa: N812


def main(raw: Path, out: Path) -> None:
    spark = SparkSession.builder.appName("naive").config("spark.sql.session.timeZone", "UTC").getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    files = f"{raw}/*/*.csv"
    inferred = spark.read.csv(files, header=True, inferSchema=True).schema
    df = spark.read.csv(files, header=True, schema=inferred.add("_corrupt_record", "string")).cache()
    rows_in = df.count()

    df = df.withColumn("day", F.to_date("date", "yyyy-MM-dd")).withColumn("moment", F.to_timestamp("time", "HH:mm:ss"))
    good = (
        F.col("_corrupt_record").isNull()
        & F.col("sighting_id").rlike("^[A-Za-z0-9-]{1,36}$")
        & F.length("brand").between(1, 40)
        & (F.col("day") >= "2000-01-01")
        & F.col("moment").isNotNull()
    )
    df = df.withColumn("good", F.coalesce(good, F.lit(False)))
    bad_rows = df.filter(~F.col("good"))
    good_rows = df.filter(F.col("good"))
    quarantined = bad_rows.count()
    valid = good_rows.count()
    bad_rows.write.csv(str(out / "quarantine"), header=True)

    unique = good_rows.dropDuplicates(["sighting_id"])
    kept = unique.count()

    hours = [f"hour_{hour:02d}" for hour in range(24)]
    daily = unique.groupBy("brand", "day").agg(
        F.count("*").alias("sightings"),
        *(F.sum(F.when(F.hour("moment") == n, 1).otherwise(0)).alias(name) for n, name in enumerate(hours)),
    )
    print("brands and days:", daily.count(), file=sys.stderr)
    last = daily.agg(F.max("day")).collect()[0][0]
    calendar = daily.groupBy("brand").agg(F.min("day").alias("first"))
    calendar = calendar.select("brand", F.explode(F.sequence("first", F.lit(last))).alias("day"))
    df = calendar.join(daily, ["brand", "day"], "left").fillna(0)
    df = df.withColumn("quarter", F.concat(F.year("day"), F.lit("Q"), F.quarter("day")))
    total = df.groupBy("day").agg(F.sum("sightings").alias("total"))
    df = df.join(total, "day").withColumn("share", F.when(F.col("total") > 0, F.col("sightings") / F.col("total")))
    by_day = Window.partitionBy("brand").orderBy("day")
    for n in (7, 28):
        df = df.withColumn(f"sightings_mean_{n}d", F.avg("sightings").over(by_day.rowsBetween(1 - n, 0)))
    for n in (1, 7, 28):
        df = df.withColumn(f"sightings_lag_{n}d", F.lag("sightings", n).over(by_day))
    to_date = Window.partitionBy("brand", "quarter").orderBy("day").rowsBetween(Window.unboundedPreceding, 0)
    df = df.withColumn("sightings_quarter_to_date", F.sum("sightings").over(to_date)).drop("total")
    print("features:", df.count(), file=sys.stderr)
    df.write.partitionBy("quarter").csv(str(out / "features"), header=True)
    print(
        json.dumps({"rows_in": rows_in, "kept": kept, "quarantined": quarantined, "duplicates": valid - kept}),
        flush=True,
    )
    spark.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
