"""A snapshot for people who have nothing installed, and for other programs; and back again.

HTML that opens offline and can be imported again, Markdown for an issue, CSV with timm's columns.
"""

from benchmarks.report.page import MAX_BYTES, read, to_html
from benchmarks.report.plain import to_csv, to_markdown

__all__ = ["MAX_BYTES", "read", "to_csv", "to_html", "to_markdown"]
