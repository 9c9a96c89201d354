#!/usr/bin/env python3
"""Runs kith's workloads and every peer's side by side, and prints what each took.

    bench/drive.py --kith PATH --out DIR [--only REGEX] [--peers NAMES] [--rounds N] [--quick]

One workload is one fresh process a peer, in turn (A B C, A B C ..), so that a slow minute of the machine
meets all of them. Each program checks its own law and prints `RESULT metric value`; one that does not
succeed prints no figure and makes this end with status 1. A peer that is not installed is left out with
a line. DIR gets runs.json (every run), table.tsv and table.md (medians, spread, ratios) and ratios.svg.
Python's own library is all that is used.
"""
import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))


def workloads():
    """The rows of workloads.tsv, with the worker counts that are tried: a peer's figure is the better
    of them. Of every metric less is better."""
    rows = []
    with open(f"{HERE}/workloads.tsv") as f:
        for line in f:
            if not line.startswith("#"):
                name, full, quick, metric, _, workers = line.rstrip("\n").split("\t")
                counts = {"1": (1,), "both": (1, os.cpu_count()), "all": (os.cpu_count(),), "hosts": (2,)}[workers]
                rows.append((name, full, quick, metric, counts))
    return rows


WORKLOADS = workloads()
GO_HAS = {"pingpong", "pairs", "ring", "fanin", "spawnexit", "idle", "tree", "timers", "cancels", "ticker", "select"}


class Peer:
    """A runtime that the workloads are written for: how it is built, and the command of one run."""

    def __init__(self, name, tool, build, command):
        self.name, self.tool, self.build, self.command = name, tool, build, command


def peers(kith, out):
    erlang = lambda args, workers: [
        "erl", "+S", f"{workers}:{workers}", "+P", "2000000", "-boot", "start_clean", "-noshell",
        "-noinput", "-pa", out, *(["+sbt", "db"] if "other" in args else []), "-s", "bench", "-extra", *args]
    go = lambda args, workers: None if args[0] not in GO_HAS or "other" in args else [
        "env", f"GOMAXPROCS={workers}", f"{out}/gobench", *args]
    # Across two hosts each has one worker.
    lua = lambda args, workers: [
        kith, "run", f"{HERE}/lua", "--log-level", "off", "--workers",
        str(1 if "other" in args else workers), "-x", f"bench:{args[0]}", *args[1:]]
    return [
        Peer("kith", kith, None, lua),
        Peer("erlang", "erl", ["erlc", "-o", out, f"{HERE}/erlang/bench.erl"], erlang),
        Peer("go", "go", ["go", "build", "-C", f"{HERE}/go", "-o", f"{out}/gobench", "."], go),
    ]


