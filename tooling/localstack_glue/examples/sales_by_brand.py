"""A Glue job as written for AWS: reads a crawled table, sums it up, writes JSON to S3."""

import sys

from pyspark.context import SparkContext
from pyspark.sql import functions as F

from awsglue.context import GlueContext
from awsglue.dynamicframe import DynamicFrame
from awsglue.job import Job
from awsglue.utils import getResolvedOptions

args = getResolvedOptions(sys.argv, ["JOB_NAME", "database", "table", "target"])
glue_context = GlueContext(SparkContext.getOrCreate())
job = Job(glue_context)
job.init(args["JOB_NAME"], args)

sales = glue_context.create_dynamic_frame.from_catalog(
    database=args["database"], table_name=args["table"], transformation_ctx="sales"
)
by_brand = sales.toDF().groupBy("brand").agg(F.sum("price").alias("revenue")).orderBy("brand").coalesce(1)
glue_context.write_dynamic_frame.from_options(
    frame=DynamicFrame.fromDF(by_brand, glue_context, "by_brand"),
    connection_type="s3",
    connection_options={"path": args["target"]},
    format="json",
)
job.commit()
