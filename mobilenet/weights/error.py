"""What goes wrong with weights."""


class WeightsError(ValueError):
    """These weights cannot be read, written or had; the message says why, and what to do."""
