"""What LocalStack 4.13.1 lacks or does otherwise, mended: each module names the fault, and goes when the host mends it.

Imports ``service`` only.
"""
