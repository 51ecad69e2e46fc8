"""LocalStack 4.13.1 as the host: what hands requests to the service, and what mends the host.

Each module that mends something names the fault, and goes when the host mends it. LocalStack is imported here only.
"""
