"""Tests of the Python parts, on real kernels and the real sidecar."""
