#!/usr/bin/env python3
"""Whether verdicts stay the same under full CPU load: 20 runs of the same samples beside two busy processes a core.

  humaneval_stability.py --program PATH/humaneval_score --data DIR --samples SAMPLES.jsonl [--repeat 20] [--workers 2]
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile


def verdicts(program, data, samples, workers, results):
    subprocess.run([program, data, samples, results, str(workers)], check=True, stdout=subprocess.DEVNULL)
    with open(results, encoding="utf-8") as lines:
        return [(row["task_id"], row["passed"], row["result"]) for row in map(json.loads, lines)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--samples", required=True)
    parser.add_argument("--repeat", type=int, default=20)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--busy", type=int, default=2 * (os.cpu_count() or 1), help="busy processes beside it; 0 on a loaded machine")
    arguments = parser.parse_args()
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(arguments.busy)]
    print(f"load before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores, and {arguments.busy} busy processes", flush=True)
    try:
        with tempfile.TemporaryDirectory() as folder:
            runs = [verdicts(arguments.program, arguments.data, arguments.samples, arguments.workers,
                             os.path.join(folder, "results.jsonl")) for _ in range(arguments.repeat)]
    finally:
        for process in busy:
            process.kill()
    changed = sorted({sample[0][0] for sample in zip(*runs) if len({row[1] for row in sample}) > 1})
    print(f"{len(runs)} runs of {len(runs[0])} samples, {sum(row[1] for row in runs[0])} passed; "
          f"verdicts that changed: {', '.join(changed) or 'none'}")
    return 1 if changed else 0


if __name__ == "__main__":
    sys.exit(main())
