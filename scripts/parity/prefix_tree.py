#!/usr/bin/env python3
"""How much of MMLU's few-shot prompts is computed twice, and how fast: assay against the prefix tree and llama-bench.

    VENV/bin/python scripts/parity/prefix_tree.py --assay build/release/harness/cli/assay --data ../shared/data \
        --model MODEL.gguf --bench PATH/llama-bench [--subjects astronomy,anatomy,business_ethics] [--shots 5] \
        [--threads N] [--whole 12]

The Python has llama-cpp-python, whose tokenizer counts the tree of all prompts here, independently of assay. Then, in one
sitting: the tokens that assay evaluated over the tree's (at most 1.02); its tokens a second over what llama-bench reads
at the depth where most of these tokens lie (at least 0.90); its items a second over those of evaluating each prompt
whole, on the first --whole items (at least 5). Ends with 1 where one of them is not so.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import llama_cpp


def run(options, model, path, *more):
    """Records, and the seconds in which the model was really asked."""
    suite = f"mmlu:subjects={options.subjects}"
    command = [options.assay, "run", "--suite", suite, "--shots", str(options.shots), "--protocol", "loglikelihood",
               "--data", options.data, "--model", model, "--run", str(path), "--format", "json", "--quiet", *more]
    summary = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    exported = subprocess.run([options.assay, "export", str(path), "--to", "jsonl"], check=True, capture_output=True,
                              text=True).stdout
    records = [json.loads(line) for line in exported.splitlines()]
    return records, len(records) / summary["results"][0]["throughput"]["items_per_s"]


def tree_size(sequences):
    """Nodes of the tree of all prefixes, and their mean depth."""
    nodes = depths = 0
    previous = []
    for sequence in sorted(sequences):
        shared = 0
        while shared < min(len(previous), len(sequence)) and previous[shared] == sequence[shared]:
            shared += 1
        nodes += len(sequence) - shared
        depths += sum(range(shared, len(sequence)))
        previous = sequence
    return nodes, depths / nodes


def bench(options, depth):
    """Prompt tokens a second at a depth, the better of its batch sizes."""
    command = [options.bench, "-m", options.model, "-p", "512", "-n", "0", "-d", str(depth), "-t", str(options.threads),
               "-ub", "64,512", "-fa", "1", "-r", "3", "-o", "json"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return max(line["avg_ts"] for line in json.loads(done.stdout))


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    for name in ("--assay", "--data", "--model", "--bench"):
        parser.add_argument(name, required=True)
    parser.add_argument("--subjects", default="astronomy,anatomy,business_ethics")
    parser.add_argument("--shots", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--whole", type=int, default=12)
    options = parser.parse_args()
    reference = f"llama:{options.model}?threads={options.threads}"
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        records, seconds = run(options, reference, folder / "run.db")
        vocabulary = llama_cpp.Llama(options.model, vocab_only=True, verbose=False)
        prompts = [vocabulary.tokenize(record["prompt"].encode(), add_bos=False) for record in records]
        tree, depth = tree_size(prompts)
        evaluated = sum(record["tokens"]["evaluated"] for record in records)
        print(f"{len(records)} prompts, {sum(map(len, prompts))} tokens, {tree} in their tree; evaluated {evaluated}: "
              f"{evaluated / tree:.4f} of the tree")
        rate = evaluated / seconds
        limit = bench(options, round(depth))
        print(f"{rate:.0f} evaluated tokens/s; llama-bench at depth {round(depth)}: {limit:.0f}; {rate / limit:.2f} of it")
        ids = folder / "first"
        ids.write_text("".join(record["item"] + "\n" for record in records[:options.whole]), encoding="utf-8")
        whole, whole_seconds = run(options, reference + "&share=off", folder / "whole.db", "--items", f"@{ids}")
        ratio = (len(records) / seconds) / (len(whole) / whole_seconds)
        print(f"{len(records) / seconds:.2f} items/s; each prompt whole: {len(whole) / whole_seconds:.2f}; "
              f"{ratio:.1f} times")
        same = {record["item"]: record["logprobs"] for record in records}
        differing = sum(record["logprobs"] != same[record["item"]] for record in whole)
        print(f"{differing} of {len(whole)} items have other log-probabilities, to the last bit, when evaluated whole")
    sys.exit(0 if evaluated <= 1.02 * tree and rate >= 0.9 * limit and ratio >= 5 and differing == 0 else 1)


main()
