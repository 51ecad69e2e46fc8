"""LocalEmu 1.3 as the host: the maintained fork of LocalStack, whose modules have the same names below another one.

What hands requests to the service is `hosts/localstack`, under LocalEmu's names; what only one of the two has wrong
stands with that one. LocalEmu is imported here only.
"""
