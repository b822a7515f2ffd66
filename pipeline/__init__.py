"""Sceneboard: static status boards for satellite scenes and tiles, built from an append-only event log."""

__version__ = "0.1.0"
