"""The timing protocol: what is called when, and what may be said of the times. No runtime here."""
