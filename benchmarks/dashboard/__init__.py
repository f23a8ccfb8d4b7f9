"""The Streamlit pages: the only place, with app.py, where streamlit is imported."""
