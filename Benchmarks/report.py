"""Tables and a picture of a run."""
import json
from pathlib import Path

from targets import Figures

COLUMNS = ["raw", "curl", "disk", "windlass", "windlass-wb", "s3fs", "rclone", "juicefs"]


def columns_of(results):
    seen = {system for workloads in results.values() for runs in workloads.values() for system in runs}
    return [name for name in COLUMNS if name in seen]


def cell(figures, system, figure="s"):
    value = figures.median(system, figure)
    if value is None:
        return ""
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"


def seconds_cell(figures, runs, system):
    """Seconds, and how many times as long as Windlass; or that it failed."""
    if system not in runs:
        return ""
    if not figures.runs[system]:
        return "failed"
    ratio = figures.ratio(system, "windlass")
    return cell(figures, system) + (f" ({ratio:.2g}x)" if ratio is not None and system != "windlass" else "")


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def markdown(results, verdicts, about):
    columns = columns_of(results)
    parts = [about]
    for lag, workloads in results.items():
        rows = [[name] + [seconds_cell(Figures(runs), runs, system) for system in columns] for name, runs in workloads.items()]
        parts.append(f"### {lag} ms: seconds (times as long as windlass)\n\n" + table(["", *columns], rows))
    mounts = [name for name in columns if name not in ("raw", "curl", "disk")]
    for lag, workloads in results.items():
        rows = [[name] + [costs(Figures(runs), system) for system in mounts] for name, runs in workloads.items()]
        parts.append(f"### {lag} ms: CPU seconds of the mount / peak MiB / requests / MiB sent\n\n" + table(["", *mounts], rows))
    parts.append("### CPU seconds for each GB read\n\n" + processor_table(results, mounts))
    parts.append("### Targets\n\n" + table(["", "reached", "wanted", ""], [
        [verdict.name, f"{verdict.reached:.3g}", verdict.wanted, "" if verdict.passed else "**missed**"] for verdict in verdicts]))
    return "\n\n".join(parts) + "\n"


def costs(figures, system):
    if not figures.runs.get(system):
        return ""
    return " / ".join(cell(figures, system, figure) or "-" for figure in ("cpu_s", "peak_mib", "requests", "sent_mib"))


def processor_table(results, mounts):
    rows = []
    for lag, workloads in results.items():
        for name, runs in workloads.items():
            figures = Figures(runs)
            if not name.startswith(("read_seq", "read_4x")):
                continue
            gigabytes = (figures.median("raw", "fetched_mib") or 0) * 1.048576e-3
            if gigabytes:
                rows.append([f"{name}, {lag} ms"] + [f"{(figures.median(system, 'cpu_s') or 0) / gigabytes:.2f}" for system in mounts])
    return table(["", *mounts], rows)


def failures(results):
    return [f"{lag} ms {name} {system}: {turn['error']}" for lag, workloads in results.items() for name, runs in workloads.items()
            for system, turns in runs.items() for turn in turns if "error" in turn]


def save(results, verdicts, about, target):
    """TARGET.json, TARGET.md and, with matplotlib, TARGET.png."""
    Path(target).parent.mkdir(parents=True, exist_ok=True)
    Path(f"{target}.json").write_text(json.dumps({"about": about, "results": results}, indent=1) + "\n", encoding="utf-8")
    Path(f"{target}.md").write_text(markdown(results, verdicts, about), encoding="utf-8")
    try:
        import matplotlib
    except ImportError:
        print("bench: without matplotlib there is no picture")
        return
    matplotlib.use("Agg")
    draw(results, f"{target}.png")


def draw(results, target):
    """Bars of how many times as long as Windlass each takes, on a logarithmic axis: one panel for each latency."""
    from matplotlib import pyplot
    mounts = [name for name in columns_of(results) if name not in ("disk", "curl")]
    tallest = max(len(workloads) for workloads in results.values())
    figure, panels = pyplot.subplots(1, len(results), figsize=(7 * len(results), 0.55 * tallest + 1.5), squeeze=False, sharey=True)
    for panel, (lag, workloads) in zip(panels[0], results.items()):
        names = list(workloads)
        for place, system in enumerate(mounts):
            ratios = [Figures(workloads[name]).ratio(system, "windlass") or float("nan") for name in names]
            height = 0.8 / len(mounts)
            panel.barh([row + place * height - 0.4 for row in range(len(names))], [ratio - 1 for ratio in ratios], height, left=1, label=system)
        panel.set_yticks(range(len(names)), names)
        panel.set_xscale("log")
        panel.axvline(1, color="black", linewidth=0.8)
        panel.set_xlabel("times as long as windlass (right of 1: slower)")
        panel.set_title(f"{lag} ms of latency")
    panels[0][0].invert_yaxis()
    panels[0][0].legend(fontsize="small")
    figure.tight_layout()
    figure.savefig(target, dpi=110)
