"""Entry point of the dashboard: `streamlit run app.py`."""

from benchmarks.dashboard.site import show

show()
