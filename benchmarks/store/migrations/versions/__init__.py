"""One file a step. A step that has landed is never changed: stores out there have taken it."""
