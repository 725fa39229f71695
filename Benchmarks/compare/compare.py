#!/usr/bin/env python3
"""Zubr, VictoriaMetrics and InfluxDB on the same data, one after another in one run, and a table of ratios.

    compare.py tsbs-iot-100trucks-24h.lp.xz
    compare.py FILE --only victoria-metrics,influxdb --trucks 10 --hours 6

README.md says what is measured and how. Everything listens on loopback, lives below --workdir and is removed at the end;
Debian packages that were missing are installed (root only), and removed again unless --keep-packages."""

import argparse
import itertools
import json
import os
import platform
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import influxdb
import measure
import victoria_metrics
import zubr
from kinds import SECOND, draws, iso
from prepared import Prepared, prepare
from reference import Reference, read, with_tags_of_machine

HERE = Path(__file__).resolve().parent
MODULES = {"zubr": zubr, "victoria-metrics": victoria_metrics, "influxdb": influxdb}


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that a kill, too, leaves nothing behind
    options = arguments()
    chosen = options.only.split(",")
    if unknown := set(chosen) - MODULES.keys():
        sys.exit(f"--only: unknown {', '.join(sorted(unknown))}; use some of {', '.join(MODULES)}")
    if "zubr" in chosen and not (zubr.PROGRAMS / "zubr").exists():
        sys.exit(f"No zubr in {zubr.PROGRAMS}: run `swift build -c release`, or say where it is with ZUBR_BIN.")
    work = Path(tempfile.mkdtemp(prefix="zubr-compare-", dir=options.workdir))
    installed = []
    try:
        installed = install([MODULES[name] for name in chosen if name != "zubr"])
        results = run(options, chosen, work)
    finally:
        shutil.rmtree(work, ignore_errors=True)
        if not options.keep_packages:
            remove(installed)
    table = markdown(results)
    print(table)
    options.results.mkdir(parents=True, exist_ok=True)
    (options.results / "compare.json").write_text(json.dumps(results, indent=1) + "\n")
    (options.results / "compare.md").write_text(table)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", help="line protocol of the TSBS IoT kind, plain, .gz or .xz")
    parser.add_argument("--only", default=",".join(MODULES), help="some of the systems (default: %(default)s)")
    parser.add_argument("--trucks", type=int, help="only the first so many trucks by name")
    parser.add_argument("--hours", type=float, help="only the first so many hours")
    parser.add_argument("--turns", type=int, default=1, help="loads of each system; medians are shown (default: 1)")
    parser.add_argument("--draws", type=int, default=20, help="questions of each kind (default: 20)")
    parser.add_argument("--check", type=int, default=3, metavar="N", help="compare N answers of each kind with the reference")
    parser.add_argument("--seed", type=int, default=123)
    parser.add_argument("--workdir", default="/var/tmp", help="on the disk to be measured (default: /var/tmp)")
    parser.add_argument("--results", type=Path, default=HERE / "results")
    parser.add_argument("--keep-packages", action="store_true")
    return parser.parse_args()


def install(modules: list) -> list[str]:
    """Installs the Debian packages of programs that are missing, and keeps their services from running."""
    missing = [module.PACKAGE for module in modules if shutil.which(module.PROGRAM) is None]
    if not missing:
        return []
    if os.geteuid() != 0:
        sys.exit(f"Not installed: {', '.join(missing)}. Run `apt-get install {' '.join(missing)}` as root first.")
    apt("update")
    apt("install", "--no-install-recommends", *missing)
    if Path("/run/systemd/system").exists():
        for package in missing:
            subprocess.run(["systemctl", "disable", "--now", "--quiet", package])
    return missing


def remove(packages: list[str]):
    if packages:
        apt("purge", *packages)


def apt(*arguments: str):
    """What it says is shown only when it fails."""
    command = ["apt-get", "-y", "-qq", *arguments]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout[-2000:]}")


