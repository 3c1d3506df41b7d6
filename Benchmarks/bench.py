#!/usr/bin/env python3
"""Windlass beside s3fs, rclone and JuiceFS: the same work on the same store in the same run, without and with latency.

    bench.py [--quick] [--fs windlass,s3fs] [--only NAME,...] [--lag 0,15] [--repeat 3] [--save FOLDER/NAME]
    bench.py --report FILE.json         the tables of a run that was saved

Only the ratios between the columns mean anything: absolute times vary from machine to machine. The systems take turns, so that a machine that
becomes slower does so for all. A write counts as done when the store has the object, not when the mount says so. `raw` is no mount. JuiceFS keeps blocks
of its own: its writes count as done when close returns. The data of the store lie in memory, caches and staging of the mounts on the disk of --scratch.
"""
import argparse
import json
import os
import platform
import re
import shutil
import signal
import sys
import tempfile
import time
import uuid
from pathlib import Path

import report
import targets
from measure import Meter, Mount, Remount, run_apart, take_down_mounts
from raw import RawClient
from store import MIB, Bucket, Lag, Store, payload
from systems import FILES, System
from workloads import FULL, QUICK, Case


class Run:
    """All that one run of the benchmark has: store, systems, scratch folder, and what was seeded for all."""

    def __init__(self, options, systems, store, scratch):
        self.options, self.systems, self.store, self.scratch = options, systems, store, scratch
        self.seeds = {}

    def seeded_once(self, workload, system):
        """The bucket with what reading workloads share: one for all systems that hold files as objects, one for each other."""
        owner = "all" if system is None or system.native else system.name
        if owner not in self.seeds:
            self.seeds[owner] = Bucket(self.store, f"seeds-{owner}").create(), set()
        bucket, known = self.seeds[owner]
        if workload.name not in known:
            self.seed(bucket, workload, system)
            known.add(workload.name)
        return bucket

    def seed(self, bucket, workload, system):
        """In a process of its own, as everything is that needs threads: a process with threads is not one to fork from."""
        done = run_apart(lambda: self.put_seeds(bucket, workload, system) or {}, self.scratch, self.options.timeout)
        if "error" in done:
            raise RuntimeError(f"{workload.name} could not be prepared: {done['error']}")

    def put_seeds(self, bucket, workload, system):
        sizes = workload.seed(bucket)
        if sizes and system is not None and not system.native:
            self.seed_through_mount(bucket, sizes, system)
            return
        present = bucket.sizes("")
        sizes = {key: size for key, size in sizes.items() if present.get(key) != size}
        bucket.put_many({key: size for key, size in sizes.items() if size <= 8 * MIB})
        for key, size in sizes.items():
            if size > 8 * MIB:
                bucket.put_large(key, size // MIB)

    def seed_through_mount(self, bucket, sizes, system):
        with Mount(system, self.store.endpoint, bucket.name, self.scratch) as mount:
            for number, (key, size) in enumerate(sizes.items()):
                os.makedirs(os.path.dirname(f"{mount.path}/{key}"), exist_ok=True)
                with open(f"{mount.path}/{key}", "wb") as file:
                    for start in range(0, size, 8 * MIB):
                        file.write(payload(min(8 * MIB, size - start), number))

    def measure(self, workload, system, lag):
        """One case of one system."""
        bucket = self.bucket_for(workload, system)
        remount = Remount(system, lag.endpoint, bucket.name, self.scratch)
        deadline = time.monotonic() + workload.seconds

        def work():
            with Mount(system, lag.endpoint, bucket.name, self.scratch) as mount:
                meter = Meter(self.store, lag, bucket, mount)
                workload.run(Case(system, mount.path, bucket, meter, remount, deadline))
                return meter.figures
        try:
            return run_apart(work, self.scratch, self.options.timeout)
        finally:
            remount.remove()
            self.discard(workload, bucket)

    def measure_raw(self, workload, name, lag):
        bucket = self.bucket_for(workload, None)

        def work():
            meter = Meter(self.store, lag, bucket)
            workload.raw(RawClient(self.store, lag.endpoint, bucket.name, meter, self.scratch))[name]()
            return meter.figures
        try:
            return run_apart(work, self.scratch, self.options.timeout)
        finally:
            self.discard(workload, bucket)

    def bucket_for(self, workload, system):
        if workload.once:
            return self.seeded_once(workload, system)
        bucket = Bucket(self.store, "b" + uuid.uuid4().hex[:12]).create()
        self.seed(bucket, workload, system)
        return bucket

    def discard(self, workload, bucket):
        if not workload.once:
            run_apart(lambda: bucket.remove() or {}, self.scratch, self.options.timeout)
            Path(self.scratch, f"{bucket.name}.db").unlink(missing_ok=True)

    def compare(self, workload, lag):
        """{system: [figures of each turn]}; the systems take turns."""
        raw = [] if self.options.no_raw else list(workload.raw(None) or {})
        rows = {name: [] for name in [*raw, *[system.name for system in self.systems if self.fits(workload, system)]]}
        for _ in range(self.options.repeat):
            for name, turns in rows.items():
                system = next((system for system in self.systems if system.name == name), None)
                turns.append(self.measure(workload, system, lag) if system else self.measure_raw(workload, name, lag))
        return rows

    def fits(self, workload, system):
        """Writing back only matters to what writes."""
        return system.name != "windlass-wb" or not workload.once


def say(lag, name, runs):
    figures = targets.Figures(runs)
    print(f"{lag:>3} ms  {name}", flush=True)
    for system, turns in runs.items():
        if figures.runs[system]:
            print(f"    {system:<12}{line(figures, system)}", flush=True)
        for turn in turns:
            if "error" in turn:
                print(f"    {system:<12}failed: {turn['error']}", flush=True)


def line(figures, system):
    ratio = figures.ratio(system, "windlass")
    parts = [f"{figures.median(system):>8.3f} s", f"x{ratio:<6.2f}" if ratio is not None else " " * 7]
    for key in ("returned_s", "find_again_s", "status_s", "cpu_s", "server_cpu_s", "proxy_cpu_s", "peak_mib", "requests", "sent_mib", "fetched_mib"):
        value = figures.median(system, key)
        if value is not None:
            parts.append(f"{key} {value:.4g}")
    parts.append(" ".join(f"{name}:{count}" for name, count in figures.runs[system][-1].get("operations", {}).items()))
    return "  ".join(parts)


def about(systems, options):
    processor = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    memory = int(re.search(r"MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text()).group(1)) / (1 << 20)
    versions = ", ".join(f"{system.name}: {system.version()}" for system in systems if system.name != "windlass-wb")
    return (f"{time.strftime('%Y-%m-%d')}, {os.cpu_count()} cores of {processor.group(1) if processor else platform.machine()}, {memory:.0f} GiB, "
            f"Linux {platform.release()}; {versions}. Medians of {options.repeat}. `{' '.join(['scripts/bench', *sys.argv[1:]])}`")


def memory_limit(systems):
    """The default of --memory-limit in MiB, which a mount has to stay within; None where windlass takes no part."""
    machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // MIB
    return min(512, machine // 4) if any(system.name.startswith("windlass") for system in systems) else None


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="small workloads, once, without JuiceFS: less than five minutes")
    parser.add_argument("--fs", help=f"which systems: {','.join(FILES)}")
    parser.add_argument("--only", default="", help="workloads by the beginnings of their names, comma separated")
    parser.add_argument("--lag", default="0,15", help="milliseconds before each request reaches the store")
    parser.add_argument("--repeat", type=int)
    parser.add_argument("--timeout", type=int, help="seconds after which a case counts as failed")
    parser.add_argument("--no-raw", action="store_true", help="leave out the clients that are no mounts")
    parser.add_argument("--endpoint", help="a server that runs already, instead of windlass-store; its keys are benchmark:benchmarksecret")
    parser.add_argument("--bin-dir", default=".build/release")
    parser.add_argument("--lagproxy", default=".build/lagproxy")
    parser.add_argument("--data", default="/dev/shm" if os.access("/dev/shm", os.W_OK) else tempfile.gettempdir(), help="where the store keeps its data")
    parser.add_argument("--scratch", default=tempfile.gettempdir(), help="where mounts keep caches and staging files")
    parser.add_argument("--save", metavar="FOLDER/NAME", help="write NAME.json, NAME.md and NAME.png")
    parser.add_argument("--report", metavar="FILE.json", help="no run: tables of a saved one")
    options = parser.parse_args()
    options.repeat = options.repeat or (1 if options.quick else 3)
    options.timeout = options.timeout or (60 if options.quick else 240)
    options.fs = options.fs or ("windlass,windlass-wb,s3fs,rclone" if options.quick else ",".join(FILES))
    return options


def available(options):
    systems = [System(name, Path(options.bin_dir).resolve()) for name in options.fs.split(",")]
    for system in systems:
        if not system.binary:
            print(f"bench: {system.name} is not installed and is left out", file=sys.stderr)
    return [system for system in systems if system.binary]


def chosen(options):
    wanted = tuple(options.only.split(","))
    return [workload for workload in (QUICK if options.quick else FULL) if workload.name.startswith(wanted)]


def run(options, systems):
    scratch = tempfile.mkdtemp(prefix="windlass-bench-", dir=options.scratch)
    data = tempfile.mkdtemp(prefix="windlass-bench-", dir=options.data)
    store = Store(str(Path(options.bin_dir).resolve() / "windlass-store"), f"{data}/store", options.endpoint)
    bench, results = Run(options, systems, store, scratch), {}
    try:
        for milliseconds in [int(lag) for lag in options.lag.split(",")]:
            lag = Lag(options.lagproxy, store, milliseconds)
            try:
                for workload in chosen(options):
                    runs = results.setdefault(str(milliseconds), {})[workload.name] = bench.compare(workload, lag)
                    say(milliseconds, workload.name, runs)
                    save(options, systems, results)
            finally:
                lag.stop()
    finally:
        take_down_mounts(scratch)
        store.stop()
        for folder in (scratch, data):
            shutil.rmtree(folder, ignore_errors=True)
    return results


def save(options, systems, results):
    if options.save:
        report.save(results, targets.judge(results, memory_limit(systems)), about(systems, options), options.save)


def main():
    options = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("bench: ended from outside"))   # by way of `finally`, so that no mount stays
    if options.report:
        saved = json.loads(Path(options.report).read_text(encoding="utf-8"))
        print(report.markdown(saved["results"], targets.judge(saved["results"], None), saved["about"]))
        return
    systems = available(options)
    start = time.monotonic()
    results = run(options, systems)
    for verdict in targets.judge(results, memory_limit(systems)):
        print(f"{'ok    ' if verdict.passed else 'MISSED'}  {verdict.name}: {verdict.reached:.3g} (wanted {verdict.wanted})")
    print(f"bench: done in {time.monotonic() - start:.0f} s")
    if report.failures(results):
        sys.exit("bench: some cases failed:\n" + "\n".join(report.failures(results)))


if __name__ == "__main__":
    main()
