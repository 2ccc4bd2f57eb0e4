#!/usr/bin/env python3
"""Side by side: whole runs of assay, lm-evaluation-harness, inspect_ai and promptfoo on one server and the same items.

The server (tests/support's fault_server) answers at once, or after --latency-ms; each program asks it the same one-line
questions, --in-flight at a time, by chat completions, scores the answers and stores them. Two figures a program: items
a second of the whole run, from its start to its end; and the time from the first request to the last answer, as the
server sees it.

    scripts/parity/remote_peers.py --assay build/release/assay --server build/release/tests/support/fault_server \\
        --lm-eval VENV/bin/lm_eval --inspect VENV/bin/inspect --promptfoo DIR/node_modules/.bin/promptfoo

The peers come from PyPI and npm: pip install 'lm_eval[api]==0.4.13', pip install inspect_ai openai, npm install
promptfoo. Exit code 0: assay is at least 30 times as fast as the best of them, and its requests take no longer.
"""
import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

SUBJECT = "astronomy"


def question(number):
    return f"Which letter answers question number {number}?"


class Server:
    def __init__(self, program, latency_ms):
        words = [program, "--latency-ms", str(latency_ms)]
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().strip()

    def get(self, path):
        with urllib.request.urlopen(self.url + path, timeout=10) as reply:
            return json.load(reply)

    def end(self):
        self.process.terminate()
        self.process.wait()


def environment(folder, **more):
    keep = {name: os.environ[name] for name in ("PATH", "LANG", "HOME") if name in os.environ}
    return {**keep, "TMPDIR": str(folder), "OPENAI_API_KEY": "none", "HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1",
            "HF_HOME": str(folder / "hf"), **more}


def assay_command(arguments, folder, url):
    data = folder / "mmlu-data"
    rows = [f'{question(number)},one,two,three,four,{"ABCD"[number % 4]}\n' for number in range(arguments.items)]
    for split, lines in (("test", rows), ("dev", rows[:5])):
        (data / "mmlu" / split).mkdir(parents=True, exist_ok=True)
        (data / "mmlu" / split / f"{SUBJECT}_{split}.csv").write_text("".join(lines))
    run = folder / "run.db"
    for old in folder.glob("run.db*"):
        old.unlink()
    return [arguments.assay, "run", "--suite", f"mmlu:subjects={SUBJECT},shots=0", "--protocol", "generate", "--data",
            str(data), "--model", f"openai:test@{url}", "--max-in-flight", str(arguments.in_flight), "--run", str(run),
            "--quiet"], environment(folder)


def lm_eval_command(arguments, folder, url):
    task = folder / "tasks"
    task.mkdir(exist_ok=True)
    with open(task / "items.jsonl", "w") as file:
        for number in range(arguments.items):
            file.write(json.dumps({"question": question(number), "answer": "ABCD"[number % 4]}) + "\n")
    (task / "oneline.yaml").write_text(
        f"task: oneline\ndataset_path: json\ndataset_kwargs:\n  data_files:\n    test: {task}/items.jsonl\n"
        "test_split: test\noutput_type: generate_until\ndoc_to_text: '{{question}}'\ndoc_to_target: '{{answer}}'\n"
        "generation_kwargs:\n  until: ['\\n\\n']\n  max_gen_toks: 32\n  do_sample: false\n  temperature: 0\n"
        "metric_list:\n  - metric: exact_match\n    aggregation: mean\n    higher_is_better: true\n")
    return [arguments.lm_eval, "--model", "local-chat-completions", "--model_args",
            f"model=test,base_url={url}/v1/chat/completions,num_concurrent={arguments.in_flight},max_retries=3,"
            "tokenized_requests=False", "--apply_chat_template", "--tasks", "oneline", "--include_path", str(task),
            "--output_path", str(folder / "lm-eval-out"), "--log_samples"], environment(folder)


def inspect_command(arguments, folder, url):
    with open(folder / "items.json", "w") as file:
        json.dump([{"input": question(number), "target": "ABCD"[number % 4]} for number in range(arguments.items)], file)
    (folder / "oneline.py").write_text(
        "from inspect_ai import Task, task\nfrom inspect_ai.dataset import json_dataset\n"
        "from inspect_ai.scorer import match\nfrom inspect_ai.solver import generate\n\n\n@task\ndef oneline():\n"
        f"    return Task(dataset=json_dataset({str(folder / 'items.json')!r}), solver=generate(), scorer=match())\n")
    return [arguments.inspect, "eval", "oneline.py", "--model", "openai-api/local/test",
            "--max-connections", str(arguments.in_flight), "--max-samples", str(arguments.in_flight), "--max-tokens",
            "32", "--temperature", "0", "--display", "none", "--log-dir", str(folder / "inspect-logs")], environment(
                folder, LOCAL_BASE_URL=url + "/v1", LOCAL_API_KEY="none")


