#!/usr/bin/env python3
"""How much of MMLU's few-shot prompts is computed twice, and how fast: assay against the prefix tree and llama-bench.

    VENV/bin/python scripts/parity/prefix_tree.py --assay build/release/harness/cli/assay --data ../shared/data \
        --model MODEL.gguf --bench PATH/llama-bench [--subjects astronomy,anatomy,business_ethics] [--shots 5] \
        [--threads N] [--whole 6] [--server PATH/llama-server]

The Python has llama-cpp-python, whose tokenizer counts the tree of all prompts here, independently of assay. Then, subject
by subject and in turns, since a machine's own speed changes within minutes: the tokens that assay evaluated over the
tree's (at most 1.02); its tokens a second over what llama-bench reads just before and after, at the depth where most of
these tokens lie (at least 0.90, the median of the subjects); its items a second over those of evaluating each prompt
whole, on the first --whole items of each subject (at least 5). Ends with 1 where one of them is not so.

With --server, for information: the same prompts through lm-evaluation-harness (the package lm-eval[api]), which has
llama-server write one token of each, with the server's prompt cache, one after another.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

import llama_cpp


def run(options, subject, model, path, *more):
    """Records, and the seconds in which the model was really asked."""
    suite = f"mmlu:subjects={subject}"
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
               "-ub", "64,512", "-fa", "1", "-r", "1", "-o", "json"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return max(line["avg_ts"] for line in json.loads(done.stdout))


def answers(url):
    """Whether a server says that it is ready."""
    try:
        return urllib.request.urlopen(url, timeout=1).status == 200
    except OSError:
        return False


def through_server(options, prompts, port=18555):
    """Items a second of lm-evaluation-harness that lets a llama-server write one token of each prompt."""
    from lm_eval.api.instance import Instance
    from lm_eval.models.openai_completions import LocalCompletionsAPI
    command = [options.server, "-m", options.model, "--port", str(port), "-np", "1", "-c", "4096", "-t",
               str(options.threads), "-fa", "on"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            while not answers(f"http://127.0.0.1:{port}/health"):
                if server.poll() is not None:
                    sys.exit(f"{' '.join(command)}: exit {server.returncode}")
                time.sleep(0.2)
            peer = LocalCompletionsAPI(base_url=f"http://127.0.0.1:{port}/v1/completions", model="local",
                                       tokenizer_backend=None, num_concurrent=1)
            asked = [Instance("generate_until", {}, (prompt, {"until": ["\n"], "max_gen_toks": 1}), row)
                     for row, prompt in enumerate(prompts)]
            start = time.monotonic()
            peer.generate_until(asked, disable_tqdm=True)
            return len(prompts) / (time.monotonic() - start)
        finally:
            server.terminate()


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    for name in ("--assay", "--data", "--model", "--bench"):
        parser.add_argument(name, required=True)
    parser.add_argument("--subjects", default="astronomy,anatomy,business_ethics")
    parser.add_argument("--shots", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--whole", type=int, default=6)
    parser.add_argument("--server")
    options = parser.parse_args()
    reference = f"llama:{options.model}?threads={options.threads}"
    vocabulary = llama_cpp.Llama(options.model, vocab_only=True, verbose=False)
    trees, shares, times, differing, limit = [], [], [], 0, None
    with tempfile.TemporaryDirectory() as name:
        for subject in options.subjects.split(","):
            ids = pathlib.Path(name) / f"{subject}.ids"
            ids.write_text("".join(f"mmlu/{subject}/{row}\n" for row in range(options.whole)), encoding="utf-8")
            whole, whole_seconds = run(options, subject, reference + "&share=off", ids.with_suffix(".whole.db"), "--items",
                                       f"@{ids}")
            prompts = [vocabulary.tokenize(record["prompt"].encode(), add_bos=False) for record in whole]
            before = limit or bench(options, round(tree_size(prompts)[1]))
            records, seconds = run(options, subject, reference, ids.with_suffix(".db"))
            prompts = [vocabulary.tokenize(record["prompt"].encode(), add_bos=False) for record in records]
            tree, depth = tree_size(prompts)
            limit = bench(options, round(depth))
            evaluated = sum(record["tokens"]["evaluated"] for record in records)
            same = {record["item"]: record["logprobs"] for record in records}
            differing += sum(record["logprobs"] != same[record["item"]] for record in whole)
            trees.append(evaluated / tree)
            shares.append(evaluated / seconds / ((before + limit) / 2))
            times.append((len(records) / seconds) / (len(whole) / whole_seconds))
            print(f"{subject}: {len(records)} prompts, {sum(map(len, prompts))} tokens, {tree} in their tree; evaluated "
                  f"{evaluated}: {trees[-1]:.4f} of the tree; {evaluated / seconds:.0f} evaluated tokens/s, llama-bench at "
                  f"depth {round(depth)}: {before:.0f} before, {limit:.0f} after: {shares[-1]:.2f} of it; "
                  f"{len(records) / seconds:.2f} items/s, each prompt whole: {len(whole) / whole_seconds:.2f}: "
                  f"{times[-1]:.1f} times", flush=True)
            if options.server:
                texts = [record["prompt"] for record in records]
                print(f"{subject}: {through_server(options, texts):.2f} items/s of lm-evaluation-harness through "
                      "llama-server with its prompt cache", flush=True)
    print(f"medians: {statistics.median(trees):.4f} of the tree, {statistics.median(shares):.2f} of llama-bench, "
          f"{statistics.median(times):.1f} times; {differing} items have other log-probabilities, to the last bit, when "
          "evaluated whole")
    sys.exit(0 if max(trees) <= 1.02 and statistics.median(shares) >= 0.9 and statistics.median(times) >= 5
             and differing == 0 else 1)


main()
