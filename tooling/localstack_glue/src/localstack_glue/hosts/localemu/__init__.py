"""LocalEmu 1.3 as the host: the maintained fork of LocalStack, whose modules have the same names below another one.

`hosts/localstack` passes requests to the service, under LocalEmu's names; an error that only one of the two has
is handled in that one's package. LocalEmu is imported only here.
"""