def run(options, chosen: list[str], work: Path) -> dict:
    note("preparing the file")
    prepared = prepare_part(options, work)
    results = {"machine": machine(work), "versions": versions(chosen), "data": describe(prepared, options), "loads": {}}
    systems = {}
    try:
        for turn in range(options.turns):
            for name in chosen:
                if name in systems:
                    systems.pop(name).stop()
                note(f"{name}: load {turn + 1} of {options.turns}")
                systems[name] = make(name, work / f"{name}-{turn}", prepared)
                results["loads"].setdefault(name, []).append(measure.load(systems[name], prepared))
        if "zubr" in systems:
            systems["zubr"].start_daemon()
        references = {}
        if options.check:
            note("reading the file for the reference")
            rows = read(str(prepared.named))
            references["influxdb"] = references["zubr"] = Reference(rows)
            if zubr.TAGS == "machine":
                references["zubr"] = Reference(with_tags_of_machine(rows))
        note("asking")
        # One more than counted: the first is for warming up.
        questions = draws(options.draws + 1, prepared.fleets, prepared.trucks, prepared.start, prepared.end, options.seed)
        results["floor"] = measure.floor(systems)
        results["kinds"] = measure.ask_kinds(systems, questions, references, options.check)
        trucks = random.Random(options.seed).sample(prepared.trucks, len(prepared.trucks))
        trucks = list(itertools.islice(itertools.cycle(trucks), len(questions)))
        results["signals"] = measure.ask_signals(systems, prepared, trucks, references.get("influxdb"))
        if "zubr" in systems:
            results["daemon_peak_rss_bytes"] = systems["zubr"].daemon_peak_rss_bytes()
    finally:
        for system in systems.values():
            system.stop()
    return results


def make(name: str, folder: Path, prepared: Prepared):
    if name == "zubr":
        return zubr.Zubr(folder, prepared.fleet_of)
    return {"victoria-metrics": victoria_metrics.VictoriaMetrics, "influxdb": influxdb.InfluxDB}[name](folder)


def prepare_part(options, work: Path) -> Prepared:
    wanted = None if options.trucks is None else {"", *(f"truck_{n}" for n in range(options.trucks))}
    end = None

    def keep(name: str, time: int) -> bool:
        nonlocal end
        if end is None:  # the first line's time is the earliest
            end = time + options.hours * 3600 * SECOND if options.hours else float("inf")
        return time < end and (wanted is None or name in wanted)

    return prepare(options.file, work / "input", keep)


def note(text: str):
    print(f"… {text}", file=sys.stderr, flush=True)


def machine(work: Path) -> dict:
    memory = next(line for line in Path("/proc/meminfo").read_text().splitlines() if line.startswith("MemTotal"))
    model = [line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line]
    where = subprocess.run(["stat", "-f", "-c", "%T", str(work)], capture_output=True, text=True).stdout.strip()
    return {
        "processors": os.cpu_count(),
        "processor": model[0] if model else platform.machine(),
        "memory_gb": round(int(memory.split()[1]) / 1e6, 1),
        "kernel": platform.release(),
        "file_system": where,
        "load_average_before": os.getloadavg()[0],
    }


def versions(chosen: list[str]) -> dict:
    found = {}
    for name in chosen:
        if name == "zubr":
            command = [zubr.PROGRAMS / "zubr", "--version"]
        else:
            command = ["dpkg-query", "-W", "-f", "${Version}", MODULES[name].PACKAGE]
        found[name] = subprocess.run(command, capture_output=True, text=True).stdout.strip()
    return found


def describe(prepared: Prepared, options) -> dict:
    return {
        "file": Path(options.file).name,
        "trucks": len(prepared.trucks),
        "from": iso(prepared.start),
        "to": iso(prepared.end),
        "rows": prepared.rows,
        "samples": prepared.samples,
        "rows_without_name": prepared.nameless,
        "plain_bytes": prepared.named.stat().st_size,
        "seed": options.seed,
    }


