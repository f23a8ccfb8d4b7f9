"""What MobileNets are trained for, and how: data, recipes, training, scores. The paper, section 4.

`recipe` and `score` load no torch.
"""
