"""DQDL, the language of AWS Glue Data Quality: parses rulesets, and evaluates them on Spark or DuckDB.

Imports only the standard library, because both jobs and the service use it. Follows the pages "Data Quality Definition
Language (DQDL) reference" and "DQDL rule type reference" of the AWS Glue Developer Guide. Where they leave something
open, it follows the parser (awslabs/dqdl) and the evaluation (awslabs/deequ) that AWS publishes.
"""
