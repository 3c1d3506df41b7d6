"""What Windlass wants to reach, as ratios within one run, and whether it did."""
import re
import statistics
from dataclasses import dataclass

CACHE_RATE = 0.5        # of the disk's own, reading again after a remount
REQUEST_SLACK = 1.02


@dataclass
class Verdict:
    name: str
    reached: float
    wanted: str
    passed: bool


class Figures:
    """The figures of one workload at one latency: {system: [figures of each turn]}."""

    def __init__(self, runs):
        self.runs = {name: [turn for turn in turns if "error" not in turn] for name, turns in runs.items()}

    def median(self, system, figure="s"):
        values = [turn[figure] for turn in self.runs.get(system, []) if figure in turn]
        return statistics.median(values) if values else None

    def ratio(self, slower, faster, figure="s"):
        """How many times as long `slower` takes: the median over the turns, in each of which both ran one after the other."""
        pairs = [(one[figure], other[figure]) for one, other in zip(self.runs.get(slower, []), self.runs.get(faster, [])) if figure in one and figure in other]
        return statistics.median(one / max(other, 1e-6) for one, other in pairs) if pairs else None


def at_least(name, reached, wanted):
    return [] if reached is None else [Verdict(name, reached, f">= {wanted}", reached >= wanted)]


def at_most(name, reached, wanted):
    return [] if reached is None else [Verdict(name, reached, f"<= {wanted}", reached <= wanted)]


def faster_than(figures, label, others, factor=1.0, system="windlass"):
    return [verdict for other in others for verdict in at_least(f"{label}: {system} against {other}, times", figures.ratio(other, system), factor)]


def sequential_read(figures, label, lag):
    return at_least(f"{label}: rate against raw", figures.ratio("raw", "windlass"), 0.9) + faster_than(figures, label, ["s3fs", "rclone"])


def read_again(figures, label, lag):
    return at_least(f"{label}: rate against the disk", figures.ratio("disk", "windlass"), CACHE_RATE)


def random_small(figures, label, lag):
    count = int(re.search(r"_x(\d+)", label).group(1))
    return (at_most(f"{label}: time against bare ranged GETs", figures.ratio("windlass", "raw"), 1.1)
            + at_most(f"{label}: requests for a read", per(figures.median("windlass", "requests"), count), REQUEST_SLACK))


def per(value, count):
    return None if value is None else value / count


def random_large(figures, label, lag):
    return faster_than(figures, label, ["rclone"], 2) + faster_than(figures, label, ["s3fs"])


def small_files(figures, label, lag):
    return faster_than(figures, label, ["s3fs", "rclone"], 5 if lag else 1)


def listing(figures, label, lag):
    return faster_than(figures, label, ["s3fs"], 3)


def listing_again(figures, label, lag):
    return at_most(f"{label}: time against bare pages", figures.ratio("windlass", "raw"), 1.5)


def untar(figures, label, lag):
    return faster_than(figures, label, ["s3fs"], 5 if lag else 1) + faster_than(figures, label, ["rclone"], 1, "windlass-wb")


def ahead(figures, label, lag):
    return faster_than(figures, label, ["s3fs", "rclone"])


# The first pattern that fits a workload's name decides.
TARGETS = [
    (r"read_rand_4k", random_small), (r"read_rand", random_large), (r"read_", sequential_read), (r"reread_", read_again), (r"cat_", small_files),
    (r"ls_lR_\d+$", listing), (r"ls_lR_", listing_again), (r"untar_", untar), (r"", ahead),
]


def judge(results, memory_limit_mib):
    """results: {lag: {workload: {system: [figures]}}} -> verdicts in the order of the table."""
    verdicts = []
    for lag, workloads in results.items():
        for name, runs in workloads.items():
            check = next(check for pattern, check in TARGETS if re.match(pattern, name))
            for verdict in check(Figures(runs), name, int(lag)):
                verdict.name = f"{lag} ms  {verdict.name}"
                verdicts.append(verdict)
    return verdicts + memory(results, memory_limit_mib)


def memory(results, limit):
    peaks = [(turn["peak_mib"], f"{lag} ms {name}") for lag, workloads in results.items() for name, runs in workloads.items()
             for system, turns in runs.items() if system.startswith("windlass") for turn in turns if "peak_mib" in turn]
    if not peaks or limit is None:
        return []
    worst = max(peaks)
    return at_most(f"peak memory in MiB, worst in {worst[1]}", worst[0], limit)
