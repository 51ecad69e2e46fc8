"""Reading: turns the bytes of raw files of any format into batches of texts.

Input: a file, or a part of one, and the contract. Output: ``batches.TextBatch``, the texts of the contract's columns
with the raw text and place of each row. Arrow, files, the contract's model and the wording of messages may be imported,
Spark may not.
"""
