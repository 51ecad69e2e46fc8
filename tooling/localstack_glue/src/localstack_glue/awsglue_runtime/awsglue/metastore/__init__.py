"""The Data Catalog as Spark SQL's metastore, for runs with `--enable-glue-datacatalog`.

Spark keeps its catalog in memory. Before a statement, the tables that it names are put there as Glue has them; after a
statement that changes something, Glue follows.
"""
