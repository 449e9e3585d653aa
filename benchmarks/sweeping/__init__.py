"""The parts of ``benchmarks/sweep.py``."""
