"""Databases behind JDBC, as sources and sinks.

Follows the pages "JDBC connections", "Reading from JDBC tables in parallel", "AWS Glue connection properties" and
"Using job bookmarks" of the AWS Glue Developer Guide. Spark's own JDBC source does the work; the driver is the user's.
"""
