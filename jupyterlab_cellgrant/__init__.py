"""Cellgrant: grants of CPUs, memory and GPUs to the cells of Jupyter notebooks."""
