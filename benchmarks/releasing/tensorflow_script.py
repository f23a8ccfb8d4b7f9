"""Run by the python of an environment with TensorFlow, as a script; nothing of ours is imported.

    tensorflow_script.py FORM WEIGHTS.h5 TARGET IMAGES.npy ANSWERS.npy WIDTH RESOLUTION CLASSES

Writes TARGET, and what TensorFlow's own runtime for that form says of the images.
"""

# mypy: ignore-errors
import os
import sys
from pathlib import Path

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np


def main(form, source, target, asked, answered, width, resolution, classes):
    import keras
    import tensorflow as tf

    side = int(resolution)
    model = keras.applications.MobileNet(
        (side, side, 3),
        alpha=float(width),
        weights=None,
        classes=int(classes),
        classifier_activation=None,
    )
    model.load_weights(source)
    images = np.load(asked, allow_pickle=False)
    if form == "saved_model":
        model.export(target, verbose=False)
        served = tf.saved_model.load(target).signatures["serving_default"]
        answers = next(iter(served(tf.constant(images)).values())).numpy()
    else:
        Path(target).write_bytes(tf.lite.TFLiteConverter.from_keras_model(model).convert())
        answers = np.concatenate([_by_tflite(tf, target, image[None]) for image in images])
    np.save(answered, answers)


def _by_tflite(tf, target, image):
    interpreter = tf.lite.Interpreter(target)
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], image)
    interpreter.invoke()
    return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])


if __name__ == "__main__":
    main(*sys.argv[1:])
