"""Entry point of an installed dashboard; `app.py` at the top of a checkout does the same."""

from benchmarks.dashboard.site import show

show()
