"""Measurements: programs that load a real installation and write a report."""
