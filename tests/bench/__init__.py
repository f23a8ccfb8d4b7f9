"""What this project claims about itself, measured: `make bench`. No test; nothing here asserts."""
