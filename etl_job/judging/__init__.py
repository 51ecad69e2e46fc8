"""Judging: the checks of single rows, as a function over Arrow batches.

Input: batches of texts (``etl_job.reading.batches``) and the contract. Output: broken rules by bit, values, and the
second of the event. Arrow and the contract's model may be imported, Spark may not.
"""
