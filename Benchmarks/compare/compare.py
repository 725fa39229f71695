#!/usr/bin/env python3
"""Zubr, VictoriaMetrics and InfluxDB on the same data, one after another in one run, and a table of ratios.

    compare.py tsbs-iot-100trucks-24h.lp.xz
    compare.py FILE --only victoria-metrics,influxdb --trucks 10 --hours 6
    compare.py FILE --write                        also into Benchmarks/: compare.json, compare.svg, README.md

README.md says what is measured and how. Everything listens on loopback, lives below --workdir and is removed at the end,
Debian packages that were missing among it. Ends with 1 when an answer is wrong or a sample is missing."""

import argparse
import itertools
import os
import platform
import random
import subprocess
import sys
import time
from pathlib import Path

import influxdb
import measure
import victoria_metrics
import zubr
from kinds import SECOND, draws, iso
from prepared import Prepared, prepare
from publish import RESULTS, finish
from reference import Reference, read, with_tags_of_machine
from tables import MODULES, faults, side_by_side
from workplace import note, version, workplace


def main():
    options = arguments()
    chosen = chosen_modules(options.only)
    began = time.monotonic()
    with workplace("zubr-compare-", options.workdir, programs_of(chosen)) as work:
        results = run(options, chosen, work)
        results["minutes"] = (time.monotonic() - began) / 60
    print(side_by_side(results))
    finish("compare", results, options, faults(results))


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", help="line protocol of the TSBS IoT kind, plain, .gz or .xz")
    parser.add_argument("--only", default=",".join(MODULES), help="some of the systems (default: %(default)s)")
    parser.add_argument("--trucks", type=int, help="only the first so many trucks by name")
    parser.add_argument("--hours", type=float, help="only the first so many hours")
    parser.add_argument("--turns", type=int, default=1, help="loads of each system; medians are shown (default: 1)")
    parser.add_argument("--draws", type=int, default=20, help="questions of each kind (default: 20)")
    parser.add_argument("--check", type=int, default=3, metavar="N", help="hold N answers against the reference, too")
    parser.add_argument("--seed", type=int, default=123)
    parser.add_argument("--workdir", default="/var/tmp", help="on the disk to be measured (default: /var/tmp)")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--write", action="store_true", help="write tables, plot and figures into Benchmarks/")
    return parser.parse_args()


def chosen_modules(only: str) -> list[str]:
    chosen = only.split(",")
    if unknown := set(chosen) - MODULES.keys():
        sys.exit(f"--only: unknown {', '.join(sorted(unknown))}; use some of {', '.join(MODULES)}")
    if "zubr" in chosen and not (zubr.PROGRAMS / "zubr").exists():
        sys.exit(f"No zubr in {zubr.PROGRAMS}: run `swift build -c release`, or say where it is with ZUBR_BIN.")
    return chosen


def programs_of(chosen: list[str]) -> dict[str, str]:
    """Of each Debian package that is needed, a program of it."""
    return {MODULES[name].PACKAGE: MODULES[name].PROGRAM for name in chosen if name != "zubr"}


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
        if "zubr" in systems:
            systems["zubr"].connect()
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


def machine(work: Path) -> dict:
    memory = next(line for line in Path("/proc/meminfo").read_text().splitlines() if line.startswith("MemTotal"))
    model = [line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line]
    where = subprocess.run(["findmnt", "-n", "-o", "FSTYPE", "-T", str(work)], capture_output=True, text=True).stdout.strip()
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
            found[name] = subprocess.run(command, capture_output=True, text=True).stdout.strip()
        else:
            found[name] = version(MODULES[name].PACKAGE)
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


if __name__ == "__main__":
    main()
