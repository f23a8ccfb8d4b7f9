"""Writes a checkpoint as TF-slim's are, and TensorFlow's own answers: needs TensorFlow.

    python tests/slim_checkpoint.py FOLDER WIDTH RESOLUTION CLASSES

`tests/data/slim` was made by it with 0.05 64 11 (TensorFlow 2.21). The network is written out in
TensorFlow's operations, by the names of tensorflow/models' mobilenet_v1.py, not with our code.
"""

import sys
from pathlib import Path

import numpy as np
import tensorflow as tf

STRIDES = (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1)
DEPTHS = (64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024)
EPSILON = 0.001


class Network:
    """Makes its variables at the first call, each by its name in TF-slim."""

    def __init__(self, width: float, classes: int) -> None:
        self.width, self.classes = width, classes
        self.random = np.random.default_rng(2)
        self.tensors: dict[str, np.ndarray] = {}

    def __call__(self, images):
        inputs = self.depth(32)
        maps = self.block(images, "Conv2d_0", (3, 3, 3, inputs), stride=2)
        for number, (stride, depth) in enumerate(zip(STRIDES, DEPTHS, strict=True), start=1):
            outputs = self.depth(depth)
            name = f"Conv2d_{number}_"
            maps = self.block(maps, f"{name}depthwise", (3, 3, inputs, 1), stride)
            maps = self.block(maps, f"{name}pointwise", (1, 1, inputs, outputs))
            inputs = outputs
        pooled = tf.reduce_mean(maps, axis=(1, 2), keepdims=True)
        last = "Logits/Conv2d_1c_1x1"
        kernel = self.made(f"{last}/weights", (1, 1, inputs, self.classes), scale=inputs**-0.5)
        bias = self.made(f"{last}/biases", (self.classes,), scale=0.1)
        return tf.squeeze(tf.nn.conv2d(pooled, kernel, 1, "SAME") + bias, axis=(1, 2))

    def depth(self, full: int) -> int:
        return max(int(full * self.width), 8)

    def block(self, maps, scope, shape, stride=1):
        depthwise = scope.endswith("depthwise")
        fan_in = shape[0] * shape[1] * (1 if depthwise else shape[2])
        name = f"{scope}/{'depthwise_weights' if depthwise else 'weights'}"
        kernel = self.made(name, shape, scale=(2 / fan_in) ** 0.5)
        run = tf.nn.depthwise_conv2d if depthwise else tf.nn.conv2d
        maps = run(maps, kernel, [1, stride, stride, 1], "SAME")
        mean, variance = tf.nn.moments(maps, (0, 1, 2))  # kept from the first call
        channels = maps.shape[-1]
        norm = f"{scope}/BatchNorm"
        gamma = self.made(f"{norm}/gamma", (channels,), scale=0.1, shift=1.0)
        beta = self.made(f"{norm}/beta", (channels,), scale=0.1)
        mean = self.made(f"{norm}/moving_mean", value=mean.numpy())
        variance = self.made(f"{norm}/moving_variance", value=variance.numpy())
        maps = tf.nn.batch_normalization(maps, mean, variance, beta, gamma, EPSILON)
        return tf.nn.relu6(maps)

    def made(self, name, shape=(), scale=1.0, shift=0.0, value=None):
        found = self.tensors.get(f"MobilenetV1/{name}")
        if found is None:
            if value is None:
                value = self.random.normal(shift, scale, shape)
            found = np.asarray(value, np.float32)
            self.tensors[f"MobilenetV1/{name}"] = found
        return found


def main(folder: Path, width: float, resolution: int, classes: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    network = Network(width, classes)
    images = np.random.default_rng(1).normal(size=(4, resolution, resolution, 3))
    images = images.astype(np.float32)
    network(images)  # sets the statistics
    answers = network(images[:2]).numpy()
    # What a training run keeps besides, and a reader must step over.
    others = {
        "global_step": np.int64(1_000),
        "MobilenetV1/Conv2d_0/weights/RMSProp": np.ones((3, 3, 3, network.depth(32)), np.float32),
    }
    tensors = dict(sorted((network.tensors | others).items()))
    tf.raw_ops.SaveV2(
        prefix=str(folder / "model.ckpt"),
        tensor_names=list(tensors),
        shape_and_slices=[""] * len(tensors),
        tensors=[tf.constant(tensor) for tensor in tensors.values()],
    )
    np.savez_compressed(folder / "answers.npz", images=images[:2], logits=answers)


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
