"""Judging: what concerns one row, as a function over Arrow batches.

In come batches of texts (``etl_job.reading.batches``) and the contract; out go broken rules by bit, values, and the
second of the event. Arrow and the contract's model may be imported, Spark may not.
"""
