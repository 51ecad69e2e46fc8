"""The least that a PySpark program does: it starts a session and counts the rows of one file."""

import sys

from pyspark.sql import SparkSession


def main(file: str) -> None:
    """Print how many rows the file has, its header not among them."""
    spark = SparkSession.builder.appName("bare session").getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    print(spark.read.csv(file, header=True).count())
    spark.stop()


if __name__ == "__main__":
    main(sys.argv[1])
