"""Plots as SVG, by hand: no library is worth installing for them."""

import math
from dataclasses import dataclass
from html import escape

INK, GRID = "#222", "#ddd"
MET, MISSED = "#2f7d4f", "#c8641e"


def text(x: float, y: float, words: str, anchor: str = "start", extra: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{extra}>{escape(words)}</text>'


def drawing(width: int, height: int, parts: list[str]) -> str:
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'font-family="sans-serif" font-size="12" fill="{INK}">'
    )
    return "\n".join([head, '<rect width="100%" height="100%" fill="white"/>', *parts, "</svg>"]) + "\n"


BOLD = ' font-weight="bold"'


# Bars


@dataclass
class Bar:
    """A ratio, the ratio that is wanted, and the two figures it is of."""

    title: str
    ratio: float
    aim: float
    figures: str


ROW, LEFT, ACROSS, RIGHT = 22, 190, 470, 170


def bar_chart(groups: list[tuple[str, list[Bar]]]) -> str:
    """Ratios on one logarithmic scale, each beside what it is to be."""
    ratios = [value for _, bars in groups for bar in bars for value in (bar.ratio, bar.aim)]
    low = math.floor(math.log10(min(ratios) * 0.99))
    high = math.ceil(math.log10(max(ratios)))

    def x(ratio: float) -> float:
        return LEFT + ACROSS * (math.log10(ratio) - low) / (high - low)

    y = 34
    parts = [
        f'<rect x="{LEFT}" y="9" width="22" height="10" fill="{MET}"/>', text(LEFT + 28, 18, "aim met"),
        f'<rect x="{LEFT + 100}" y="9" width="22" height="10" fill="{MISSED}"/>', text(LEFT + 128, 18, "aim missed"),
        f'<path d="M{LEFT + 220} 7v14" stroke="{INK}" stroke-width="2.5"/>', text(LEFT + 228, 18, "aim"),
    ]  # fmt: skip
    for title, bars in groups:
        parts.append(text(LEFT, y + 16, title, extra=BOLD))
        parts.append(text(LEFT + ACROSS + 12, y + 16, "Zubr : the other", extra=BOLD))
        y += 24
        bottom = y + ROW * len(bars)
        for power in range(low, high + 1):
            at, colour = x(10.0**power), "#888" if power == 0 else GRID
            parts.append(f'<path d="M{at:.1f} {y}V{bottom}" stroke="{colour}"/>')
            parts.append(text(at, bottom + 15, f"{10.0**power:g} ×", "middle"))
        for bar in bars:
            end, wanted = x(bar.ratio), x(bar.aim)
            start = x(1)
            colour = MET if bar.ratio >= bar.aim else MISSED
            middle = y + ROW / 2
            parts.append(text(LEFT - 8, middle + 4, bar.title, "end"))
            parts.append(
                f'<rect x="{min(start, end):.1f}" y="{y + 4}" width="{max(abs(end - start), 1):.1f}" height="{ROW - 8}" '
                f'fill="{colour}"><title>{escape(bar.title)}: {bar.ratio:.2f}, aim {bar.aim:.2f}</title></rect>'
            )
            parts.append(f'<path d="M{wanted:.1f} {y + 1}v{ROW - 2}" stroke="{INK}" stroke-width="2.5"/>')
            parts.append(text(LEFT + ACROSS + 12, middle + 4, bar.figures))
            y += ROW
        y += 34
    return drawing(LEFT + ACROSS + RIGHT, y, parts)


# Growth


@dataclass
class Line:
    title: str
    colour: str
    is_dashed: bool
    points: list[tuple[float, float]]


WIDTH, HEIGHT = 262, 204
PLOT_LEFT, PLOT_TOP, PLOT_WIDTH, PLOT_HEIGHT = 50, 30, 192, 122
COLOURS = {"zubr": ("#b3541e", "#1f5f9e"), "victoria-metrics": ("#8a6bb5", "#4b2f7f"), "influxdb": ("#6f9e4a", "#2f5a1a")}