def run(command, limit=300):
    """One run: its metrics, its peak of resident bytes, or what went wrong."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True)
    killer = threading.Timer(limit, process.kill)
    killer.start()
    text = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    killer.cancel()
    metrics = {m: float(v) for m, v in re.findall(r"^RESULT (\S+) (\S+)$", text, re.M)}
    if process.returncode != 0 or not metrics:
        return None, f"status {process.returncode}: {text.strip()[-300:]}"
    metrics["peak_bytes"] = usage.ru_maxrss * 1024
    return metrics, None


def measure(peer, args, workers):
    metrics, wrong = run(peer.command(args, workers))
    if metrics and args[0] == "idle":
        # What a process costs: the peak of many less the peak of few.
        few, wrong = run(peer.command(["idle", "100"], workers))
        if few:
            metrics["bytes_each"] = (metrics["peak_bytes"] - few["peak_bytes"]) / (int(args[1]) - 100)
    return metrics, wrong


def figure(value):
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def svg(rows, path):
    """Ratios as bars, on a scale that doubles: to the right of 1 kith is ahead."""
    import math
    left, width, line = 190, 520, 18
    height = line * len(rows) + 60
    scale = lambda ratio: left + width / 2 + max(-4, min(4, math.log2(ratio))) * width / 8
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + width + 70}" height="{height}" '
             'font-family="sans-serif" font-size="12">',
             '<rect width="100%" height="100%" fill="white"/>']
    for power in range(-4, 5):
        x = scale(2.0 ** power)
        text = f"{2 ** power}x" if power >= 0 else f"1/{2 ** -power}"
        parts.append(f'<line x1="{x}" y1="24" x2="{x}" y2="{height - 16}" stroke="{"#444" if power == 0 else "#ddd"}"/>')
        parts.append(f'<text x="{x}" y="18" text-anchor="middle">{text}</text>')
    for i, (label, ratio) in enumerate(rows):
        y, a, b = 30 + i * line, scale(1), scale(ratio)
        color = "#2a7" if ratio >= 1 else "#c63"
        parts.append(f'<text x="{left - 8}" y="{y + 11}" text-anchor="end">{label}</text>')
        parts.append(f'<rect x="{min(a, b)}" y="{y}" width="{abs(b - a)}" height="{line - 5}" fill="{color}"/>')
        parts.append(f'<text x="{left + width + 8}" y="{y + 11}">{ratio:.2f}</text>')
    parts.append("</svg>\n")
    with open(path, "w") as f:
        f.write("\n".join(parts))


def report(runs, present, out):
    """Medians a workload and peer (the better of its worker counts), and kith's ratio to each."""
    rows = []
    for name, _, _, metric, _ in WORKLOADS:
        best = {}
        for peer in present:
            for workers in sorted({r["workers"] for r in runs}):
                values = [r["metrics"][metric] for r in runs
                          if (r["name"], r["peer"], r["workers"]) == (name, peer.name, workers)]
                if values:
                    cell = (statistics.median(values), min(values), max(values), workers)
                    best[peer.name] = min(best.get(peer.name, cell), cell)
        if best:
            rows.append((name, metric, best))
    others = [p.name for p in present if p.name != "kith"]
    with open(f"{out}/table.tsv", "w") as f:
        f.write("workload\tmetric\tpeer\tworkers\tmedian\tmin\tmax\tratio\n")
        for name, metric, best in rows:
            for peer, (median, low, high, workers) in best.items():
                ratio = median / best["kith"][0] if "kith" in best else 0
                f.write(f"{name}\t{metric}\t{peer}\t{workers}\t{median}\t{low}\t{high}\t{ratio:.3f}\n")
    lines = ["| workload | metric | kith | " + " | ".join(f"{o} | {o} / kith" for o in others) + " |",
             "|---|---|---|" + "---|---|" * len(others)]
    cell = lambda c: f"{figure(c[0])} ({figure(c[1])}..{figure(c[2])}, {c[3]}w)"
    for name, metric, best in rows:
        if "kith" in best:
            parts = [name, metric, cell(best["kith"])]
            for other in others:
                ahead = other in best and best["kith"][0] > 0
                parts += [cell(best[other]), f"**{best[other][0] / best['kith'][0]:.2f}x**"] if ahead else ["", ""]
            lines.append("| " + " | ".join(parts) + " |")
    with open(f"{out}/table.md", "w") as f:
        f.write("\n".join(lines) + "\n")
    print("\n".join(lines))
    bars = [(f"{name} / {o}", best[o][0] / best["kith"][0]) for name, _, best in rows for o in others
            if o in best and "kith" in best and best["kith"][0] > 0 and best[o][0] > 0]
    svg(bars, f"{out}/ratios.svg")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--kith", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--only", default="")
    parser.add_argument("--peers", default="")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="small counts: shows that all of it works")
    asked = parser.parse_args()
    out = os.path.abspath(asked.out)
    os.makedirs(out, exist_ok=True)
    wanted = [p for p in asked.peers.split(",") if p]
    present = []
    for peer in peers(os.path.abspath(asked.kith), out):
        if peer.name != "kith" and wanted and peer.name not in wanted:
            continue
        if not shutil.which(peer.tool):
            print(f"{peer.name} is left out: no {peer.tool} on this machine")
            continue
        if peer.build and subprocess.run(peer.build).returncode != 0:
            sys.exit(f"{peer.name}: its programs could not be built")
        present.append(peer)
    chosen = [w for w in WORKLOADS if re.search(asked.only, w[0])]
    if not chosen:
        sys.exit("no such workload; there are " + " ".join(w[0] for w in WORKLOADS))

    runs, bad = [], 0
    for nr in range(asked.rounds):
        done = {}  # several rows may read one run
        for name, full, quick, _, counts in chosen:
            args = (quick if asked.quick else full).split()
            for workers in counts:
                for peer in present:
                    if not peer.command(args, workers):
                        continue
                    key = (peer.name, workers, *args)
                    if key not in done:
                        done[key] = measure(peer, args, workers)
                        if done[key][1]:
                            bad += 1
                            print(f"{peer.name} {' '.join(args)}: {done[key][1]}", flush=True)
                    if done[key][0]:
                        runs.append(dict(round=nr, name=name, peer=peer.name, workers=workers,
                                         args=args, metrics=done[key][0]))
        print(f"round {nr + 1} of {asked.rounds} done {time.strftime('%H:%M:%S')}", flush=True)
        with open(f"{out}/runs.json", "w") as f:
            json.dump(runs, f)
    report(runs, present, out)
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
