#!/usr/bin/env python3
"""Strategies as whole commands: a number is nowhere shown without its strategy, and never put beside another's as if they
were alike; a judge judges what a chain of thought concludes, and its cost is shown apart; a gate misses no strategy.

    strategies.py ASSAY

"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
import commands
from commands import check, script

ASSAY = os.path.abspath(sys.argv[1])
assay = commands.runner(ASSAY)
NAMES = ("zero_shot", "few_shot:2", "cot", "self_consistency:3")

SUITE = """assay_suite: 1
name: support
data: questions.csv
prompt: "{{ question }}"
target: "{{ category }}"
examples: {count: 2}
"""
JUDGED = """assay_suite: 1
name: notes
data: questions.csv
prompt: "{{ question }}"
target: "{{ category }}"
judge:
  rubric: "Right: {{ reference }}\\nSaid: {{ answer }}\\nGrade it from 1 to 5."
  scale: [1, 5]
"""
PAIRED = """assay_suite: 1
name: notes
data: questions.csv
prompt: "{{ question }}"
target: "{{ category }}"
judge:
  rubric: "A: {{ first }}\\nB: {{ second }}\\nWhich is better? A, B or tie."
  pairwise: {tie: tie, swap: false}
"""
CONFIG = """schema: 1
models: [{ref: "scripted:model.jsonl", name: model, price: {input_per_mtok: 1000, output_per_mtok: 0}}]
judge: {ref: "scripted:judge.jsonl", price: {input_per_mtok: 10000, output_per_mtok: 0}}
suites: [notes.yaml: {strategy: [zero_shot, self_consistency: 2]}]
"""


def unescaped(markdown):
    return markdown.replace("\\_", "_")


def show(folder, run):
    return json.loads(assay(folder, "show", run, "--format", "json").stdout)["results"]


def run(folder, path, strategies, model="model.jsonl", suite="support.yaml"):
    return assay(folder, "run", "--suite", suite, "--model", f"scripted:{model}", "--strategy", strategies, "--run", path)


def prepare(folder):
    rows = [f"Question {i},{'billing' if i % 2 else 'shipping'}" for i in range(12)]
    (folder / "questions.csv").write_text("question,category\n" + "\n".join(rows) + "\n")
    (folder / "support.yaml").write_text(SUITE)
    script(folder, "model.jsonl", [{"sample": 0, "text": "Hm.\nAnswer: shipping", "prompt_tokens": 10, "completion_tokens": 1},
                                   {"text": "Answer: billing", "prompt_tokens": 10, "completion_tokens": 1}])
    script(folder, "wrong.jsonl", [{"text": "neither", "prompt_tokens": 10, "completion_tokens": 1}])
    checked = subprocess.run([ASSAY, "suite", "check", "support.yaml"], cwd=folder, capture_output=True, text=True)
    if "has no template engine" in checked.stderr:
        print("this build has no template engine: all is left out")
        sys.exit(77)


def named_everywhere(folder):
    run(folder, "ways.db", ",".join(NAMES))
    check([result["strategy"] for result in show(folder, "ways.db")] == list(NAMES), "show's JSON")
    for kind in ("text", "csv", "markdown"):
        shown = unescaped(assay(folder, "show", "ways.db", "--format", kind).stdout)
        check(all(name in shown for name in NAMES), f"show names them: {shown}")
    one = assay(folder, "show", "ways.db", "--item", "support/3", "--format", "json").stdout
    check(all(f'"strategy": "{name}"' in one for name in NAMES), f"records: {one}")
    for kind in ("jsonl", "csv", "junit", "prometheus"):
        exported = assay(folder, "export", "ways.db", "--to", kind).stdout
        check(all(name in exported for name in NAMES), f"{kind} names them: {exported[:400]}")
    for kind, pattern in (("lm-eval", "**/samples_*"), ("inspect", "*.json")):
        assay(folder, "export", "ways.db", "--to", kind, "-o", kind)
        files = " ".join(str(path) for path in (folder / kind).glob(pattern))
        for name in NAMES:
            check(f"support_{re.sub('[^a-z0-9]', '_', name)}_" in files, f"{kind} has a task for {name}: {files}")
    tasks = {json.loads(path.read_text())["eval"]["task"] for path in (folder / "inspect").glob("*.json")}
    check(tasks == {"support_" + re.sub("[^a-z0-9]", "_", name) for name in NAMES}, f"inspect's tasks: {tasks}")


def never_one_table(folder):
    assay(folder, "leaderboard", "ways.db", "-o", "site")
    text = unescaped((folder / "site/leaderboard.md").read_text())
    check([line for line in text.splitlines() if line.startswith("## ")] == [f"## support · {name}" for name in NAMES],
          f"a table for each: {text}")
    board = json.loads((folder / "site/leaderboard.json").read_text())
    check([suite["options"]["strategy"] for suite in board["suites"]] == list(NAMES), "a column for each")
    check(all(result["rank"] == [1, 1] for result in board["results"]), "a rank is of one column")
    check((folder / "site/assets/strategies.js").exists() and "strategies.js" in (folder / "site/compare.html").read_text(),
          "the comparison page sets them beside each other")
    assay(folder, "leaderboard", "ways.db", "--baseline", "ways.db", "--strategy", "zero_shot", "-o", "site")
    pages = (folder / "site/data/comparisons.js").read_text()
    for name in NAMES[1:]:
        check(f"support (zero_shot → {name})" in pages, f"and compares them: {pages[:400]}")
    check('"asked":"generate, 0 shots → generate/cot, 0 shots"' in pages, f"with how they were asked: {pages[:400]}")
    refused = assay(folder, "leaderboard", "ways.db", "--strategy", "cot", "-o", "none", code=2).stderr
    check("--baseline" in refused and not (folder / "none").exists(), refused)


def compared_on_purpose(folder):
    run(folder, "plain.db", "zero_shot", model="wrong.jsonl")
    alone = assay(folder, "compare", "ways.db", "plain.db", "--format", "json").stdout
    compared = json.loads(alone)
    check([suite["strategies"] for suite in compared["suites"]] == [{"baseline": "zero_shot", "candidate": "zero_shot"}],
          f"like with like: {alone}")
    check(compared["only_baseline"] == [f"support ({name})" for name in NAMES[1:]], f"the rest is named: {alone}")
    both = json.loads(assay(folder, "compare", "ways.db", "ways.db", "--strategy", "few_shot:2,cot", "--format",
                            "json").stdout)
    suite = both["suites"][0]
    check((suite["protocol"], suite["shots"], suite["candidate_protocol"], suite["candidate_shots"]) ==
          ("generate", 2, "generate/cot", 0), f"how both were asked: {suite}")
    check((both["sides"]["baseline"]["strategy"], both["sides"]["candidate"]["strategy"]) == ("few_shot:2", "cot"), f"{both}")
    for kind in ("text", "markdown"):
        text = unescaped(assay(folder, "compare", "ways.db", "ways.db", "--strategy", "few_shot:2,cot", "--format", kind).stdout)
        check("support (few_shot:2 → cot)" in text and "generate, 2 shots → generate/cot, 0 shots" in text, text)
    run(folder, "other.db", "few_shot:1")
    refused = assay(folder, "compare", "other.db", "plain.db", code=2).stderr
    check("other.db: few_shot:1; plain.db: zero_shot" in refused, f"said: {refused}")


def gated(folder):
    run(folder, "tonight.db", "zero_shot,cot", model="wrong.jsonl")
    for more in ((), ("--must-not-fall", "support")):
        refused = assay(folder, "gate", "--baseline", "ways.db", "tonight.db", *more, code=2).stderr
        check("'support (few_shot:2)' must not fall, but not both runs have it" in refused, f"no strategy is missed: {refused}")
    run(folder, "before.db", "zero_shot,cot")
    gate = json.loads(assay(folder, "gate", "--baseline", "before.db", "tonight.db", "--format", "json", "--history",
                            "nights.jsonl", code=1).stdout)
    check({one["suite"] for one in gate["checks"]} == {"support (zero_shot)", "support (cot)"}, f"checks: {gate['checks']}")
    night = json.loads((folder / "nights.jsonl").read_text())
    check([one["suite"] for one in night["suites"]] == ["support (zero_shot)", "support (cot)"], f"a night: {night}")


def asked_again(folder):
    """Of the strategies of an alarm only those are paid for once more that gave it."""
    right = [{"item": "support/*[13579]", "text": "billing"}, {"text": "shipping"}]
    script(folder, "right.jsonl", right)
    script(folder, "late.jsonl", [dict(rule, sample=0) for rule in right] + [{"text": "neither"}])
    run(folder, "frozen.db", "zero_shot,self_consistency:3", model="right.jsonl")
    run(folder, "late.db", "zero_shot,self_consistency:3", model="late.jsonl")
    gate = json.loads(assay(folder, "gate", "--baseline", "frozen.db", "late.db", "--reask", "--on-undecided", "pass",
                            "--format", "json", code=1).stdout)
    first, voted = gate["comparison"]["suites"]
    check("reasked" not in first and voted["reasked"]["answered"] == 12 and voted["reasked"]["alarm_stands"], f"{gate}")
    for path in folder.glob("late.reask-*.db"):
        check([one["strategy"] for one in show(folder, path.name)] == ["self_consistency:3"], f"{path}: nothing else")


def judged(folder):
    (folder / "notes.yaml").write_text(JUDGED)
    (folder / "judged.yaml").write_text(CONFIG)
    script(folder, "judge.jsonl", [{"text": "Grade: 5", "prompt_tokens": 100, "completion_tokens": 1}])
    done = assay(folder, "run", "judged.yaml", "--run", "judged.db")
    check("answers vote by their words" in done.stderr, f"said: {done.stderr}")
    zero, voted = show(folder, "judged.db")
    # an item's answer 10 * 1000/1e6 = 0.01, its judge 100 * 10000/1e6 = 1; of two voters twice that
    check(abs(zero["cost"]["usd_per_task"] - 1.01) < 1e-9 and abs(voted["cost"]["usd_per_task"] - 2.02) < 1e-9, "all are paid")
    check(abs(voted["judge"]["cost"]["usd_per_task"] - 2) < 1e-9, f"the judge apart: {voted['judge']}")
    prompts = [answer["prompt"] for one in json.loads(
        assay(folder, "show", "judged.db", "--item", "notes/3", "--format", "json").stdout) for answer in one["judge"]["answers"]]
    said = [re.search("Said: (.*)\nGrade", prompt, re.S).group(1) for prompt in prompts]
    check(said == ["Hm.\nAnswer: shipping", "shipping", "billing"], f"of a chain of thought the conclusion is judged: {said}")
    assay(folder, "leaderboard", "judged.db", "-o", "judged-site")
    board = json.loads((folder / "judged-site/leaderboard.json").read_text())
    check([round(result["judge"]["cost"]["usd_per_task"], 9) for result in board["results"]] == [1, 2], "on the leaderboard")
    text = (folder / "judged-site/leaderboard.md").read_text()
    check("| 2.02 (judge 2.00) |" in text, f"and in its table: {text}")
    compared = json.loads(assay(folder, "compare", "judged.db", "judged.db", "--strategy", "zero_shot,self_consistency:2",
                                "--format", "json").stdout)["suites"][0]
    check([round(compared["sides"][side]["judge_usd_per_task"], 9) for side in ("baseline", "candidate")] == [1, 2], f"{compared}")
    check("the judge" in assay(folder, "compare", "judged.db", "judged.db", "--strategy",
                               "zero_shot,self_consistency:2").stdout, "compare says so")
    assay(folder, "rescore", "judged.db", "--run", "again.db")
    check([one["metrics"] for one in show(folder, "again.db")] == [zero["metrics"], voted["metrics"]], "rescored alike")

    # In pairs: another run's answers by the same strategy, and none where it does not have it.
    (folder / "notes.yaml").write_text(PAIRED)
    script(folder, "first.jsonl", [{"text": "A"}])
    words = ("run", "--suite", "notes.yaml:against=judged.db", "--model", "scripted:model.jsonl", "--judge",
             "scripted:first.jsonl", "--run", "pairs.db", "--strategy")
    assay(folder, *words, "zero_shot")
    one = json.loads(assay(folder, "show", "pairs.db", "--item", "notes/3", "--format", "json").stdout)
    check("B: Hm.\nAnswer: shipping" in one["judge"]["answers"][0]["prompt"], f"its zero_shot answer: {one}")
    refused = assay(folder, *words[:-2], "x.db", "--strategy", "cot", code=2).stderr
    check("several strategies (zero_shot, self_consistency:2), and cot is none of them" in refused, f"said: {refused}")


with tempfile.TemporaryDirectory() as name:
    place = pathlib.Path(name)
    prepare(place)
    named_everywhere(place)
    never_one_table(place)
    compared_on_purpose(place)
    gated(place)
    asked_again(place)
    judged(place)
print("strategies: all as promised")
