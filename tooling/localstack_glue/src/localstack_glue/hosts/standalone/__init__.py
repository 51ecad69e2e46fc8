"""Stand-alone as the host: a server of its own, which answers Glue, Athena, QuickSight and Budgets itself.

The rest is moto's, in the same process, or another emulator's behind a URL. Requests are parsed and answers written by
moto's own code for AWS's protocols. Nothing of LocalStack is needed.
"""
