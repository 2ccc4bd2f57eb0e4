#!/usr/bin/env python3
"""assay's exports in the hands of the tools that they are for.

usage: exports.py ASSAY RUN.db [RUN.db ...] [--inspect PYTHON] [--lm-eval PYTHON]

PYTHON is one that has inspect_ai or lm_eval. inspect_ai's own reader must read every log and find in it the items,
answers, scores and metrics that `assay export --to jsonl` and `assay show` give. lm_eval runs two small tasks of its own
with its dummy model, and every key of the files that it writes must be in ours, with values of the same types; its
make_table() must print our results. The JUnit export must be XML with as many cases as there are records.
"""
import argparse
import json
import subprocess
import sys
import tempfile
import xml.etree.ElementTree
from pathlib import Path

INSPECT = """
import json, sys
from inspect_ai.log import list_eval_logs, read_eval_log
found = []
for info in list_eval_logs(sys.argv[1]):
    assert read_eval_log(info, header_only=True).eval.task
    log = read_eval_log(info)
    found.append({"task": log.eval.task, "model": log.eval.model, "status": log.status,
        "metrics": {score.name: score.metrics["mean"].value for score in log.results.scores if "mean" in score.metrics},
        "samples": [[sample.id, sample.epoch, sample.output.completion, sample.target, bool(sample.error),
                     {name: score.value for name, score in (sample.scores or {}).items()}] for sample in log.samples]})
json.dump(found, sys.stdout)
"""

TASKS = {"mc": "output_type: multiple_choice\ndoc_to_choice: choices\ndoc_to_target: label\n"
               "metric_list: [{metric: acc, aggregation: mean, higher_is_better: true}]\n",
         "gen": "output_type: generate_until\ndoc_to_target: '{{choices[label]}}'\n"
                "generation_kwargs: {until: ['\\n'], max_gen_toks: 8, do_sample: false}\n"
                "metric_list: [{metric: exact_match, aggregation: mean, higher_is_better: true}]\n"}


def run(*command, **more):
    return subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True, **more).stdout


def check_inspect(assay, run_file, python, folder):
    run(assay, "export", run_file, "--to", "inspect", "-o", folder)
    logs = json.loads(run(python, "-c", INSPECT, folder))
    records = [json.loads(line) for line in run(assay, "export", run_file, "--to", "jsonl").split("\n") if line]
    results = json.loads(run(assay, "show", run_file, "--format", "json"))["results"]
    assert len(logs) == len(results), (len(logs), len(results))
    for result in results:
        log = next(one for one in logs if (one["task"], one["model"]) == (result["suite"], result["model"]))
        assert (log["status"] == "success") == (result["state"] == "complete")
        assert log["metrics"] == {name: metric["value"] for name, metric in result["metrics"].items() if metric["value"] is not None}
        ours = [[one["item"], one["sample"] + 1, one["completion"] if one["completion"] is not None else one["extracted"] or "",
                 one["target"] or "", one["error"] is not None, one["scores"]]
                for one in records if (one["suite"], one["model"]) == (result["suite"], result["model"])]
        theirs = [[*sample[:2], sample[2], *sample[3:]] for sample in log["samples"]]
        for mine, theirs_ in zip(ours, theirs, strict=True):
            if mine[4]:
                mine[2] = theirs_[2] = ""  # no answer
            assert mine == theirs_, (mine, theirs_)
    print(f"inspect_ai: {len(logs)} logs, {len(records)} samples alike")


def reference_files(python, folder):
    (folder / "items.jsonl").write_text("".join(
        json.dumps({"q": f"question {i}?", "choices": ["yes", "no"], "label": i % 2}) + "\n" for i in range(4)))
    for name, text in TASKS.items():
        (folder / f"{name}.yaml").write_text(
            f"task: toy_{name}\ndataset_path: json\ndataset_kwargs: {{data_files: {{test: {folder}/items.jsonl}}}}\n"
            f"test_split: test\ndoc_to_text: '{{{{q}}}}'\nmetadata: {{version: 1}}\n{text}")
    run(python, "-m", "lm_eval", "--model", "dummy", "--tasks", "toy_mc,toy_gen", "--include_path", folder, "--output_path",
        folder / "out", "--log_samples", cwd=folder)
    results = json.loads(next((folder / "out").rglob("results_*.json")).read_text())
    samples = {name: json.loads(next((folder / "out").rglob(f"samples_toy_{name}_*")).read_text().splitlines()[0]) for name in TASKS}
    return results, samples


def shape(value):
    """What a reader relies on: the kinds of the values inside, not how many there are."""
    if isinstance(value, list):
        return ["list", *([shape(value[0])] if value else [])]
    return type(value).__name__


def check_lm_eval(assay, run_file, python, folder, reference):
    theirs, their_samples = reference
    run(assay, "export", run_file, "--to", "lm-eval", "-o", folder)
    files = list(folder.rglob("results_*.json"))
    lines = 0
    for file in files:
        ours = json.loads(file.read_text())
        missing = set(theirs) - set(ours) - {"pretty_env_info"} - {key for key in theirs if key.startswith(("tokenizer", "eot", "max_length"))}
        assert not missing, f"{file}: misses {missing}"
        for task, config in ours["configs"].items():
            kind = "mc" if config["output_type"] == "multiple_choice" else "gen"
            stem = f"samples_{task}_"
            sample_file = next(one for one in file.parent.iterdir() if one.name.startswith(stem))
            sample_lines = [line for line in sample_file.read_text().split("\n") if line]
            assert len(sample_lines) == ours["n-samples"][task]["effective"]
            lines += len(sample_lines)
            if not sample_lines:
                continue
            sample = json.loads(sample_lines[0])
            for key, value in their_samples[kind].items():
                if key in their_samples[kind]["metrics"]:
                    continue
                assert shape(sample[key]) == shape(value), (key, sample[key], value)
            assert sample["arguments"]["gen_args_0"].keys() == {"arg_0", "arg_1"}
            assert all(isinstance(sample[metric], float) for metric in sample["metrics"])
        table = run(python, "-c", "import json, sys\nfrom lm_eval.utils import make_table\nprint(make_table(json.load(open(sys.argv[1]))))", file)
        assert all(task in table for task in ours["configs"]), table
    print(f"lm_eval: {len(files)} results, {lines} samples of its form, tables printed")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("assay", type=Path)
    parser.add_argument("runs", type=Path, nargs="+")
    parser.add_argument("--inspect", type=Path)
    parser.add_argument("--lm-eval", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        scratch = Path(scratch)
        reference = None
        if given.lm_eval:
            (scratch / "reference").mkdir()
            reference = reference_files(given.lm_eval, scratch / "reference")
        for at, run_file in enumerate(given.runs):
            if given.inspect:
                check_inspect(given.assay, run_file, given.inspect, scratch / f"inspect-{at}")
            if given.lm_eval:
                check_lm_eval(given.assay, run_file, given.lm_eval, scratch / f"lm-eval-{at}", reference)
            root = xml.etree.ElementTree.fromstring(run(given.assay, "export", run_file, "--to", "junit"))
            records = run(given.assay, "export", run_file, "--to", "jsonl").count("\n")
            assert len(root.findall("./testsuite/testcase")) == int(root.get("tests")) == records
            print(f"junit: {records} cases")
    return 0


if __name__ == "__main__":
    sys.exit(main())
