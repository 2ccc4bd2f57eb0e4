#!/usr/bin/env python3
"""Suites of a user's own, as whole commands: new, check, run, resume, compare, rescore, import, and what is refused.

    custom_suites.py ASSAY

"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
import commands
from commands import check

ASSAY = os.path.abspath(sys.argv[1])
assay = commands.runner(ASSAY)


def error(done):
    lines = done.stderr.strip().splitlines()
    check(len(lines) == 1 and lines[0].startswith("assay: "), f"one line of error: {done.stderr}")
    return lines[0]


def has_no_engine(folder):
    done = subprocess.run([ASSAY, "suite", "check", "s.yaml"], cwd=folder, capture_output=True, text=True)
    return "has no template engine" in done.stderr


def new_and_check(folder):
    assay(folder, "suite", "new", "s.yaml")
    before = (folder / "s.yaml").read_bytes()
    check("is there already" in error(assay(folder, "suite", "new", "s.yaml", code=2)), "nothing is written over")
    check((folder / "s.yaml").read_bytes() == before, "the file is as it was")
    if has_no_engine(folder):
        print("this build has no template engine: the rest is left out")
        sys.exit(77)
    shown = json.loads(assay(folder, "suite", "check", "s.yaml", "--format", "json").stdout)
    check(shown["items"] == 8 and len(shown["shown"]) == 3, "eight items, three shown")
    check(shown["right_answers"] == {"judged": 8, "below_1": 0}, "right answers are right")
    check(all(one["empty_answer"]["score"] == 0 for one in shown["shown"]), "an empty answer is wrong")
    text = assay(folder, "suite", "check", "s.yaml", "--shots", "2", "--protocol", "generate/completion").stdout
    check("Why was I charged twice" in text and "s/2" in text, "questions are shown")


def run_resume_compare(folder):
    rules = [{"item": "s/[01]", "text": "Billing."}, {"item": "s/[23]", "text": "shipping"}, {"text": "other"}]
    (folder / "a.jsonl").write_text("".join(json.dumps(rule) + "\n" for rule in rules))
    (folder / "b.jsonl").write_text(json.dumps({"text": "other"}) + "\n")
    assay(folder, "run", "--suite", "s.yaml", "--model", "scripted:a.jsonl", "--run", "a.db", "--limit", "4")
    assay(folder, "run", "--suite", "s.yaml", "--model", "scripted:a.jsonl", "--run", "a.db")
    assay(folder, "run", "--suite", "s.yaml", "--model", "scripted:b.jsonl", "--run", "b.db")
    result = json.loads(assay(folder, "show", "a.db", "--format", "json").stdout)["results"][0]
    check(result["suite"] == "s" and result["items"] == 8, "a run of eight items")
    check(result["metrics"]["exact_match"]["value"] == 0.75, "six of eight are right")
    check(abs(result["metrics"]["balanced_accuracy"]["value"] - 0.75) < 1e-9, "by class as well")
    check(result["groups"]["billing"]["metrics"]["exact_match"]["value"] == 1, "groups are there")
    compared = json.loads(assay(folder, "compare", "a.db", "b.db", "--format", "json").stdout)
    check(compared["suites"][0]["suite"] == "s" and compared["suites"][0]["only_baseline"] == 4, "compare knows it")

    yaml = (folder / "s.yaml").read_text()
    (folder / "s.yaml").write_text(yaml.replace("title: Support", "title: # a remark\n  Other support"))
    assay(folder, "run", "--suite", "s.yaml", "--model", "scripted:a.jsonl", "--run", "a.db")
    (folder / "s.yaml").write_text(yaml.replace("Reply with one of", "Answer with one of"))
    refused = error(assay(folder, "run", "--suite", "s.yaml", "--model", "scripted:a.jsonl", "--run", "a.db", code=2))
    check("s.version" in refused, f"another prompt is another suite: {refused}")
    data = (folder / "s.csv").read_text()
    (folder / "s.yaml").write_text(yaml)
    (folder / "s.csv").write_text(data + "One more?,other\n")
    refused = error(assay(folder, "run", "--suite", "s.yaml", "--model", "scripted:a.jsonl", "--run", "a.db", code=2))
    check("s.data_sha256" in refused, f"other data is other data: {refused}")
    (folder / "s.csv").write_text(data)

    (folder / "s.yaml").write_text(yaml.replace("exact: {lowercase: true, punctuation: true, balanced: true}", "exact: {lowercase: true}"))
    assay(folder, "rescore", "a.db", "--run", "a2.db")
    again = json.loads(assay(folder, "show", "a2.db", "--format", "json").stdout)["results"][0]
    check(again["metrics"]["exact_match"]["value"] == 0.5, "rescore takes today's rules")
    (folder / "s.yaml").write_text(yaml)

    (folder / "c.yaml").write_text("schema: 1\nmodels: [\"scripted:a.jsonl\"]\nsuites:\n  - s.yaml: {shots: 1, limit: 3}\n"
                                   "gate: {must_not_fall: [s]}\n")
    planned = assay(folder, "run", "c.yaml", "--dry-run").stdout
    check("s" in planned and not (folder / "runs").exists(), "a configuration may name it")
    (folder / "c.yaml").write_text("schema: 1\nmodels: [\"scripted:a.jsonl\"]\nsuites:\n  - s.yaml: {shotts: 1}\n")
    check("c.yaml:4:14" in error(assay(folder, "run", "c.yaml", code=2)), "an unknown key has its place")


def letters_keep_their_options(folder):
    (folder / "l.csv").write_text("q,colour\nGrass?,green\nBlood?,red\n")
    text = ("assay_suite: 1\nname: l\ndata: l.csv\nprompt: \"{{ q }}\"\nchoices: [red, green]\ntarget: \"{{ colour }}\"\n"
            "protocols: [generate/letter]\n")
    (folder / "l.yaml").write_text(text)
    (folder / "m.jsonl").write_text('{"item": "l/0", "text": "B"}\n{"text": "A"}\n')
    assay(folder, "run", "--suite", "l.yaml", "--model", "scripted:m.jsonl", "--run", "l.db")
    assay(folder, "run", "--suite", str(folder / "l.yaml"), "--model", "scripted:m.jsonl", "--run", "l2.db")
    compared = json.loads(assay(folder, "compare", "l.db", "l2.db", "--format", "json").stdout)
    check(compared["suites"][0]["paired_items"] == 2, "where a suite's file lies is no difference")
    (folder / "l.yaml").write_text(text.replace("Grass", "Meadows").replace("{{ q }}", "Say: {{ q }}"))
    assay(folder, "rescore", "l.db", "--run", "l3.db")
    (folder / "l.yaml").write_text(text.replace("[red, green]", "[green, red]"))
    refused = error(assay(folder, "rescore", "l.db", "--run", "l4.db", code=2))
    check("offers other options than were asked" in refused and not (folder / "l4.db").exists(), refused)


def imported(folder):
    (folder / "d.jsonl").write_text("".join(json.dumps({"q": f"What is {i} plus 1?", "a": str(i + 1)}) + "\n" for i in range(5)))
    task = {"task": "plus_one", "dataset_path": "json", "dataset_kwargs": {"data_files": {"test": "d.jsonl"}},
            "test_split": "test", "output_type": "generate_until", "doc_to_text": "{{q}}\nAnswer:", "doc_to_target": "a",
            "num_fewshot": 2, "fewshot_split": "test", "fewshot_config": {"sampler": "first_n"},
            "generation_kwargs": {"until": ["\n"], "max_gen_toks": 8, "do_sample": False},
            "filter_list": [{"name": "n", "filter": [{"function": "regex", "regex_pattern": "(\\d+)", "group_select": -1},
                                                     {"function": "take_first"}]}],
            "metric_list": [{"metric": "exact_match", "aggregation": "mean", "higher_is_better": True}]}
    (folder / "task.yaml").write_text(json.dumps(task))
    assay(folder, "suite", "import", "task.yaml", "-o", "plus.yaml")
    shown = json.loads(assay(folder, "suite", "check", "plus.yaml", "--format", "json").stdout)
    prompt = shown["shown"][2]["request"]["prompt"]
    check(prompt == "What is 0 plus 1?\nAnswer: 1\n\nWhat is 1 plus 1?\nAnswer: 2\n\nWhat is 2 plus 1?\nAnswer:", prompt)
    check(shown["right_answers"] == {"judged": 5, "below_1": 0}, "imported answers score")
    task.update({"process_docs": "x", "dataset_name": "main", "output_type": "loglikelihood_rolling"})
    (folder / "task.yaml").write_text("\n".join(f"{key}: {json.dumps(value)}" for key, value in task.items()))
    refused = error(assay(folder, "suite", "import", "task.yaml", "-o", "no.yaml", code=2))
    for what in ("process_docs is not supported", "dataset_name is for", "output_type 'loglikelihood_rolling'", "line "):
        check(what in refused, f"{what}: {refused}")
    check(not (folder / "no.yaml").exists(), "nothing is written")


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        new_and_check(folder)
        run_resume_compare(folder)
        letters_keep_their_options(folder)
        imported(folder)
    print("custom suites: all as they should be")


main()
