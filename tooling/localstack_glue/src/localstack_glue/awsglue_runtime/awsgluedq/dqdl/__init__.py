"""DQDL, the language of AWS Glue Data Quality: rulesets read and evaluated, on Spark in a job and on DuckDB elsewhere.

Imports nothing but the standard library: jobs have it on their path, and so has the service. Follows the pages "Data
Quality Definition Language (DQDL) reference" and "DQDL rule type reference" of the AWS Glue Developer Guide; where
they leave something open, the parser (awslabs/dqdl) and the evaluation (awslabs/deequ) that AWS publishes.
"""