def growth_chart(results: dict, figures: dict[str, str], titles: dict[str, str]) -> str:
    """A panel for each figure. Both lines are over machine-days, so that they meet where the sets are the same."""
    parts, legend, columns, shown = [], {}, 4, 0
    top = 30 + 18 * (len(titles) - 1)
    for key, title in figures.items():
        lines = []
        for name, words in titles.items():
            for axis, colour in zip(("trucks", "days"), COLOURS[name]):
                stages = results[axis]
                values = [stage["systems"][name].get(key) for stage in stages]
                if None in values:
                    continue
                points = [(stage["trucks"] * stage["days"], value) for stage, value in zip(stages, values)]
                what = f"{stages[0]['trucks']:,} to {stages[-1]['trucks']:,} machines, 1 day"
                if axis == "days":
                    what = f"{stages[0]['trucks']:,} machines, {stages[0]['days']} to {stages[-1]['days']} days"
                lines.append(Line(f"{words}: {what}", colour, axis == "days", points))
        if lines:
            parts.append(panel(title, lines, WIDTH * (shown % columns), top + HEIGHT * (shown // columns)))
            legend |= {line.title: line for line in lines}
            shown += 1
    for index, line in enumerate(legend.values()):
        x, y = PLOT_LEFT + 330 * (index % 2), 16 + 18 * (index // 2)
        parts += [stroke(line, [(x, y - 4), (x + 34, y - 4)]), dot(line, x + 17, y - 4, ""), text(x + 42, y, line.title)]
    return drawing(WIDTH * columns, top + HEIGHT * -(-shown // columns), parts)


def panel(title: str, lines: list[Line], x: int, y: int) -> str:
    sizes = sorted({size for line in lines for size, _ in line.points})
    values = [value for line in lines for _, value in line.points]
    marks, up = upright(min(values), max(values))
    lowest, highest = math.log10(sizes[0]), math.log10(sizes[-1])

    def across(size: float) -> float:
        return PLOT_LEFT + 10 + (PLOT_WIDTH - 20) * (math.log10(size) - lowest) / ((highest - lowest) or 1)

    bottom = PLOT_TOP + PLOT_HEIGHT
    parts = [f'<g transform="translate({x},{y})">', text(PLOT_LEFT, 18, title, extra=BOLD)]
    for mark in marks:
        at = PLOT_TOP + PLOT_HEIGHT * (1 - up(mark))
        parts.append(f'<path d="M{PLOT_LEFT} {at:.1f}h{PLOT_WIDTH}" stroke="{GRID}"/>')
        parts.append(text(PLOT_LEFT - 6, at + 4, f"{mark:,g}", "end"))
    for size in sizes:
        parts.append(f'<path d="M{across(size):.1f} {bottom}v4" stroke="{INK}"/>')
        label = f"{size:g}" if size < 1000 else f"{size / 1000:g}k"
        parts.append(text(across(size), bottom + 17, label, "middle"))
    parts.append(f'<path d="M{PLOT_LEFT} {bottom}h{PLOT_WIDTH}" stroke="{INK}"/>')
    parts.append(text(PLOT_LEFT + PLOT_WIDTH / 2, bottom + 33, "machine-days", "middle"))
    for line in lines:
        points = [(across(size), PLOT_TOP + PLOT_HEIGHT * (1 - up(value))) for size, value in line.points]
        parts.append(stroke(line, points))
        for (at, level), (size, value) in zip(points, line.points):
            parts.append(dot(line, at, level, f"{line.title}, {size:,g} machine-days: {value:.3g}"))
    return "\n".join([*parts, "</g>"])


def upright(low: float, high: float):
    """Marks, and where a value stands between 0 and 1: from zero on, or by powers of ten when there are worlds between."""
    if high > 20 * low:
        first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
        return [10.0**power for power in range(first, last + 1)], lambda v: (math.log10(v) - first) / (last - first)
    magnitude = 10.0 ** math.floor(math.log10(high / 4))
    step = next(magnitude * n for n in (1, 2, 2.5, 5, 10) if magnitude * n * 5 >= high * 1.05)
    count = math.ceil(high * 1.05 / step)
    return [float(f"{step * n:.12g}") for n in range(count + 1)], lambda v: v / (step * count)


def stroke(line: Line, points: list[tuple[float, float]]) -> str:
    dashes = ' stroke-dasharray="6 3"' if line.is_dashed else ""
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polyline points="{path}" fill="none" stroke="{line.colour}" stroke-width="2"{dashes}/>'


def dot(line: Line, x: float, y: float, words: str) -> str:
    inside = "white" if line.is_dashed else line.colour
    return (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{inside}" stroke="{line.colour}" stroke-width="1.5">'
        f"<title>{escape(words)}</title></circle>"
    )
