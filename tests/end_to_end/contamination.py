#!/usr/bin/env python3
"""`assay contamination` against a second implementation, and as an enemy would use it.

    contamination.py ASSAY [--megabytes N]

The second implementation is here: it keeps every n-gram as text and the whole corpus in memory, and was written from
docs/robustness.md alone. --megabytes N is the size of a corpus on one line that memory is measured with; 0 leaves that out.
"""
import argparse
import collections
import csv
import gzip
import io
import json
import os
import pathlib
import random
import sys
import tempfile
import unicodedata

sys.dont_write_bytecode = True
import commands
from commands import check

arguments = argparse.ArgumentParser(description=__doc__)
arguments.add_argument("assay")
arguments.add_argument("--megabytes", type=int, default=8)
options = arguments.parse_args()
ASSAY = os.path.abspath(options.assay)
assay = commands.runner(ASSAY, ASSAY_DATA="data")


# --- the second implementation ------------------------------------------------------------------------------------
ALONE = [(0x0e00, 0x0eff), (0x1000, 0x109f), (0x1780, 0x17ff), (0x3040, 0x30ff), (0x3400, 0x4dbf), (0x4e00, 0x9fff),
         (0xf900, 0xfaff), (0x20000, 0x3ffff)]


def words_of(text):
    out = []
    for character in text:
        kind = unicodedata.category(character)
        if kind[0] == "Z" or character in "\t\n\v\f\r\x85":
            out.append(" ")
        elif kind[0] == "L" or kind[0] == "N":
            folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", character.casefold()).casefold())
            kept = "".join(one for one in folded if unicodedata.category(one)[0] in "LN")
            alone = any(low <= ord(character) <= high for low, high in ALONE)
            out.append(f" {kept} " if alone else kept)
    return "".join(out).split()


def grams_of(text, n):
    words = words_of(text)
    return {" ".join(words[i:i + n]) for i in range(len(words) - n + 1)}


