"""What a run's figures say, as Markdown and as bars: all of it from the JSON that the run left."""

import re
import statistics
from dataclasses import dataclass

import influxdb
import victoria_metrics
import zubr
from chart import Bar

MODULES = {"zubr": zubr, "victoria-metrics": victoria_metrics, "influxdb": influxdb}

BYTES_A_SAMPLE, TIMES_THE_ROWS, MEMORY_MB, TIMES_FASTER, LAST_LOCATION_MS = 0.50, 2, 300, 5, 1
LAST_LOCATIONS = ("last-loc", "last-loc-fleet")


def figure(results: dict, name: str, key: str) -> float:
    """The median of all loads of one system."""
    return statistics.median(one[key] for one in results["loads"][name])


def p50(found: dict, name: str) -> float:
    systems = found.get("systems", found)
    return systems[name]["p50_ms"]


def side_by_side(results: dict) -> str:
    data = results["data"]
    lines = [
        where_and_when(results),
        f"{data['file']}: {data['trucks']} trucks, {data['from']} to {data['to']}, {data['rows']:,} rows, "
        f"{data['samples']:,} samples, and {data['rows_without_name']:,} rows without a name.",
    ]
    parts = [aim_lines(results), load_lines(results), kind_lines(results), signal_lines(results)]
    return "\n".join([*lines, *(line for part in parts if part for line in ["", *part]), ""])


def where_and_when(results: dict) -> str:
    machine = results["machine"]
    return (
        f"{machine['processors']} × {machine['processor']}, {machine['memory_gb']} GB, Linux {machine['kernel']}, "
        f"{machine['file_system']}; load average before the run {machine['load_average_before']:.1f}; "
        f"{results['minutes']:.0f} minutes."
    )


def others(names: list[str]) -> list[str]:
    return [name for name in names if name != "zubr"] if "zubr" in names else []


def heading(cells: list[str]) -> list[str]:
    return ["| " + " | ".join(cells) + " |", "| " + " | ".join(["---"] * len(cells)) + " |"]