def promptfoo_command(arguments, folder, url):
    tests = [{"vars": {"question": question(number)}, "assert": [{"type": "equals", "value": "ABCD"[number % 4]}]}
             for number in range(arguments.items)]
    config = {"prompts": ["{{question}}"], "tests": tests,
              "providers": [{"id": "openai:chat:test", "config": {"apiBaseUrl": url + "/v1", "apiKey": "none",
                                                                  "max_tokens": 32, "temperature": 0}}]}
    (folder / "promptfoo.json").write_text(json.dumps(config))
    return [arguments.promptfoo, "eval", "-c", str(folder / "promptfoo.json"), "--no-cache", "-j",
            str(arguments.in_flight), "--no-table", "--no-progress-bar", "-o",
            str(folder / "promptfoo-out.json")], environment(
                folder, PROMPTFOO_DISABLE_TELEMETRY="1", PROMPTFOO_DISABLE_UPDATE="1",
                PROMPTFOO_CONFIG_DIR=str(folder / "promptfoo"))


PROGRAMS = {"assay": assay_command, "lm-eval": lm_eval_command, "inspect_ai": inspect_command,
            "promptfoo": promptfoo_command}


def measure(name, arguments, folder, server):
    """Whole seconds, and seconds between the first request and the last answer."""
    words, variables = PROGRAMS[name](arguments, folder, server.url)
    server.get("/reset")
    log = folder / f"{name}.log"
    begin = time.monotonic()
    with open(log, "w") as output:
        # promptfoo's exit code is 100 where an answer was wrong; here most are.
        code = subprocess.run([*arguments.prefix, *words], stdout=output, stderr=subprocess.STDOUT, env=variables,
                              cwd=folder).returncode
    whole = time.monotonic() - begin
    counts = server.get("/counts")
    if counts["distinct"] < arguments.items or code not in (0, 100):
        sys.exit(f"{name}: exit {code}, {counts['distinct']} of {arguments.items} items answered\n"
                 f"{log.read_text()[-2000:]}")
    return whole, counts["first_to_last_s"], counts["requests"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--assay", required=True)
    parser.add_argument("--server", required=True)
    parser.add_argument("--lm-eval")
    parser.add_argument("--inspect")
    parser.add_argument("--promptfoo")
    parser.add_argument("--items", type=int, default=2000)
    parser.add_argument("--in-flight", type=int, default=64)
    parser.add_argument("--latency-ms", type=float, default=0)
    parser.add_argument("--repeats", type=int, default=3, help="of assay's runs; the median counts")
    parser.add_argument("--prefix", type=lambda text: text.split(), default=[], help="words before each command")
    arguments = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="assay-peers-"))
    for name in ("assay", "lm_eval", "inspect", "promptfoo", "server"):
        if getattr(arguments, name):
            setattr(arguments, name, os.path.abspath(getattr(arguments, name)))
    chosen = [name for name, path in (("assay", arguments.assay), ("lm-eval", arguments.lm_eval),
                                      ("inspect_ai", arguments.inspect), ("promptfoo", arguments.promptfoo)) if path]
    figures = {}
    server = Server(arguments.server, arguments.latency_ms)
    try:
        print(f"{arguments.items} items, {arguments.in_flight} in flight, {arguments.latency_ms:g} ms latency")
        print(f"{'program':12}{'whole run':>12}{'items/s':>10}{'first to last':>15}{'requests':>10}")
        for name in chosen:
            runs = [measure(name, arguments, folder, server) for _ in range(arguments.repeats if name == "assay" else 1)]
            whole, wire = (statistics.median(run[i] for run in runs) for i in (0, 1))
            figures[name] = whole, wire
            print(f"{name:12}{whole:>10.2f} s{arguments.items / whole:>10.0f}{wire:>13.3f} s{runs[0][2]:>10}", flush=True)
    finally:
        server.end()
        shutil.rmtree(folder, ignore_errors=True)
    peers = [name for name in chosen if name != "assay"]
    if not peers:
        return
    whole, wire = figures["assay"]
    best_whole = min(figures[name][0] for name in peers)
    best_wire = min(figures[name][1] for name in peers)
    print(f"assay against the best: {best_whole / whole:.1f} times the items a second (30 wanted), "
          f"{wire / best_wire:.2f} of the time from first request to last answer (1 wanted)")
    sys.exit(0 if best_whole / whole >= 30 and wire <= best_wire else 1)


if __name__ == "__main__":
    main()
