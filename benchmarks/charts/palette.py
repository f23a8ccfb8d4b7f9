"""Colours and marker symbols: told apart without colour vision, in light and in dark."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

# Okabe and Ito's eight, padded to ten: with fewer Streamlit ignores a theme's colours.
LIGHT = (
    "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9",
    "#D55E00", "#F0E442", "#666666", "#882255", "#44AA99",
)  # fmt: skip
DARK = (
    "#56B4E9", "#E69F00", "#009E73", "#CC79A7", "#0072B2",
    "#D55E00", "#F0E442", "#BBBBBB", "#DD88AA", "#66CCBB",
)  # fmt: skip
BLUE, ORANGE, GREEN, PINK, SECOND_BLUE, VERMILION, YELLOW, GREY, WINE, TEAL = range(10)


class Ink(NamedTuple):
    """What a theme draws everything with that is not data."""

    strong: str  # text, the ring around the selected network
    muted: str  # axis text, fronts, error bars
    faint: str  # rims that may be overlooked
    grid: str
    outline: str  # around filled markers
    missing: str  # fill of a cell without a value
    card: str  # background of hover cards
    page: str  # what the page itself is painted with


LIGHT_INK = Ink(
    "#262730", "#5A5D69", "#A9ADB8", "#E4E6EB", "#262730", "#F3F4F6", "#FFFFFF", "#FFFFFF"
)
DARK_INK = Ink(
    "#FAFAFA", "#B0B4C0", "#666B78", "#31353F", "#E6E8EE", "#20242D", "#1B1E26", "#171614"
)


class FamilyStyle(NamedTuple):
    """Place in the palette, and plotly's name of the symbol."""

    colour: int
    symbol: str


_FAMILIES: Mapping[str, FamilyStyle] = {
    "MobileNet v1": FamilyStyle(BLUE, "circle"),
    "MobileNetV2": FamilyStyle(GREEN, "diamond"),
    "MobileNetV3": FamilyStyle(PINK, "square"),
    "EfficientNet": FamilyStyle(WINE, "triangle-up"),
    "ShuffleNetV2": FamilyStyle(TEAL, "triangle-down"),
    "MnasNet": FamilyStyle(ORANGE, "triangle-right"),
    "SqueezeNet": FamilyStyle(SECOND_BLUE, "triangle-left"),
    "ResNet": FamilyStyle(ORANGE, "hexagon"),
    "Inception": FamilyStyle(GREY, "star"),
    "VGG": FamilyStyle(VERMILION, "octagon"),
    "AlexNet": FamilyStyle(GREY, "pentagon"),
}
_OTHER = FamilyStyle(GREY, "x")


def colours(dark: bool) -> tuple[str, ...]:
    return DARK if dark else LIGHT


def ink(dark: bool) -> Ink:
    return DARK_INK if dark else LIGHT_INK


def family_style(family: str) -> FamilyStyle:
    """The family's colour and symbol, the same on every chart; a grey x for an unknown one."""
    return _FAMILIES.get(family, _OTHER)


def faded(colour: str, opacity: float) -> str:
    """`colour` ("#RRGGBB") with opacity 0 to 1."""
    red, green, blue = _channels(colour)
    return f"rgba({red},{green},{blue},{opacity:g})"


def readable_on(colour: str) -> str:
    """Black or white, whichever contrasts more with `colour` (WCAG's relative luminance)."""
    red, green, blue = (_linear(channel / 255) for channel in _channels(colour))
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return "#000000" if (luminance + 0.05) ** 2 > 1.05 * 0.05 else "#FFFFFF"


# Cividis (Nunez, Anderton and Renslow 2018): the same order of lightness for every eye.
CIVIDIS = (
    "#00224E", "#123570", "#3B496C", "#575D6D", "#707173",
    "#8A8779", "#A69D75", "#C4B56C", "#E4CF5B", "#FEE838",
)  # fmt: skip


def on_scale(fraction: float) -> str:
    """The colour at `fraction` (0 to 1) of the scale."""
    place = min(max(fraction, 0.0), 1.0) * (len(CIVIDIS) - 1)
    below = min(int(place), len(CIVIDIS) - 2)
    pairs = zip(_channels(CIVIDIS[below]), _channels(CIVIDIS[below + 1]), strict=True)
    mixed = [int(low + (high - low) * (place - below)) for low, high in pairs]
    return "#{:02X}{:02X}{:02X}".format(*mixed)


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
