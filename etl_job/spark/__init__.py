"""All that is Spark's alone: the session, its figures, SQL rules, and how much work is worth several tasks.

Other packages take a session as an argument. PySpark's private handles on Java are used here alone, each with its
reason. Imports the contract, the manifest's model and what rows carry for SQL (``judging.sql_columns``).
"""
