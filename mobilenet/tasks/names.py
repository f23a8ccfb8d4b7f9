"""What the five tasks are called, and the data that each wants. No torch."""

from __future__ import annotations

from typing import Literal, get_args

TaskName = Literal["dogs", "geolocation", "attributes", "detection", "embedding"]
TASK_NAMES: tuple[TaskName, ...] = get_args(TaskName)
GENERATED = "generated"
WANTED: dict[TaskName, str] = {
    "dogs": "a folder with a sub-folder of photographs for each class",
    "geolocation": "a CSV file with the columns image, latitude and longitude",
    "attributes": "a CSV file with a column image, and one of 0 and 1 for each attribute",
    "detection": "a JSON file of objects in COCO's form, or a folder with train.json",
    "embedding": "a folder with a sub-folder of photographs for each person",
}
LEAST_SCORE = 0.5  # of a box that is drawn: what is less sure is left out
EMULATING: tuple[TaskName, ...] = ("attributes", "embedding")  # may learn from a teacher's outputs
