"""Reconstruction, render and mask -> the contents of every file that the options ask for."""

from masking.exporting.exporter import Exporter, warnings_for

__all__ = ["Exporter", "warnings_for"]
