"""How Hive's SerDes read text: from a table's parameters and a file to Arrow; knows neither Athena nor Spark.

`files.open_table` is the way in.
"""
