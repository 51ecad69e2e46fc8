"""The lake as files: their paths, and how they are listed, read and written.

Input: URIs of S3 or of a folder. Output: bytes and listings. It imports nothing else of the job except its errors.
"""