def line(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def load_lines(results: dict) -> list[str]:
    names = list(results["loads"])
    titles = [f"{MODULES[name].TITLE} {re.split('[-+]', results['versions'][name])[0]}" for name in names]
    lines = ["### The load", ""]
    lines += heading(["", *titles, *(f"Zubr : {MODULES[name].TITLE}" for name in others(names))])
    for title, key, text in (
        ("rows/s", "rows_per_second", "{:,.0f}"),
        ("rows per CPU second", "rows_per_cpu_second", "{:,.0f}"),
        ("s", "seconds", "{:.2f}"),
        ("CPU s", "cpu_seconds", "{:.2f}"),
        ("CPU s until at rest", "rest_cpu_seconds", "{:.2f}"),
        ("peak resident MB", "peak_rss_bytes", "MB"),
        ("on disk, MB", "bytes", "MB"),
        ("byte/sample", "bytes_per_sample", "{:.3f}"),
    ):
        values = {name: figure(results, name, key) for name in names}
        shown = [f"{value / 1e6:.1f}" if text == "MB" else text.format(value) for value in values.values()]
        lines.append(line([title, *shown, *(f"{values['zubr'] / values[name]:.2f}" for name in others(names))]))
    last = {name: results["loads"][name][-1] for name in names}
    counted = [f"{one['samples']:,}{'' if one['is_complete'] else ' **not all**'}" for one in last.values()]
    lines.append(line(["samples counted back", *counted, *("" for _ in others(names))]))
    lines.append(line(["durable when answered", *(MODULES[n].DURABLE for n in names), *("" for _ in others(names))]))
    return lines


def compared(titles: list[str], names: list[str], what: str) -> list[str]:
    heads = [f"{MODULES[name].TITLE} {part}" for name in names for part in ("p50, ms", "p95, ms")]
    return heading([what, *heads, f"p50, {titles[1]} : {titles[0]}" if len(titles) == 2 else "", "answers"])


def compared_line(title: str, systems: dict, names: list[str], answers: str, aim: float = 0) -> str:
    """A ratio below the aim is bold."""
    times = [f"{systems[name][part]:.2f}" for name in names for part in ("p50_ms", "p95_ms")]
    ratio = p50(systems, names[1]) / p50(systems, names[0]) if len(names) == 2 else None
    shown = "" if ratio is None else f"**{ratio:.1f}**" if ratio < aim else f"{ratio:.1f}"
    return line([title, *times, shown, answers])


def kind_lines(results: dict) -> list[str]:
    names = [name for name in ("zubr", "influxdb") if name in results["loads"]]
    if not names:
        return []
    lines = ["### The kinds", "", *compared([MODULES[name].TITLE for name in names], names, "kind")]
    for kind, found in results["kinds"].items():
        answers = verdict(found["systems"], names, found["unequal"])
        lines.append(compared_line(kind, found["systems"], names, answers, TIMES_FASTER))
    floor = {name: results["floor"][name] for name in names}
    return [*lines, compared_line("a question that asks nothing", floor, names, "")]


def signal_lines(results: dict) -> list[str]:
    names = [name for name in ("zubr", "victoria-metrics") if name in results["loads"]]
    if not names:
        return []
    lines = ["### One signal of one machine over 24 h", ""]
    lines += compared([MODULES[name].TITLE for name in names], names, "values")
    for shape, systems in results["signals"].items():
        lines.append(compared_line(shape, systems, names, verdict(systems, names), aim=1))
    return lines


def verdict(systems: dict, names: list[str], unequal: list[str] | None = None) -> str:
    """`unequal`: where two systems answered otherwise than each other, when they were compared."""
    wrong = [f"{MODULES[n].TITLE}: {len(systems[n]['differences'])} wrong" for n in names if systems[n]["differences"]]
    if unequal:
        wrong.append(f"{len(unequal)} unequal")
    if wrong:
        return "**" + ", ".join(wrong) + "**"
    said = []
    if unequal is not None and len(names) == 2:
        said.append(f"{len(systems[names[0]]['all_ms']) + 1} equal")
    if checked := systems[names[0]]["checked"]:
        said.append(f"{checked} as the reference's")
    return ", ".join(said) or "not checked"


def faults(results: dict) -> list[str]:
    """What no figure makes up for."""
    found = []
    for name, loads in results["loads"].items():
        found += [f"{MODULES[name].TITLE} has {one['samples']:,} samples" for one in loads if not one["is_complete"]]
    for kind, asked in results["kinds"].items():
        found += [f"{kind}, Zubr's answer and InfluxDB's: {one}" for one in asked["unequal"]]
    asked = [(kind, one["systems"]) for kind, one in results["kinds"].items()] + list(results["signals"].items())
    for what, systems in asked:
        for name, figures in systems.items():
            found += [f"{what}, {MODULES[name].TITLE} and the reference: {one}" for one in figures["differences"]]
    return found


# What Zubr is to reach


@dataclass
class Aim:
    text: str
    measured: float
    limit: float
    is_upper: bool

    @property
    def is_met(self) -> bool:
        return self.measured <= self.limit if self.is_upper else self.measured >= self.limit


def is_whole(results: dict) -> bool:
    return results["loads"].keys() == MODULES.keys()


def aims(results: dict) -> list[Aim]:
    rows = {name: figure(results, name, "rows_per_cpu_second") for name in ("zubr", "victoria-metrics")}
    factors = {kind: p50(found, "influxdb") / p50(found, "zubr") for kind, found in results["kinds"].items()}
    found = [
        Aim("byte/sample", figure(results, "zubr", "bytes_per_sample"), BYTES_A_SAMPLE, True),
        Aim("rows per CPU second, Zubr : VictoriaMetrics", rows["zubr"] / rows["victoria-metrics"], TIMES_THE_ROWS, False),
        Aim("memory while loading, MB", figure(results, "zubr", "peak_rss_bytes") / 1e6, MEMORY_MB, True),
    ]
    for shape, systems in results["signals"].items():
        ratio = p50(systems, "zubr") / p50(systems, "victoria-metrics")
        found.append(Aim(f"one signal over 24 h, {shape}, p50, Zubr : VictoriaMetrics", ratio, 1, True))
    for kind in LAST_LOCATIONS:
        found.append(Aim(f"{kind}, p50, ms", p50(results["kinds"][kind], "zubr"), LAST_LOCATION_MS, True))
    slowest = min(factors, key=factors.get)
    return [*found, Aim(f"each kind, p50, InfluxDB : Zubr; the least: {slowest}", factors[slowest], TIMES_FASTER, False)]


def aim_lines(results: dict) -> list[str]:
    if not is_whole(results):
        return []
    found = aims(results)
    lines = heading(["", "aim", "measured", ""])
    for aim in found:
        limit = f"{'≤' if aim.is_upper else '≥'} {aim.limit:g}"
        lines.append(line([aim.text, limit, f"{aim.measured:.3g}", "met" if aim.is_met else "**missed**"]))
    return lines


def bars(results: dict) -> list[tuple[str, list[Bar]]]:
    """How many times better than the other system Zubr is, and how many times it is to be. The aims of bytes and memory are
    absolute; as ratios they are what Zubr would have at just the aim."""

    def both(key: str) -> tuple[float, float]:
        return figure(results, "zubr", key), figure(results, "victoria-metrics", key)

    ours, theirs = both("rows_per_cpu_second")
    shown = f"{ours / 1e3:,.0f} k : {theirs / 1e3:,.0f} k"
    first = [Bar("rows per CPU second", ours / theirs, TIMES_THE_ROWS, shown)]
    ours, theirs = both("bytes_per_sample")
    first.append(Bar("byte/sample", theirs / ours, theirs / BYTES_A_SAMPLE, f"{ours:.3f} : {theirs:.3f}"))
    ours, theirs = (rss / 1e6 for rss in both("peak_rss_bytes"))
    first.append(Bar("memory while loading", theirs / ours, theirs / MEMORY_MB, f"{ours:.0f} : {theirs:.0f} MB"))
    for shape, systems in results["signals"].items():
        first.append(timed(f"one signal, 24 h, {shape}", systems, "victoria-metrics", 1))
    second = [timed(kind, found["systems"], "influxdb", TIMES_FASTER) for kind, found in results["kinds"].items()]
    return [("times better than VictoriaMetrics", first), ("times faster than InfluxDB, p50", second)]


def timed(title: str, systems: dict, other: str, aim: float) -> Bar:
    ours, theirs = p50(systems, "zubr"), p50(systems, other)
    return Bar(title, theirs / ours, aim, f"{ours:.2f} : {theirs:,.{0 if theirs >= 1000 else 2}f} ms")


# Growth

GROWTH = {
    "load_cpu_us_per_sample": "load, CPU µs a sample",
    "bytes_per_sample": "byte a sample",
    "peak_rss_mb": "peak memory of the load, MB",
    "raw_ms": "one signal, 24 h raw, ms",
    "by_minute_ms": "one signal, 24 h by minute, ms",
    "last_location_ms": "last location, ms",
    "driving_us_per_truck": "driving of 24 h, µs a machine",
    "average_load_ns_per_row": "load of all time, ns a row",
}


def growth_table(results: dict) -> str:
    """Tables of each system's figures by size; at a row's end the largest set beside the smallest."""
    lines = [f"{where_and_when(results)} A row of either measurement every {results['step_seconds']} s."]
    for name, version in results["versions"].items():
        for axis, unit in (("trucks", "machine"), ("days", "day")):
            stages = results[axis]
            sizes = [f"{one[axis]:,} {unit}{'s' if one[axis] > 1 else ''}" for one in stages]
            of = "one day" if axis == "trucks" else f"{stages[0]['trucks']:,} machines"
            lines += ["", *heading([f"{MODULES[name].TITLE} {version}, {of}", *sizes, "last : first"])]
            lines.append(line(["samples, millions", *(f"{one['samples'] / 1e6:,.1f}" for one in stages), ""]))
            for key, words in GROWTH.items():
                if key in stages[0]["systems"][name]:
                    lines.append(line([words, *grown(stages, name, key)]))
    return "\n".join([*lines, ""])


def grown(stages: list[dict], name: str, key: str) -> list[str]:
    values = [stage["systems"][name][key] for stage in stages]
    return [*(f"{value:.3g}" if value < 1000 else f"{value:,.0f}" for value in values), f"{values[-1] / values[0]:.2f}"]


def faults_of_growth(results: dict) -> list[str]:
    return [
        f"{MODULES[name].TITLE}, {stage['trucks']} machines, {stage['days']} days: not all samples are there"
        for stage in results["trucks"] + results["days"]
        for name, figures in stage["systems"].items()
        if not figures["is_complete"]
    ]