# The table


def markdown(results: dict) -> str:
    machine, data = results["machine"], results["data"]
    names = list(results["loads"])
    titles = [f"{MODULES[name].TITLE} {results['versions'][name]}" for name in names]
    lines = [
        "# Side by side",
        "",
        f"{data['file']}: {data['trucks']} trucks, {data['from']} to {data['to']}, {data['rows']:,} rows, "
        f"{data['samples']:,} samples, and {data['rows_without_name']:,} rows without a name "
        "(left out for VictoriaMetrics and InfluxDB, refused and kept by Zubr).",
        "",
        f"{machine['processors']} × {machine['processor']}, {machine['memory_gb']} GB, Linux {machine['kernel']}, "
        f"{machine['file_system']}; load average before the run {machine['load_average_before']:.1f}.",
        "",
        "## Load",
        "",
        "| | " + " | ".join(titles) + " |" + "".join(f" Zubr : {MODULES[name].TITLE} |" for name in others(names)),
        "| --- |" + " --- |" * (len(names) + len(others(names))),
    ]
    for title, key, text in (
        ("rows/s", "rows_per_second", "{:,.0f}"),
        ("rows per CPU second, loaded", "rows_per_cpu_second", "{:,.0f}"),
        ("s", "seconds", "{:.2f}"),
        ("CPU s, loaded", "cpu_seconds", "{:.2f}"),
        ("CPU s, loaded and brought to rest", "rest_cpu_seconds", "{:.2f}"),
        ("peak resident MB", "peak_rss_bytes", "MB"),
        ("on disk, MB", "bytes", "MB"),
        ("byte/sample", "bytes_per_sample", "{:.3f}"),
    ):
        values = {name: statistics.median(one[key] for one in results["loads"][name]) for name in names}
        shown = [f"{value / 1e6:.1f}" if text == "MB" else text.format(value) for value in values.values()]
        lines.append(f"| {title} | " + " | ".join(shown) + " |" + ratios(values))
    last = {name: results["loads"][name][-1] for name in names}
    counted = [f"{one['samples']:,}{'' if one['is_complete'] else ' **not all**'}" for one in last.values()]
    lines.append("| samples counted back | " + " | ".join(counted) + " |" + " |" * len(others(names)))
    lines.append("| durable | " + " | ".join(MODULES[n].DURABLE for n in names) + " |" + " |" * len(others(names)))
    lines.append("| brought to rest by | " + " | ".join(MODULES[n].AT_REST for n in names) + " |" + " |" * len(others(names)))
    lines += ["", *kind_lines(results), "", *signal_lines(results), "", *aim_lines(results)]
    return "\n".join(lines)


def others(names: list[str]) -> list[str]:
    return [name for name in names if name != "zubr"] if "zubr" in names else []


def ratios(values: dict) -> str:
    return "".join(f" {values['zubr'] / values[name]:.2f} |" for name in others(list(values)))


def verdict(wrong: list[str], checked: int) -> str:
    if wrong:
        return "**" + "; ".join(wrong) + "**"
    return f"{checked} as the reference" if checked else "not checked"


def kind_lines(results: dict) -> list[str]:
    names = [name for name in ("zubr", "influxdb") if name in next(iter(results["kinds"].values()))["systems"]]
    if not names:
        return []
    heads = [f"{MODULES[name].TITLE} p50 | p95, ms" for name in names]
    lines = ["## The kinds", "", "| kind | " + " | ".join(heads) + " | p50, InfluxDB : Zubr | answers |"]
    lines.append("| --- |" + " --- |" * (2 * len(names) + 2))
    for kind, found in results["kinds"].items():
        systems = found["systems"]
        times = [f"{systems[name]['p50_ms']:.2f} | {systems[name]['p95_ms']:.2f}" for name in names]
        ratio = f"{systems['influxdb']['p50_ms'] / systems['zubr']['p50_ms']:.1f}" if len(names) == 2 else ""
        unlike = {name: len(systems[name]["differences"]) for name in names}
        wrong = [f"{MODULES[name].TITLE}: {count} unlike the reference" for name, count in unlike.items() if count]
        wrong += [f"{len(found['unequal'])} unlike each other"] if found["unequal"] else []
        lines.append(f"| {kind} | " + " | ".join(times) + f" | {ratio} | {verdict(wrong, systems[names[0]]['checked'])} |")
    floors = " | ".join(f"{results['floor'][n]['p50_ms']:.2f} | {results['floor'][n]['p95_ms']:.2f}" for n in names)
    lines.append(f"| a question that asks nothing | {floors} | | |")
    return lines


