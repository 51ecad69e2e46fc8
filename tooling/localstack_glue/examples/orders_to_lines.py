"""A Glue job in the manner of AWS's samples: nested orders become flat order lines with the name of the customer.

It reads only orders that it has not read before (bookmarks), and all customers each time.
"""

import sys

from pyspark.context import SparkContext

from awsglue.context import GlueContext
from awsglue.job import Job
from awsglue.transforms import ApplyMapping, DropFields, Join, RenameField, ResolveChoice
from awsglue.utils import getResolvedOptions

args = getResolvedOptions(sys.argv, ["JOB_NAME", "database", "target", "TempDir"])
glueContext = GlueContext(SparkContext.getOrCreate())
job = Job(glueContext)
job.init(args["JOB_NAME"], args)

# what a read has seen is remembered under its transformation_ctx; without one it reads everything each time
orders = glueContext.create_dynamic_frame.from_catalog(
    database=args["database"], table_name="orders", transformation_ctx="orders"
)
customers = glueContext.create_dynamic_frame.from_catalog(database=args["database"], table_name="customers")
customers = ResolveChoice.apply(frame=customers, specs=[("id", "cast:long")])

orders = DropFields.apply(frame=orders, paths=["note"])
orders = RenameField.apply(frame=orders, old_name="id", new_name="order_id")
history = Join.apply(orders, customers, "customer", "id")

flat = history.relationalize("orders", args["TempDir"])
heads = flat.select("orders").select_fields(["order_id", "name", "items"])
lines = Join.apply(flat.select("orders_items"), heads, "id", "items")
lines = ApplyMapping.apply(
    frame=lines,
    mappings=[
        ("order_id", "int", "order", "long"),
        ("name", "string", "customer", "string"),
        ("`items.val.sku`", "string", "sku", "string"),
        ("`items.val.count`", "int", "count", "int"),
    ],
)
glueContext.write_dynamic_frame.from_options(
    frame=lines.coalesce(1),
    connection_type="s3",
    connection_options={"path": args["target"]},
    format="json",
    transformation_ctx="lines",
)
job.commit()
