"""Object detection, Table 13: what its networks are, cost and answer.

`detector` loads no torch.
"""
