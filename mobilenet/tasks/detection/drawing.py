"""What was found, drawn into the picture."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

from mobilenet.tasks.detection.boxes import Boxes
from mobilenet.tasks.names import LEAST_SCORE

# Okabe and Ito (2008): told apart by everybody. Their black is left out: it outlines the others.
COLOURS = ("#E69F00", "#56B4E9", "#009E73", "#F0E442", "#D55E00", "#CC79A7", "#0072B2")
DARK = frozenset({"#009E73", "#D55E00", "#0072B2"})  # on these, white is read more easily
LETTER_PIXELS = 13  # at least
LETTER_SHARE = 1 / 30  # of the picture's shorter side


def drawn(
    image: Image.Image,
    found: Boxes,
    names: Sequence[str],
    side: int | None = None,
    least_score: float = LEAST_SCORE,
) -> Image.Image:
    """A copy of the picture with each box, its class and how sure the network is of it.

    names: of the labels from 1 on. side: of the square that the boxes are in, where the picture
    was squashed for the network; else they are in the picture's own pixels. least_score: what is
    less sure is left out.
    """
    image = image.convert("RGB")
    pen = ImageDraw.Draw(image)
    letter = max(LETTER_PIXELS, round(min(image.size) * LETTER_SHARE))
    font = ImageFont.load_default(letter)
    line = max(letter // 4, 3)
    scale = [length / side if side else 1.0 for length in image.size] * 2
    rows = zip(
        found["boxes"].tolist(), found["labels"].tolist(), found["scores"].tolist(), strict=True
    )
    for corners, label, score in reversed(list(rows)):  # the surest lies on top
        if score < least_score:
            continue
        left, top, right, bottom = (
            value * factor for value, factor in zip(corners, scale, strict=True)
        )
        colour = COLOURS[(label - 1) % len(COLOURS)]
        pen.rectangle((left - 1, top - 1, right + 1, bottom + 1), outline="black", width=line + 2)
        pen.rectangle((left, top, right, bottom), outline=colour, width=line)
        text = f"{names[label - 1]} {score:.0%}"
        wide, high = pen.textbbox((0, 0), text, font=font)[2:]
        x = min(max(left, 0), max(image.width - wide - 4, 0))
        y = top - high - 4 if top >= high + 4 else max(top, 0)
        pen.rectangle((x, y, x + wide + 4, y + high + 4), fill=colour, outline="black")
        ink = "white" if colour in DARK else "black"
        pen.text((x + 2, y + 1), text, fill=ink, font=font)
    return image