def strings_in(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for one in value:
            yield from strings_in(one)
    elif isinstance(value, dict):
        for key, one in value.items():
            yield key
            yield from strings_in(one)


def texts_of_file(path):
    data = path.read_bytes()
    name = path.name
    if name.endswith(".gz"):
        data = gzip.decompress(data)
        name = name[:-3]
    text = data.decode("utf-8", "ignore")
    if name.endswith(".jsonl"):
        for line in text.split("\n"):
            if line.strip():
                yield from strings_in(json.loads(line))
    elif name.endswith(".json"):
        yield from strings_in(json.loads(text))
    elif name.endswith(".csv"):
        for row in csv.reader(io.StringIO(text, newline="")):
            yield from row
    else:
        yield text


def expected(items, corpus, n):
    there = set()
    for path in sorted(corpus.rglob("*")):
        if path.is_file():
            for text in texts_of_file(path):
                there |= grams_of(text, n)
    grams = {name: set().union(*(grams_of(text, n) for text in texts)) for name, texts in items.items()}
    counts = collections.Counter(gram for some in grams.values() for gram in some)
    out = {}
    for name, some in grams.items():
        own = {gram for gram in some if counts[gram] <= 10 or counts[gram] <= len(items) / 10}
        out[name] = (len(own), len(own & there))
    return out


# --- items and a corpus that has parts of them -----------------------------------------------------------------------
VOCABULARY = ("the a of to and in is that it was for on are as with his they at be this have from or one had by word but "
              "not what all were we when your can said there use an each which she do how their if will up other about "
              "Straße naïve résumé Ångström don't e-mail 3.14 U.S. co₂ ① ﬁne İstanbul ΣΊΣΥΦΟΣ Москва ไทย 我们 学习 "
              "カタカナ 한국어 हिन्दी x̂ “quoted” — … 😀").split()


def make_items(folder, seed, count):
    draw = random.Random(seed)
    items = {}
    rows = []
    for i in range(count):
        question = " ".join(draw.choices(VOCABULARY, k=draw.randint(1, 40)))
        choices = [" ".join(draw.choices(VOCABULARY, k=draw.randint(1, 12))) for _ in range(4)]
        items[f"arc_easy/{i}"] = [question, *choices]
        rows.append({"query": "Question: " + question, "choices": choices, "gold": draw.randrange(4)})
    path = folder / "data" / "arc" / "llm-foundry" / "arc_easy.jsonl"
    path.parent.mkdir(parents=True)
    path.write_text("".join(json.dumps(row, ensure_ascii=draw.random() < 0.5) + "\n" for row in rows), encoding="utf-8")
    return items


def make_corpus(folder, items, seed):
    draw = random.Random(seed)
    corpus = folder / "corpus"
    (corpus / "deep").mkdir(parents=True)
    texts = [text for some in items.values() for text in some]

    def piece():
        words = draw.choice(texts).split(" ")
        begin = draw.randrange(len(words))
        part = " ".join(words[begin:begin + draw.randint(3, 30)])
        changed = draw.random()
        if changed < 0.2:
            part = part.upper()
        elif changed < 0.4:
            part = unicodedata.normalize("NFD", part)
        elif changed < 0.6:
            part = part.replace(" ", draw.choice(["\n", "  ", ", ", "\u00a0", " \u2014 "]))
        return part + " " + " ".join(draw.choices(VOCABULARY, k=draw.randint(0, 9)))

    def broken(text):
        data = bytearray()
        for character in text:
            if draw.random() < 0.01:
                data += draw.choice([b"\xff", b"\xc3", b"\xe2\x82", b"\xf0\x9f\x98", b"\xed\xa0\x80"])
            data += character.encode()
        return bytes(data)

    (corpus / "a.txt").write_bytes(broken("\n".join(piece() for _ in range(60))))
    (corpus / "b.txt.gz").write_bytes(gzip.compress("\r\n".join(piece() for _ in range(60)).encode()))
    lines = [json.dumps({"id": i, "text": piece(), "more": [piece(), None, 1.5e-3, True]}, ensure_ascii=i % 2 == 0)
             for i in range(60)]
    (corpus / "deep" / "c.jsonl").write_bytes(("\n".join(lines) + "\n").encode())
    (corpus / "deep" / "d.jsonl.gz").write_bytes(gzip.compress(("\n\n".join(lines)).encode()) + gzip.compress(b"\n"))
    (corpus / "deep" / "e.json").write_text(json.dumps([{"q": piece()} for _ in range(30)], indent=2))
    with open(corpus / "deep" / "f.csv", "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([[i, piece(), piece()] for i in range(30)])
    return corpus


def same_as_second_implementation(folder):
    items = make_items(folder, 3, 300)
    corpus = make_corpus(folder, items, 4)
    for n in (1, 3, 5, 8, 13):
        wanted = expected(items, corpus, n)
        got = json.loads(assay(folder, "contamination", "arc_easy", "--corpus", "corpus", "--ngram", str(n),
                               "--format", "json").stdout)
        check(got["schema"] == 1 and got["ngram"] == n and got["corpus"]["files"] == 6, f"head of {n}-grams")
        found = {one["item"]: (one["ngrams"], one["found"]) for one in got["items"]}
        differ = [name for name in wanted if wanted[name] != found.get(name)]
        check(not differ, f"{n}-grams: {len(differ)} items differ, first {differ[:1]}: "
                          f"{[(wanted[name], found.get(name), items[name]) for name in differ[:1]]}")
        flagged = sum(overlap > 0 for _, overlap in wanted.values())
        check(got["summary"]["flagged"] == flagged, f"{n}-grams: {flagged} flagged")
        check(n != 5 or 30 < flagged < 290, f"the test has both kinds: {flagged} flagged")
        for one in got["items"]:
            check((one["first"] is not None) == (one["found"] > 0), "a place where there is one")
        print(f"{n}-grams: {flagged} of {len(items)} items flagged, the same by both")
    return items


def on_a_run(folder):
    assay(folder, "run", "--suite", "arc_easy", "--model", "baseline:first", "--run", "r.db")
    got = json.loads(assay(folder, "contamination", "arc_easy", "--corpus", "corpus", "--ngram", "5", "--run", "r.db",
                           "--format", "json").stdout)
    records = {}
    for line in assay(folder, "export", "r.db", "--to", "jsonl").stdout.splitlines():
        record = json.loads(line)
        records[record["item"]] = record["score"]
    [result] = got["run"]["results"]
    means = {}
    for standing in ("clean", "flagged", "too_short"):
        scores = [records[one["item"]] for one in got["items"] if one["standing"] == standing]
        check(result[standing]["items"] == len(scores), f"{standing}: {len(scores)} items")
        means[standing] = sum(scores) / len(scores)
        check(abs(result[standing]["value"] - means[standing]) < 1e-12, f"{standing}: accuracy")
    check(abs(result["difference"] - (means["flagged"] - means["clean"])) < 1e-12, "the difference")
    check(result["ci95"][0] < result["difference"] < result["ci95"][1], "its interval")
    text = assay(folder, "contamination", "arc_easy", "--corpus", "corpus", "--ngram", "5", "--run", "r.db").stdout
    check("flagged - clean" in text and "a hint, no proof" in text, "the text says so too")
    rows = list(csv.DictReader(io.StringIO(
        assay(folder, "contamination", "arc_easy", "--corpus", "corpus", "--ngram", "5", "--format", "csv").stdout)))
    check(len(rows) == len(got["items"]) and rows[0]["item"] == "arc_easy/0", "a line an item")
    check(sum(row["standing"] == "flagged" for row in rows) == got["summary"]["flagged"], "and what it is")
    auto = json.loads(assay(folder, "contamination", "arc_easy", "--corpus", "corpus", "--ngram", "auto", "--format",
                            "json").stdout)
    check(auto["ngram_fitted"] and 8 <= auto["ngram"] <= 13, "n by the items' lengths")


def on_a_run_by_a_strategy(folder):
    assay(folder, "run", "--suite", "arc_easy", "--strategy", "zero_shot", "--model", "baseline:first", "--run", "s.db")
    got = json.loads(assay(folder, "contamination", "arc_easy", "--corpus", "corpus", "--run", "s.db", "--format",
                           "json").stdout)
    check(got["run"]["results"][0]["options"]["strategy"] == "zero_shot", "the strategy is named")


def refused(folder):
    (folder / "no.jsonl").write_text("{\"a\": 1}\nnot json\n")
    (folder / "z.txt").write_bytes(b"\x28\xb5\x2f\xfdxxxx")
    (folder / "gone.txt").symlink_to("nowhere")
    (folder / "fifo").mkdir()
    os.mkfifo(folder / "fifo" / "pipe")
    (folder / "loop").mkdir()
    (folder / "loop" / "self").symlink_to(".")
    assay(folder, "run", "--starter", "--suite", "arc_easy", "--model", "baseline:first", "--run", "starter.db")
    cases = [
        (["arc_easy"], "--corpus is missing"),
        (["arc_easy", "--corpus", "none"], "none: cannot be read"),
        (["arc_easy", "--corpus", "loop"], "there is no file"),
        (["arc_easy", "--corpus", "fifo"], "not an ordinary file"),
        (["arc_easy", "--corpus", "gone.txt"], "gone.txt: cannot be read"),
        (["arc_easy", "--corpus", "z.txt"], "is zstd"),
        (["arc_easy", "--corpus", "no.jsonl"], "no.jsonl:2: "),
        (["arc_easy", "--corpus", "corpus", "--ngram", "0"], "'0' is not a whole number from 1 to 100, or auto"),
        (["arc_easy", "--corpus", "corpus", "--ngram", "many"], "--ngram: 'many'"),
        (["arc_easy", "--corpus", "corpus", "--format", "xml"], "'xml' is not text, json or csv"),
        (["arc_esy", "--corpus", "corpus"], "did you mean 'arc_easy'"),
        (["arc_easy:colour=red", "--corpus", "corpus"], "unknown option 'colour'"),
        (["arc_easy", "--corpus", "corpus", "--data", "elsewhere"], "elsewhere"),
        (["arc_easy", "--corpus", "corpus", "--run", "none.db"], "none.db"),
        (["arc_easy", "--corpus", "corpus", "--run", "corpus/a.txt"], "corpus/a.txt"),
        (["arc_easy", "--corpus", "corpus", "--run", "r.db#nobody"], "nobody"),
        (["arc_challenge", "--starter", "--corpus", "corpus", "--run", "r.db"], "has no result of suite arc_challenge"),
        (["arc_easy", "--corpus", "corpus", "--run", "starter.db"], "was asked the starter items"),
    ]
    for words, message in cases:
        done = assay(folder, "contamination", *words, code=2)
        lines = done.stderr.strip().splitlines()
        check(len(lines) == 1 and message in lines[0], f"{words}: {message}: {done.stderr}")
        check(done.stdout == "", f"{words}: nothing on stdout")


def memory_is_flat(folder):
    """A corpus on one line, with bytes that are no UTF-8: what is held is the suite's."""
    line = folder / "line.txt"
    block = ("lorem ipsum dolor sit amet " * 40).encode() + b"\xff\xc3\xe2\x82 "
    with open(line, "wb") as file:
        for _ in range(options.megabytes * 1_000_000 // len(block)):
            file.write(block)
    small = folder / "small.txt"
    small.write_bytes(block)

    def peak(path):
        child = os.fork()
        if child == 0:
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, 1)
            os.execve(ASSAY, [ASSAY, "contamination", "arc_easy", "--starter", "--corpus", str(path)], dict(os.environ, HOME=str(folder)))
        _, status, usage = os.wait4(child, 0)
        check(status == 0, f"{path} is read")
        return usage.ru_maxrss / 1024

    base, large = peak(small), peak(line)
    print(f"{options.megabytes} MB on one line: {large:.0f} MiB of memory, against {base:.0f} for a short one")
    check(large < base + 8, "memory does not grow with the corpus")


with tempfile.TemporaryDirectory() as name:
    where = pathlib.Path(name)
    same_as_second_implementation(where)
    on_a_run(where)
    on_a_run_by_a_strategy(where)
    refused(where)
    if options.megabytes > 0:
        memory_is_flat(where)
