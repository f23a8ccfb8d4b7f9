"""What frameworks do differently in the same MobileNet. No torch.

Weights are right only under the convention that they were trained with: TensorFlow's in a network
that pads as PyTorch does give other logits, and no error.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Convention:
    """How stride-2 convolutions pad, and what batch norm adds to the variance.

    same_padding: True pads as TensorFlow's "SAME": only to the right and at the bottom where a
        stride of 2 meets an even map. False pads every side by one.
    epsilon: of batch norm.
    """

    name: str
    same_padding: bool
    epsilon: float


PYTORCH = Convention("PyTorch", same_padding=False, epsilon=1e-5)
"""Networks of this program, and timm's."""
TENSORFLOW = Convention("TensorFlow", same_padding=True, epsilon=1e-3)
"""TF-slim's, Keras's and Hugging Face's (epsilon: TF-slim's mobilenet_v1.py, Keras's default)."""
