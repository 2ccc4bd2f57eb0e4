#!/usr/bin/env python3
"""Item by item: assay's remote adapter against servers that others wrote, and its own engine on the same model.

One request at a time on both sides, no prompt caches, and prompts read in pieces of 60 tokens, as assay reads them:
what else is in a batch, and attention's other kernel for pieces of 64 tokens or more, change a quantised model's
numbers by a little, and greedy decoding then takes another way where two tokens are nearly alike (llama-server does so
itself, from one run to the next, with four slots: 6 of 50 HumanEval texts). --defaults leaves the servers as they start
without such options, for comparison.

Both servers must sum in the order in which assay's engine does: build llama.cpp and llama-cpp-python with
-DGGML_NATIVE=OFF (CMAKE_ARGS for pip), which is AVX2 as assay builds it; AVX-512 gives other numbers.

Starts llama-server (built from the pinned llama.cpp source) and llama-cpp-python's server (from PyPI) on the same GGUF
and asks both, by completions and chat, streaming and not, what the in-process adapter is asked: greedy decoding must
give the same text. Then asks each for log-probabilities of given text: where a server's are wrong, assay must refuse.

    scripts/parity/real_servers.py --assay build/release/assay --llama-server PATH --python VENV/bin/python \\
        --model FILE.gguf --data DIR --items 50

Exit code 0: at least 95 % of the texts of each way are the same.
"""
import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request

WAYS = [  # suite, protocol, endpoint
    ("mmlu:max_tokens=8,shots=0", "generate", "chat"),
    ("humaneval:max_tokens=24", "generate/complete", "completions"),
    ("humaneval:max_tokens=24", "generate/chat", "chat"),
]


# llama-cpp-python's server penalises repetition (1.1) where a request does not say; greedy decoding knows no such thing.
WITHOUT_PENALTY = """
import runpy
from llama_cpp.server import types
for kind in (types.CreateCompletionRequest, types.CreateChatCompletionRequest):
    kind.model_fields["repeat_penalty"].default = 1.0
    kind.model_rebuild(force=True)
runpy.run_module("llama_cpp.server", run_name="__main__")
"""
PIECE = "60"  # tokens of a prompt that are read at once
PORTS = {"llama-server": 18431, "llama-cpp-python": 18432}  # the same in each call: a run knows its model's address


class Server:
    """A server under way; ended at the end."""

    def __init__(self, name, words, port, log):
        self.name, self.port = name, port
        self.url = f"http://127.0.0.1:{port}"
        self.process = subprocess.Popen(words, stdout=log, stderr=subprocess.STDOUT)
        for _ in range(600):
            if self.process.poll() is not None:
                sys.exit(f"{name} ended at once; see {log.name}")
            try:
                urllib.request.urlopen(self.url + "/v1/models", timeout=2).read()
                return
            except OSError:
                time.sleep(0.5)
        sys.exit(f"{name} does not answer; see {log.name}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


def texts(arguments, folder, name, suite, protocol, model, more=()):
    """Text and extracted answer of every item of one run."""
    run = folder / f"{name}.db"
    words = [arguments.assay, "run", "--suite", suite, "--protocol", protocol, "--model", model, "--data",
             arguments.data, "--limit", str(arguments.items), "--seed", "3", "--run", str(run), "--quiet", *more]
    done = subprocess.run(words, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(words)}: exit {done.returncode}\n{done.stderr[-2000:]}")
    lines = subprocess.run([arguments.assay, "export", str(run), "--to", "jsonl"], capture_output=True, text=True,
                           check=True).stdout.splitlines()
    return {record["item"]: (record["completion"], record["extracted"]) for record in map(json.loads, lines)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--assay", required=True)
    parser.add_argument("--llama-server")
    parser.add_argument("--python", help="of an environment with llama-cpp-python[server]==0.3.36")
    parser.add_argument("--model", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--items", type=int, default=50)
    parser.add_argument("--defaults", action="store_true", help="the servers' own size of pieces")
    parser.add_argument("--folder", help="keeps the runs, so that a call that was cut short goes on")
    parser.add_argument("--show", action="store_true", help="prints the texts that differ")
    arguments = parser.parse_args()
    folder = pathlib.Path(arguments.folder or tempfile.mkdtemp(prefix="assay-servers-"))
    folder.mkdir(exist_ok=True)
    threads = str(len(os.sched_getaffinity(0)))
    commands = {}
    if arguments.llama_server:
        commands["llama-server"] = lambda port: [
            arguments.llama_server, "-m", arguments.model, "--port", str(port), "-c", "4096", "-np", "1", "-t", threads,
            "-fa", "on", *([] if arguments.defaults else ["-ub", PIECE]), "--no-cache-prompt", "--cache-ram", "0",
            "--no-warmup"]
    if arguments.python:
        commands["llama-cpp-python"] = lambda port: [
            arguments.python, "-c", WITHOUT_PENALTY, "--model", arguments.model, "--port", str(port), "--n_ctx",
            "4096", "--n_threads", threads, "--flash_attn", "true", "--logits_all", "true",
            *([] if arguments.defaults else ["--n_ubatch", PIECE])]

    own = {}
    for suite, protocol, _ in WAYS:
        own[suite, protocol] = texts(arguments, folder, f"own-{len(own)}", suite, protocol, f"llama:{arguments.model}?seqs=1")
    worst = 1.0
    print(f"{'server':18}{'protocol':28}{'endpoint':13}{'stream':8}{'same text':>12}{'same answer':>14}")
    for name, command in commands.items():
        port = PORTS[name]
        with open(folder / f"{name}.log", "w") as log, Server(name, command(port), port, log) as server:
            for suite, protocol, endpoint in WAYS:
                for stream in ("off", "on"):
                    model = f"openai:local@{server.url}?api={endpoint}&stream={stream}"
                    got = texts(arguments, folder, f"{name}-{protocol.replace('/', '-')}-{suite[:4]}-{stream}", suite,
                                protocol, model, ["--max-in-flight", "1"])
                    expected = own[suite, protocol]
                    same = [item for item in expected if got.get(item) == expected[item]]
                    alike = sum(item in got and got[item][1] == expected[item][1] for item in expected)
                    worst = min(worst, len(same) / len(expected))
                    print(f"{name:18}{suite.split(':')[0] + ' ' + protocol:28}{endpoint:13}{stream:8}"
                          f"{len(same):>6} of {len(expected)}{alike:>8} of {len(expected)}", flush=True)
                    if arguments.show:
                        for item in sorted(set(expected) - set(same)):
                            print(f"  {item}\n    own    {expected[item][0]!r}\n    server {got.get(item)!r}")
            top = texts(arguments, folder, f"{name}-top", "mmlu:shots=1,limit=5", "top_logprobs",
                        f"openai:local@{server.url}", ["--max-in-flight", "1"])
            print(f"{name:18}mmlu top_logprobs: {len(top)} items answered")
            words = [arguments.assay, "run", "--suite", "mmlu:shots=1,limit=4", "--protocol", "loglikelihood", "--model",
                     f"openai:local@{server.url}", "--data", arguments.data, "--run", str(folder / f"{name}-ll.db"),
                     "--quiet"]
            done = subprocess.run(words, capture_output=True, text=True)
            print(f"{name:18}loglikelihood: exit {done.returncode}: {done.stderr.strip()[-400:]}", flush=True)
    if not arguments.folder:
        shutil.rmtree(folder, ignore_errors=True)
    sys.exit(0 if worst >= 0.95 else 1)


if __name__ == "__main__":
    main()
