"""Logs to try things on: a small one that tells a story, and large ones of any size."""

from pipeline.demo.eventlog import LogCounts, LogFileExists
from pipeline.demo.large import write_large
from pipeline.demo.sample import write_sample

__all__ = ["LogCounts", "LogFileExists", "write_large", "write_sample"]
