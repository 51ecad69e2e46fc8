"""Everything that only concerns Spark: the session, its metrics, SQL rules, and how much work is worth several tasks.

Other packages take a session as an argument. PySpark's private handles on Java are used only here, each with its
reason. It imports the contract, the manifest's model and the values that rows carry for SQL (``judging.sql_columns``).
"""
