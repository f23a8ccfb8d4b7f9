"""Training of the paper's applications as jobs, and asking what came of it."""