def signal_lines(results: dict) -> list[str]:
    names = [name for name in ("zubr", "victoria-metrics") if name in results["signals"]["raw"]]
    if not names:
        return []
    heads = [f"{MODULES[name].TITLE} p50 | p95, ms" for name in names]
    lines = ["## One signal of one machine over 24 h", ""]
    lines.append("| | " + " | ".join(heads) + " | p50, VictoriaMetrics : Zubr | answers |")
    lines.append("| --- |" + " --- |" * (2 * len(names) + 2))
    for shape, systems in results["signals"].items():
        times = [f"{systems[name]['p50_ms']:.2f} | {systems[name]['p95_ms']:.2f}" for name in names]
        ratio = f"{systems['victoria-metrics']['p50_ms'] / systems['zubr']['p50_ms']:.1f}" if len(names) == 2 else ""
        unlike = {name: len(systems[name]["differences"]) for name in names}
        wrong = [f"{MODULES[name].TITLE}: {count} unlike the reference" for name, count in unlike.items() if count]
        lines.append(f"| {shape} | " + " | ".join(times) + f" | {ratio} | {verdict(wrong, systems[names[0]]['checked'])} |")
    return lines


def aim_lines(results: dict) -> list[str]:
    """What Zubr is to reach, when all three took part."""
    if results["loads"].keys() != MODULES.keys():
        return []

    def figure(name: str, key: str) -> float:
        return statistics.median(one[key] for one in results["loads"][name])

    def p50(found: dict, name: str) -> float:
        return found["systems"][name]["p50_ms"]

    rows = figure("zubr", "rows_per_cpu_second") / figure("victoria-metrics", "rows_per_cpu_second")
    factors = {kind: p50(found, "influxdb") / p50(found, "zubr") for kind, found in results["kinds"].items()}
    slowest = min(factors, key=factors.get)
    location = max(p50(results["kinds"][kind], "zubr") for kind in ("last-loc", "last-loc-fleet"))
    memory = figure("zubr", "peak_rss_bytes") / 1e6
    aims = [
        ("byte/sample ≤ 0.50", figure("zubr", "bytes_per_sample"), figure("zubr", "bytes_per_sample") <= 0.5),
        ("rows per CPU second ≥ 2 × VictoriaMetrics'", rows, rows >= 2),
        ("memory while loading ≤ 300 MB", memory, memory <= 300),
        (f"each kind ≥ 5 × faster than InfluxDB; least: {slowest}", factors[slowest], factors[slowest] >= 5),
        ("last location, of a machine and of a fleet, p50 ≤ 1 ms", location, location <= 1),
    ]
    for shape, systems in results["signals"].items():
        ratio = systems["zubr"]["p50_ms"] / systems["victoria-metrics"]["p50_ms"]
        aims.append((f"one signal over 24 h, {shape}: p50 ≤ VictoriaMetrics', ratio", ratio, ratio <= 1))
    lines = ["## Aims", "", "| aim | measured | |", "| --- | --- | --- |"]
    return [*lines, *(f"| {aim} | {value:.2f} | {'met' if met else '**missed**'} |" for aim, value, met in aims), ""]


if __name__ == "__main__":
    main()
