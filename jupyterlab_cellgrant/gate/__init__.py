"""The gate: runs inside a kernel, and asks for a grant before each cell.

Loaded by path into whatever environment the kernel has (see ``start``), so
it imports nothing but the standard library and runs on Python 3.8 and later.
"""
