"""LocalStack 4.13.1 as the host: the connection of the service to it, and fixes of the host.

Each module with a fix names the fault, and is removed when the host fixes it. Only this package imports LocalStack.
"""
