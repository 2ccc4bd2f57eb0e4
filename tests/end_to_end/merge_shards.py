#!/usr/bin/env python3
"""Three shards, merged, have the records of the run that was not split; with a shard missing the rest is asked later.

    merge_shards.py ASSAY [--items 300]
"""
import argparse
import itertools
import json
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import generated_hellaswag
from kill_resume import records


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("assay")
    parser.add_argument("--items", type=int, default=300)
    options = parser.parse_args()

    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        generated_hellaswag.write(name, options.items + 40)
        script = folder / "answers.jsonl"
        script.write_text(json.dumps({"item": "*", "choose": 1}) + "\n")

        def assay(*arguments, code=0):
            done = subprocess.run([options.assay, *map(str, arguments)], capture_output=True, text=True)
            assert done.returncode == code, (arguments, done.returncode, done.stderr)
            return done

        def run(path, *more, code=0, limit=options.items):
            return assay("run", "--suite", "hellaswag", "--model", f"scripted:{script}", "--model", "baseline:first",
                         "--data", folder, "--limit", limit, "--seed", 3, "--run", folder / path, "--quiet",
                         "--format", "json", *more, code=code)

        def summary(path):
            shown = json.loads(assay("show", folder / path, "--format", "json").stdout)
            for result in shown["results"]:
                for key in ("latency_ms", "throughput", "cost"):
                    result.pop(key)
            return shown

        run("whole.db")
        shards = [folder / f"shard{i}.db" for i in (1, 2, 3)]
        for i, shard in enumerate(shards, 1):
            run(shard.name, "--shard", f"{i}/3")
        whole = records(options.assay, folder / "whole.db")
        assert len(whole) == 2 * options.items

        for number, order in enumerate(itertools.permutations(shards)):
            target = folder / f"merged{number}.db"
            done = assay("merge", *order, "-o", target)
            assert done.stdout == f"{target}: 3 runs, {len(whole)} records, complete\n", done.stdout
            assert done.stderr == "", done.stderr
            assert records(options.assay, target) == whole, order
            assert target.read_bytes() == (folder / "merged0.db").read_bytes(), order
        merged, unsplit = summary("merged0.db"), summary("whole.db")
        assert merged["results"] == unsplit["results"]
        for key in ("state", "config_sha256", "assay_version", "host"):
            assert merged["run"][key] == unsplit["run"][key], key
        # The merged run is the unsplit one: it goes on, with nothing left to ask, and takes a larger limit.
        run("merged0.db")
        assert records(options.assay, folder / "merged0.db") == whole
        run("merged0.db", limit=options.items + 40)
        run("larger.db", limit=options.items + 40)
        assert records(options.assay, folder / "merged0.db") == records(options.assay, folder / "larger.db")
        # A shard does not: its part of a larger selection is another.
        done = run("shard1.db", "--shard", "1/3", limit=options.items + 40, code=2)
        assert f"suites.hellaswag.limit: stored {options.items}, now {options.items + 40}" in done.stderr, done.stderr

        # Without shard 2: incomplete, said so, and the whole command asks the rest.
        done = assay("merge", shards[0], shards[2], "-o", folder / "part.db", code=3)
        assert "only shards 1,3/3 are there" in done.stderr, done.stderr
        assert "merged of shards 1,3/3 only" in assay("show", folder / "part.db").stdout
        assert summary("part.db")["run"]["state"] == "incomplete"
        assay("merge", folder / "part.db", shards[1], "-o", folder / "joined.db")
        assert records(options.assay, folder / "joined.db") == whole
        run("part.db")
        assert records(options.assay, folder / "part.db") == whole
        assert summary("part.db")["results"] == unsplit["results"]
        assert "merged of shards" not in assay("show", folder / "part.db").stdout

        # A shard that is there twice, in another session, is the same.
        run("again.db", "--shard", "2/3")
        done = assay("merge", *shards, folder / "again.db", "-o", folder / "twice.db")
        third = len(records(options.assay, shards[1]))
        assert f"{third} answers are in more than one run, and the same" in done.stderr, done.stderr
        assert records(options.assay, folder / "twice.db") == whole

        # Refused: one line, exit code 2, nothing written.
        before = sorted(folder.iterdir())
        run("other.db", "--shard", "1/3", "--sample-seed", "5")
        for arguments, says in (
                ((*shards, "-o", shards[0]), "is one of the runs to merge"),
                ((*shards, "-o", folder / "whole.db"), "is there already"),
                ((*shards, folder / "other.db", "-o", folder / "new.db"), "sample_seed: there "),
                ((script, "-o", folder / "new.db"), "not an assay run file"),
                ((*shards, "-o", folder / "no" / "new.db"), "the directory of the run file does not exist")):
            done = assay("merge", *arguments, code=2)
            assert says in done.stderr and done.stderr.count("\n") == 1 and done.stdout == "", done.stderr
        assert sorted(folder.iterdir()) == sorted([*before, folder / "other.db"])
    print("merged shards are the unsplit run")


if __name__ == "__main__":
    main()
