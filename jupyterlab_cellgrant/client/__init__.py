"""What any process needs to claim, hold and apply grants, with a kernel or without one.

It imports nothing but the standard library and runs on Python 3.8 and later, for it
is also loaded into kernels, whatever environment they have. ``client.Client`` is what
a program uses.
"""
