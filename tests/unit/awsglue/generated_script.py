# A script in the form in which Glue Studio generates them; it runs unchanged.
import sys
from awsglue.transforms import *
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext
from awsglue.context import GlueContext
from awsglue.job import Job

args = getResolvedOptions(sys.argv, ["JOB_NAME", "TARGET"])
sc = SparkContext.getOrCreate()
glueContext = GlueContext(sc)
spark = glueContext.spark_session
job = Job(glueContext)
job.init(args["JOB_NAME"], args)

# Script generated for node AWS Glue Data Catalog
AWSGlueDataCatalog_node1 = glueContext.create_dynamic_frame.from_catalog(
    database="lake", table_name="t", transformation_ctx="AWSGlueDataCatalog_node1"
)

# Script generated for node Change Schema
ChangeSchema_node2 = ApplyMapping.apply(
    frame=AWSGlueDataCatalog_node1,
    mappings=[
        ("id", "bigint", "id", "int"),
        ("brand", "string", "make", "string"),
        ("note", "string", "note", "string"),
    ],
    transformation_ctx="ChangeSchema_node2",
)

# Script generated for node Drop Fields
DropFields_node3 = DropFields.apply(frame=ChangeSchema_node2, paths=["note"], transformation_ctx="DropFields_node3")

# Script generated for node Amazon S3
AmazonS3_node4 = glueContext.write_dynamic_frame.from_options(
    frame=DropFields_node3,
    connection_type="s3",
    format="csv",
    connection_options={"path": args["TARGET"], "partitionKeys": []},
    transformation_ctx="AmazonS3_node4",
)

job.commit()
