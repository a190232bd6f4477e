# SPDX-License-Identifier: MIT
"""Draws bars with their spread as SVG, with nothing but text: readable on light and dark pages."""

import dataclasses
import math
from xml.sax.saxutils import escape

WIDTH = 860
LEFT, RIGHT, TOP, BOTTOM = 214, 118, 74, 60
ROW, BAR, GAP, HEAD = 25, 14, 16, 24

# A card with its own background, so that a page of any colour may stand around it; who prefers dark
# gets a dark card.
STYLE = """
text { font-family: system-ui, 'DejaVu Sans', Helvetica, Arial, sans-serif; font-size: 13px;
  fill: #24292f }
.card { fill: #ffffff; stroke: #d0d7de }
.title { font-size: 16px; font-weight: 600 }
.panel { font-weight: 600 }
.soft { fill: #59636e; font-size: 12px }
.grid { stroke: #e4e8ec; stroke-width: 1 }
.axis { stroke: #818b98; stroke-width: 1 }
.ours { fill: #0969da }
.other { fill: #9aa5b1 }
.least { fill: #4f9d69 }
.spread { stroke: #24292f; stroke-width: 1.4; fill: none }
.bold { font-weight: 600 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .card { fill: #151b23; stroke: #3d444d }
  .soft { fill: #9198a1 }
  .grid { stroke: #2a313c }
  .axis { stroke: #656c76 }
  .ours { fill: #4493f8 }
  .other { fill: #7d8794 }
  .least { fill: #3d8b5a }
  .spread { stroke: #f0f6fc }
}
"""


@dataclasses.dataclass(frozen=True)
class Bar:
    """A value with its spread; `kind` is the class that colours it: ours, least, other."""

    label: str
    value: float
    low: float
    high: float
    kind: str = "other"


@dataclasses.dataclass(frozen=True)
class Panel:
    """Bars under one heading."""

    heading: str
    bars: tuple


def short(value):
    """Returns a number with three digits that count, thousands apart."""
    if value == 0:
        return "0"
    if abs(value) >= 100:
        return f"{value:,.0f}".replace(",", " ")
    digits = 2 - math.floor(math.log10(abs(value)))
    return f"{value:.{max(digits, 0)}f}" if digits < 5 else f"{value:.2g}"


def _tick(value):
    return f"{value:,.0f}".replace(",", " ") if value >= 10 else f"{value:g}"


class _Linear:
    def __init__(self, highest):
        step = 10 ** math.floor(math.log10(highest))
        step = next(s for s in (step / 5, step / 2, step, 2 * step) if highest / s <= 7)
        self.end = math.ceil(highest / step) * step
        self.ticks = [at * step for at in range(round(self.end / step) + 1)]

    def at(self, value):
        return max(value, 0) / self.end


class _Log:
    def __init__(self, lowest, highest):
        self.begin = math.floor(math.log10(lowest) - 0.15)
        self.end = math.ceil(math.log10(highest))
        decades = range(self.begin, self.end + 1)
        factors = (1, 2, 5) if len(decades) <= 4 else (1, 3) if len(decades) <= 5 else (1,)
        self.ticks = [f * 10.0**d for d in decades for f in factors if d < self.end or f == 1]

    def at(self, value):
        if value <= 0:
            return 0
        return max(math.log10(value) - self.begin, 0) / (self.end - self.begin)


def _scale(bars):
    tops = [max(bar.value, bar.high) for bar in bars]
    above = [bar.value for bar in bars if bar.value > 0]
    if not above:
        return _Linear(max([1.0, *tops])), False
    if max(above) / min(above) >= 15:
        return _Log(min(above), max(tops)), True
    return _Linear(max(tops)), False


def _text(x, y, words, kind="", anchor="start"):
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f'<text {place} class="{kind}">{escape(words)}</text>'


def _line(x1, y1, x2, y2, kind):
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{kind}"/>'


def _bar(bar, scale, y, logarithmic):
    wide = WIDTH - LEFT - RIGHT
    end, middle = LEFT + wide * scale.at(bar.value), y + ROW / 2
    low, high = (LEFT + wide * min(scale.at(v), 1) for v in (bar.low, bar.high))
    bold = "bold" if bar.kind == "ours" else ""
    yield _text(LEFT - 10, middle + 4.5, bar.label, bold, "end")
    thick = BAR
    if logarithmic:
        # The length of a bar means nothing on a logarithmic axis, so it is but a thread to the dot.
        thick = 2
    yield (
        f'<rect x="{LEFT}" y="{middle - thick / 2:.1f}" width="{end - LEFT:.1f}" '
        f'height="{thick}" class="{bar.kind}"/>'
    )
    if high - low > 1:
        yield (
            f'<path d="M{low:.1f} {middle:.1f}H{high:.1f}M{low:.1f} {middle - 4:.1f}v8'
            f'M{high:.1f} {middle - 4:.1f}v8" class="spread"/>'
        )
    if logarithmic:
        yield f'<circle cx="{end:.1f}" cy="{middle:.1f}" r="5.5" class="{bar.kind}"/>'
    beside = max(end + (6 if logarithmic else 0), high) + 8
    yield _text(beside, middle + 4.5, short(bar.value), bold)


def draw(title, subtitle, axis, panels):
    """Returns the SVG. The axis is logarithmic where the values are further than 15 times apart."""
    scale, logarithmic = _scale([bar for panel in panels for bar in panel.bars])
    wide = WIDTH - LEFT - RIGHT
    headed = any(panel.heading for panel in panels)
    inside = sum((HEAD if headed else 0) + ROW * len(p.bars) for p in panels)
    inside += GAP * (len(panels) - 1)
    height = TOP + inside + BOTTOM
    label = escape(title, {'"': "&quot;"})
    marks = [(LEFT + wide * scale.at(tick), tick) for tick in scale.ticks]
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
        f'viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{label}">',
        f"<title>{escape(title)}</title>",
        f"<style>{STYLE}</style>",
        f'<rect x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1}" rx="8" class="card"/>',
        _text(22, 31, title, "title"),
        _text(22, 52, subtitle, "soft"),
    ]
    y = TOP
    for panel in panels:
        if headed:
            out.append(_text(22, y + 17, panel.heading, "panel"))
            y += HEAD
        end = y + ROW * len(panel.bars)
        out += [_line(x, y, x, end, "grid") for x, _ in marks]
        for bar in panel.bars:
            out += _bar(bar, scale, y, logarithmic)
            y += ROW
        out.append(_line(LEFT, y - ROW * len(panel.bars), LEFT, end, "axis"))
        y += GAP
    bottom = TOP + inside + 4
    out += [_text(x, bottom + 18, _tick(tick), "soft", "middle") for x, tick in marks]
    name = axis + (", logarithmic" if logarithmic else "")
    out += [
        _line(LEFT, bottom, LEFT + wide, bottom, "axis"),
        _text(LEFT + wide / 2, bottom + 40, name, "soft", "middle"),
        "</svg>",
    ]
    return "\n".join(out) + "\n"
