#!/usr/bin/env python3
"""HumanEval, greedy, on a local model: assay's continuous batching against llama-batched-bench and llama-server.

    scripts/parity/generation_speed.py --assay build/release/harness/cli/assay --data ../shared/data --model MODEL.gguf \
        --batched-bench PATH/llama-batched-bench --server PATH/llama-server [--items 164] [--tokens 64] [--seqs 8] \
        [--threads N]

One after the other on the same machine: the whole run of assay's own engine; the same run asked of llama-server with as
many slots; the tokens a second of llama-batched-bench with as many sequences at the mean depth. Then ten samples of one
problem against one sample, in prompt tokens evaluated. Ends with 1 where assay's rate with busy slots is under 0.95 of
batched-bench's, its run slower than llama-server's, or ten samples cost more than 1.1 times the prompt of one.
"""
import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import urllib.request

PORT = 18440


def run(options, model, path, *more):
    """The run's summary, its records, and what -v says."""
    command = [options.assay, "run", "--protocol", "generate/complete", "--data", options.data, "--model", model,
               "--run", str(path), "--format", "json", "-v", *more]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    result = json.loads(done.stdout)["results"][0]
    exported = subprocess.run([options.assay, "export", str(path), "--to", "jsonl"], check=True, capture_output=True,
                              text=True).stdout
    return result, [json.loads(line) for line in exported.splitlines()], done.stderr


def batched_bench(options, depth):
    """Tokens a second of all sequences together, each at `depth`."""
    cells = options.seqs * (depth + options.tokens + 64)
    command = [options.batched_bench, "-m", options.model, "-c", str(cells), "-npp", str(depth), "-ntg",
               str(options.tokens), "-npl", str(options.seqs), "-t", str(options.threads), "-fa", "on"]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    titles = next(line for line in text.splitlines() if "S_TG" in line)
    values = [line for line in text.splitlines() if re.match(r"\|\s*\d+ \|", line)][-1]
    column = [title.strip() for title in titles.split("|")].index("S_TG t/s")
    return float(values.split("|")[column])


def server(options, folder):
    words = [options.server, "-m", options.model, "--port", str(PORT), "-np", str(options.seqs), "-c",
             str(2048 * options.seqs), "-t", str(options.threads), "-fa", "on"]
    process = subprocess.Popen(words, stdout=(folder / "server.log").open("w"), stderr=subprocess.STDOUT)
    for _ in range(240):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{PORT}/health", timeout=2).read()
            return process
        except OSError:
            time.sleep(0.5)
    process.kill()
    sys.exit("llama-server does not answer")


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    for name in ("--assay", "--data", "--model", "--batched-bench", "--server"):
        parser.add_argument(name, required=True)
    parser.add_argument("--items", type=int, default=164)
    parser.add_argument("--tokens", type=int, default=64)
    parser.add_argument("--seqs", type=int, default=8)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    options = parser.parse_args()
    suite = ("--suite", f"humaneval:max_tokens={options.tokens}", "--limit", str(options.items))
    own = f"llama:{options.model}?threads={options.threads}&seqs={options.seqs}"
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        ours, records, said = run(options, own, folder / "own.db", *suite)
        process = server(options, folder)
        try:
            theirs, _, _ = run(options, f"openai:m@http://127.0.0.1:{PORT}/v1", folder / "server.db", *suite,
                            "--max-in-flight", str(options.seqs))
        finally:
            process.kill()
        prompt = sum(record["tokens"]["prompt"] for record in records) / len(records)
        limit = batched_bench(options, round(prompt + options.tokens / 2))
        busy = float(re.search(r"([0-9.]+) tokens/s said while every slot was busy", said).group(1))
        ours_rate, their_rate = (one["throughput"]["items_per_s"] for one in (ours, theirs))
        print(f"{len(records)} prompts of {prompt:.0f} tokens: {ours_rate:.2f} items/s, llama-server {their_rate:.2f}: "
              f"{ours_rate / their_rate:.2f} times")
        print(f"slots busy: {busy:.0f} tokens/s, llama-batched-bench {limit:.0f}: {busy / limit:.2f} of it")
        cost = []
        for samples in (1, 10):
            _, same, _ = run(options, own, folder / f"samples{samples}.db", "--suite",
                          f"humaneval:max_tokens=4,samples={samples},temperature=0.8", "--items", "humaneval/HumanEval/0")
            cost.append(sum(one["tokens"]["evaluated"] - one["tokens"]["completion"] for one in same))
        print(f"prompt tokens evaluated: one sample {cost[0]}, ten samples {cost[1]}: {cost[1] / cost[0]:.2f} times")
    sys.exit(0 if busy >= 0.95 * limit and ours_rate >= their_rate and cost[1] <= 1.1 * cost[0] else 1)


main()
