"""The supervisor's side: one measurement at a time on this machine, in a worker it looks after."""
