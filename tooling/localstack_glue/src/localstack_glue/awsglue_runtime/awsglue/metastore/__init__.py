"""The Data Catalog as Spark SQL's metastore, for runs with `--enable-glue-datacatalog`.

Spark keeps its catalog in memory. Before a statement, the tables that it names are copied there from Glue. After a
statement that changes something, the change is copied to Glue.
"""
