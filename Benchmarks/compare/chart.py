"""Small line charts as one SVG, by hand: no library is worth installing for them."""

import math
from dataclasses import dataclass
from html import escape
from pathlib import Path

WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 260, 190, 46, 30, 40
COLOURS = {"Zubr": "#b3541e", "VictoriaMetrics": "#3f6fb5", "InfluxDB": "#5b8a3a"}


@dataclass
class Panel:
    """Lines over evenly spaced labels; the upright axis is logarithmic, by powers of ten."""

    title: str
    unit: str
    labels: list[str]
    lines: dict[str, list[float]]

    def svg(self, x: int, y: int) -> str:
        values = [value for line in self.lines.values() for value in line] or [1]
        low = math.floor(math.log10(min(values)))
        high = max(low + 1, math.ceil(math.log10(max(values))))
        width, height = WIDTH - LEFT - 14, HEIGHT - TOP - BOTTOM

        def across(index: int) -> float:
            return LEFT + width * (index + 0.5) / len(self.labels)

        def up(value: float) -> float:
            return TOP + height * (1 - (math.log10(value) - low) / (high - low))

        parts = [f'<g transform="translate({x},{y})">', text(LEFT, 18, self.title, weight="bold")]
        for power in range(low, high + 1):
            at = up(10.0**power)
            parts.append(f'<path d="M{LEFT} {at:.1f}h{width}" stroke="#ddd"/>')
            parts.append(text(LEFT - 5, at + 4, f"{10.0**power:g}", anchor="end"))
        for index, label in enumerate(self.labels):
            parts.append(text(across(index), TOP + height + 15, label, anchor="middle"))
        parts.append(text(LEFT + width / 2, TOP + height + 30, self.unit, anchor="middle"))
        for name, line in self.lines.items():
            points = " ".join(f"{across(index):.1f},{up(value):.1f}" for index, value in enumerate(line))
            parts.append(f'<polyline points="{points}" fill="none" stroke="{COLOURS[name]}" stroke-width="2"/>')
            for index, value in enumerate(line):
                where = f'cx="{across(index):.1f}" cy="{up(value):.1f}" r="3" fill="{COLOURS[name]}"'
                parts.append(f"<circle {where}><title>{escape(name)}: {value:.3g}</title></circle>")
        return "\n".join([*parts, "</g>"])


def text(x: float, y: float, words: str, anchor: str = "start", weight: str = "normal") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-weight="{weight}">{escape(words)}</text>'


def write_charts(file: Path, rows: list[list[Panel]]):
    names = {name for row in rows for panel in row for name in panel.lines}
    width, height = WIDTH * max(len(row) for row in rows), HEIGHT * len(rows) + 30
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="11">',
        '<rect width="100%" height="100%" fill="white"/>',
    ]
    for index, name in enumerate(name for name in COLOURS if name in names):
        parts.append(f'<rect x="{LEFT + index * 130}" y="10" width="10" height="10" fill="{COLOURS[name]}"/>')
        parts.append(text(LEFT + 15 + index * 130, 19, name))
    for row_index, row in enumerate(rows):
        parts += [panel.svg(WIDTH * index, 30 + HEIGHT * row_index) for index, panel in enumerate(row)]
    file.write_text("\n".join([*parts, "</svg>"]) + "\n")
