"""The gate: runs inside a kernel built on ipykernel, and asks for a grant before each cell.

Loaded by path into whatever environment the kernel has (see ``start``), together
with ``client``, on which it is built: it, too, keeps to the standard library and to
Python 3.8.
"""
