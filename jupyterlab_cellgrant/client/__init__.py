"""What any process needs to claim, hold and apply grants, with a kernel or without one.

It imports only the standard library and runs on Python 3.8 and later, because it
is also loaded into kernels, whatever their environment. ``client.Client`` is what
a program uses.
"""
