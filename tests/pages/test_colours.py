"""The five statuses are told apart in each of the colour-blindnesses, and their colours are seen on the paper.

Colour only helps: that shape and word tell the status is shown in tests/browser/test_marks.py.
"""

import itertools
import re
from typing import TypeAlias

import pytest

from pipeline.event import STATUSES
from pipeline.render.templates import templates_folder

Colour: TypeAlias = tuple[float, float, float]

# G. M. Machado, M. M. Oliveira, L. A. F. Fernandes, "A Physiologically-based Model for Simulation of Color Vision
# Deficiency", IEEE TVCG 15 (2009): the matrices of severity 1.0, for linear RGB.
SIGHTS: dict[str, tuple[Colour, Colour, Colour]] = {
    "all colours": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}
LEAST_APART = 20.0
"""In CIE L*a*b*, where 2.3 can just be seen side by side: far enough for marks that don't touch."""
LEAST_CONTRAST = 3.0
"""WCAG 2.2, 1.4.11, for shapes that tell something."""


def tokens(scheme: str) -> dict[str, Colour]:
    """The colours of the style's tokens, linear: those of the dark scheme replace those of the light one."""
    style = (templates_folder() / "assets" / "style" / "00-tokens.css").read_text()
    style = style[: style.index("@media print")]
    light, _, dark = style.partition("@media (prefers-color-scheme: dark)")
    found = re.findall(r"--([\w-]+):\s*#([0-9a-f]{3,6});", light + (dark if scheme == "dark" else ""))
    return {name: linear(digits if len(digits) == 6 else "".join(one * 2 for one in digits)) for name, digits in found}


def linear(digits: str) -> Colour:
    red, green, blue = (int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4))
    return _linear(red), _linear(green), _linear(blue)


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def seen(colour: Colour, sight: str) -> Colour:
    """How a colour looks to someone, in linear RGB."""
    first, second, third = (
        min(1.0, max(0.0, sum(weight * part for weight, part in zip(row, colour, strict=True))))
        for row in SIGHTS[sight]
    )
    return first, second, third


def luminance(colour: Colour) -> float:
    red, green, blue = colour
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def lab(colour: Colour) -> Colour:
    """CIE L*a*b* with the white of D65."""
    red, green, blue = colour
    x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.95047
    z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.08883
    fx, fy, fz = (
        value ** (1 / 3) if value > 216 / 24389 else (24389 / 27 * value + 16) / 116
        for value in (x, luminance(colour), z)
    )
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def apart(one: Colour, other: Colour) -> float:
    return sum((a - b) ** 2 for a, b in zip(lab(one), lab(other), strict=True)) ** 0.5


@pytest.mark.parametrize("sight", SIGHTS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_any_two_statuses_are_told_apart(scheme: str, sight: str) -> None:
    colours = tokens(scheme)
    for one, other in itertools.combinations(STATUSES, 2):
        distance = apart(seen(colours[one.lower()], sight), seen(colours[other.lower()], sight))
        assert distance >= LEAST_APART, f"{one} and {other} are {distance:.1f} apart"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_statuses_are_seen_and_texts_are_read_on_every_ground(scheme: str) -> None:
    colours = tokens(scheme)
    for ground in ("paper", "panel"):
        below = luminance(colours[ground])
        for name, least in (
            *((status.lower(), LEAST_CONTRAST) for status in STATUSES), ("ink", 4.5), ("quiet", 4.5), ("link", 4.5)
        ):  # fmt: skip
            dark, bright = sorted((below, luminance(colours[name])))
            assert (bright + 0.05) / (dark + 0.05) >= least, (name, ground)


def test_the_measure_finds_what_is_hard_to_tell_apart() -> None:
    """Red and green of the same lightness are far apart for most, and alike to one in twelve men."""
    red, green = linear("d05050"), linear("6f8f2f")
    assert apart(red, green) > 60
    assert min(apart(seen(red, sight), seen(green, sight)) for sight in ("protanopia", "deuteranopia")) < LEAST_APART
