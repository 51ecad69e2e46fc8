"""The lake as files: where things lie in it, and how they are listed, read and written.

In come URIs of S3 or of a folder; out go bytes and listings.
Imports nothing else of the job but its errors.
"""
