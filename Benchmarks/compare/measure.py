"""Loading a prepared file into one system, and asking all of them the same questions."""

import math
import statistics
import sys
import time

from kinds import DAY, KINDS, Draw, same
from prepared import Prepared
from reference import Reference
from victoria_metrics import VictoriaMetrics
from zubr import Zubr


def load(system, prepared: Prepared) -> dict:
    """Figures of one load. `seconds` and `cpu_seconds` end when all is acknowledged (and can be read);
    `rest_...` include bringing the system to rest: what is compacted later is work of this load too."""
    return per_sample(loaded(system, prepared, prepared.start), prepared)


def loaded(system, prepared: Prepared, since: int) -> dict:
    """`since`: from when on there are samples in the system, which may have been loaded before."""
    if isinstance(system, Zubr):
        return loaded_zubr(system, prepared)
    server = system.server
    cpu, started = server.cpu_seconds(), time.monotonic()
    system.load(prepared.batches())
    done, done_cpu = time.monotonic(), server.cpu_seconds()
    system.bring_to_rest()
    figures = {
        "seconds": done - started,
        "cpu_seconds": done_cpu - cpu,
        "rest_cpu_seconds": server.cpu_seconds() - cpu,
        "peak_rss_bytes": server.peak_rss_bytes(),
        "bytes": system.bytes_on_disk(),
    }
    is_metrics = isinstance(system, VictoriaMetrics)
    return figures | (system.count(since, prepared.end) if is_metrics else system.count())


def loaded_zubr(system: Zubr, prepared: Prepared) -> dict:
    report = system.load_file(prepared.whole)
    return {
        "seconds": report["measured_seconds"],
        "cpu_seconds": report["measured_cpu_seconds"],
        "rest_cpu_seconds": report["measured_cpu_seconds"],
        "peak_rss_bytes": report["measured_peak_rss_bytes"],
        "bytes": report["measured_bytes"],
        "rows": report["rows"],
        "samples": report["samples"],
        "rejected": report["rejected"],
        "report": report,
    }


def per_sample(figures: dict, prepared: Prepared) -> dict:
    expected = {"rows": prepared.rows, "samples": prepared.samples}
    short = {name: figures[name] for name in expected if figures[name] not in (None, expected[name])}
    return figures | {
        "rows_per_cpu_second": prepared.rows / figures["cpu_seconds"],
        "rows_per_second": prepared.rows / figures["seconds"],
        "bytes_per_sample": figures["bytes"] / prepared.samples,
        "is_complete": not short,
        "expected": expected,
    }


def latencies(seconds: list[float]) -> dict:
    ordered = sorted(seconds)
    return {
        "p50_ms": statistics.median(ordered) * 1e3,
        "p95_ms": ordered[math.ceil(0.95 * len(ordered)) - 1] * 1e3,
        "all_ms": [one * 1e3 for one in seconds],
    }


def timed(ask, *arguments):
    started = time.perf_counter()
    answer = ask(*arguments)
    return answer, time.perf_counter() - started


def floor(systems: dict, times: int = 50) -> dict:
    """What a question costs that asks nothing: connection, our own HTTP client, and each server's."""
    nothing = {"influxdb": "/ping", "victoria-metrics": "/health", "zubr": "/"}
    return {
        name: latencies([timed(system.connection.ask, "GET", nothing[name])[1] for _ in range(times)])
        for name, system in systems.items()
    }


def ask_kinds(systems: dict, questions: list[Draw], references: dict, checked: int) -> dict:
    """Each kind, each draw once, turn by turn between the systems, after one question of that kind that does not count.
    `references` holds for each system the reference whose answers it must give for the first `checked` draws."""
    able = {name: system for name, system in systems.items() if hasattr(system, "ask_kind")}
    found = {}
    for kind in KINDS:
        print(f"…   {kind}", file=sys.stderr, flush=True)
        spent = {name: [] for name in able}
        figures = {name: {"differences": []} for name in able}
        unequal = []
        for draw in questions:
            rows = {}
            for name, system in able.items():
                answer, seconds = timed(system.ask_kind, kind, draw)
                if draw is not questions[0]:
                    spent[name].append(seconds)
                rows[name] = system.kind_rows(kind, answer)
                system.after(kind, draw)
                if draw.number <= checked and references:
                    difference = same(rows[name], references[name].answer(kind, draw))
                    if difference:
                        figures[name]["differences"].append(f"{draw}: {difference}")
            if len(rows) == 2:
                difference = same(*rows.values())
                if difference:
                    unequal.append(f"{draw}: {difference}")
        for name in able:
            figures[name] |= latencies(spent[name])
            figures[name]["checked"] = min(checked + 1, len(questions)) if references else 0
        found[kind] = {"systems": figures, "unequal": unequal}
    return found


def ask_signals(systems: dict, prepared: Prepared, trucks: list[str], reference: Reference | None) -> dict:
    """One signal of one machine over the last 24 h of the data, as it came and by minute."""
    able = {name: system for name, system in systems.items() if hasattr(system, "by_minute")}
    signal, end = "readings_velocity", prepared.end - prepared.end % (60 * 10**9)
    start = end - DAY
    found = {}
    for shape, ask, read in (("raw", "raw", "raw_values"), ("by minute", "by_minute", "minute_values")):
        spent = {name: [] for name in able}
        differences = {name: [] for name in able}
        for number, truck in enumerate(trucks):
            for name, system in able.items():
                answer, seconds = timed(getattr(system, ask), truck, signal, start, end)
                if number > 0:
                    spent[name].append(seconds)
                if reference is not None:
                    wanted = expected_values(reference, shape, truck, start, end)
                    if not near(getattr(system, read)(answer), wanted):
                        differences[name].append(truck)
        found[shape] = {name: latencies(spent[name]) | {"differences": differences[name]} for name in able}
        for figures in found[shape].values():
            figures["checked"] = len(trucks) if reference is not None else 0
    return found


def expected_values(reference: Reference, shape: str, truck: str, start: int, end: int) -> list[tuple[int, float]]:
    minute = 60 * 10**9
    rows = [row for row in reference.readings if row.name == truck and start <= row.time < end and "velocity" in row.fields]
    if shape == "raw":
        return [(row.time, row.fields["velocity"]) for row in rows]
    minutes: dict[int, list[float]] = {}
    for row in rows:
        minutes.setdefault(row.time - row.time % minute, []).append(row.fields["velocity"])
    return [(at, statistics.fmean(values)) for at, values in minutes.items()]


def near(answer: list[tuple[int, float]], wanted: list[tuple[int, float]]) -> bool:
    """Equal times, and values to a relative 1e-9."""
    return len(answer) == len(wanted) and all(
        at == there and math.isclose(value, expected, rel_tol=1e-9)
        for (at, value), (there, expected) in zip(answer, wanted)
    )
