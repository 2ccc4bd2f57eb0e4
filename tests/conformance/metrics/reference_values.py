#!/usr/bin/env python3
"""Writes the reference values that suites/scoring and results/statistics are tested against.

reference_values.py DIRECTORY [PART...]: writes DIRECTORY/<part>.jsonl.gz for each part; without any, all of them:
  texts    pairs of texts: rouge_score (RougeScorer(["rougeL"]).score), sacrebleu (sentence_bleu, corpus_bleu of every
           20 pairs, tokenizer 13a), SQuAD's F1 and normalisation (transformers.data.metrics.squad_metrics)
  classes  gold and predicted classes: sklearn.metrics (accuracy_score, balanced_accuracy_score)
  schemas  JSON Schemas and values: jsonschema.Draft202012Validator.is_valid
  templates  templates and fields: jinja2.Environment(trim_blocks=True, lstrip_blocks=True)
Each file begins with a line that names the packages' versions and the seed. A part whose package is missing is left out
and said so. The same seed gives the same cases.
"""
import gzip
import importlib.metadata
import json
import random
import sys

SEED = 20261127
CASES = 1200

WORDS = """the a an cat sat on mat quick brown fox jumps over lazy dog answer is 42 3.14 1,000 U.S.A. e.g. don't it's
Über straße STRASSE naïve façade Ελλάς ΣΊΣΥΦΟΣ ὈΔΥΣΣΕΎΣ İstanbul ıIİi Привет мир 你好 世界 こんにちは Tokyo東京 한국어 مرحبا עברית
½ ² ① Ⅻ ５ K Å ﬁ ǅ 🙂 👩‍👩‍👧 $5 50% x=y a/b well-known state-of-the-art 5-year -7 (hello) [x] {y} "quoted" 'single' “curly” « » — – …
A An The THE theory another à la Ca-Na.,!? &amp; &quot; &lt;b&gt; <skipped> no. 3. .5 1.2.3 12-34 foo_bar C++ @me #tag ; : | \\ ~ ` ^""".split()
BLANKS = [" "] * 12 + ["  ", "\n", "\t", "\u00a0", "\u3000", "\u2003", " \n", "-\n", "\x1c", "\u200b"]


def text(rng, longest):
    parts = []
    for _ in range(rng.randint(0, longest)):
        word = rng.choice(WORDS)
        if rng.random() < 0.15:
            word = rng.choice([word.upper(), word.lower(), word.title(), word + rng.choice(".,!?;:"), word[::-1]])
        parts += [word, rng.choice(BLANKS)]
    return "".join(parts[:-1] if rng.random() < 0.8 else parts)


def changed(rng, original):
    words = original.split(" ")
    for _ in range(rng.randint(0, 4)):
        if not words:
            break
        at = rng.randrange(len(words))
        action = rng.random()
        if action < 0.4:
            words[at] = rng.choice(WORDS)
        elif action < 0.6:
            del words[at]
        elif action < 0.8:
            words.insert(at, rng.choice(WORDS))
        else:
            other = rng.randrange(len(words))
            words[at], words[other] = words[other], words[at]
    return " ".join(words)


def version(*names):
    return {name: importlib.metadata.version(name) for name in names}


def texts(rng):
    import sacrebleu
    from rouge_score import rouge_scorer
    from transformers.data.metrics.squad_metrics import compute_f1, normalize_answer
    yield version("rouge-score", "sacrebleu", "transformers")
    scorer = rouge_scorer.RougeScorer(["rougeL"])
    group = []
    for index in range(CASES):
        target = text(rng, 24)
        answer = changed(rng, target) if rng.random() < 0.7 else text(rng, 24)
        references = [target] + [changed(rng, target) for _ in range(rng.choice([0, 0, 0, 1, 2]))]
        rouge = scorer.score(target, answer)["rougeL"]
        group.append((answer, references))
        case = {"targets": references, "answer": answer, "rouge": [rouge.precision, rouge.recall, rouge.fmeasure],
                "bleu": sacrebleu.sentence_bleu(answer, references).score / 100, "f1": compute_f1(target, answer),
                "normalised": normalize_answer(answer)}
        if len(group) == 20:
            most = max(len(references) for _, references in group)
            streams = [[refs[i] if i < len(refs) else None for _, refs in group] for i in range(most)]
            case["corpus_bleu"] = sacrebleu.corpus_bleu([answer for answer, _ in group], streams).score / 100
            group = []
        yield case


def classes(rng):
    import warnings
    from sklearn.metrics import accuracy_score, balanced_accuracy_score
    warnings.simplefilter("ignore")  # a predicted class that no item has
    yield version("scikit-learn")
    names = ["yes", "no", "Über", "東京", "maybe", ""]
    for _ in range(CASES):
        some = rng.sample(names, rng.randint(1, len(names)))
        gold = [rng.choice(some) for _ in range(rng.randint(1, 40))]
        predicted = [g if rng.random() < 0.6 else rng.choice(some) for g in gold]
        yield {"gold": gold, "predicted": predicted, "accuracy": accuracy_score(gold, predicted),
               "balanced": balanced_accuracy_score(gold, predicted)}


def schema(rng, depth):
    kind = rng.choice(["string", "number", "integer", "boolean", "null", "array", "object", "enum", "any", "of"])
    if kind == "string":
        out = {"type": "string"}
        if rng.random() < 0.5:
            out["minLength"] = rng.randint(0, 3)
        if rng.random() < 0.5:
            out["maxLength"] = rng.randint(1, 5)
        if rng.random() < 0.3:
            out["pattern"] = rng.choice(["^a", "b$", "^[a-zü]+$", "東"])
        return out
    if kind in ("number", "integer"):
        out = {"type": kind}
        for word in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"):
            if rng.random() < 0.25:
                out[word] = rng.choice([-1, 0, 1, 2.5, 10])
        if rng.random() < 0.2:
            out["multipleOf"] = rng.choice([1, 2, 0.5])
        return out
    if kind in ("boolean", "null"):
        return {"type": kind}
    if kind == "enum":
        return rng.choice([{"enum": [value(rng, 1) for _ in range(3)]}, {"const": value(rng, 1)}])
    if kind == "any" or depth == 0:
        return rng.choice([True, {}, {"type": ["string", "null"]}, {"title": "anything"}, {"not": {"type": "string"}}])
    if kind == "of":
        word = rng.choice(["allOf", "anyOf", "oneOf"])
        return {word: [schema(rng, depth - 1) for _ in range(rng.randint(1, 3))]}
    if kind == "array":
        out = {"type": "array", "items": schema(rng, depth - 1)}
        if rng.random() < 0.4:
            out["minItems"] = rng.randint(0, 2)
        if rng.random() < 0.4:
            out["maxItems"] = rng.randint(1, 3)
        if rng.random() < 0.3:
            out["uniqueItems"] = True
        return out
    out = {"type": "object", "properties": {name: schema(rng, depth - 1) for name in rng.sample(["a", "b", "ü"], rng.randint(1, 3))}}
    if rng.random() < 0.5:
        out["required"] = rng.sample(["a", "b", "ü"], rng.randint(1, 2))
    if rng.random() < 0.5:
        out["additionalProperties"] = rng.choice([False, True, schema(rng, 0)])
    if rng.random() < 0.2:
        out["minProperties"] = rng.randint(0, 2)
    if rng.random() < 0.2:
        out["maxProperties"] = rng.randint(1, 3)
    if depth == 3 and rng.random() < 0.2:  # a place is looked up from the root
        out["$defs"] = {"inner": {"type": "integer"}}
        out["properties"]["c"] = {"$ref": "#/$defs/inner"}
    return out


def value(rng, depth):
    kind = rng.randrange(7 if depth else 5)
    if kind == 0:
        return rng.choice(["", "a", "ab", "abc", "東京", "ü", "b", "🙂🙂"])
    if kind == 1:
        return rng.choice([-1, 0, 1, 2, 10, 1.0, 2.5, -0.5, 0.25])
    if kind == 2:
        return rng.choice([True, False])
    if kind == 3:
        return None
    if kind == 4:
        return rng.choice([0, 1, 2, "a", True])
    if kind == 5:
        return [value(rng, depth - 1) for _ in range(rng.randint(0, 4))]
    return {name: value(rng, depth - 1) for name in rng.sample(["a", "b", "c", "ü"], rng.randint(0, 4))}


def fitting(rng, wanted, root, depth):
    """A value that is likely to be valid: chance alone gives next to none for a schema of some depth."""
    if wanted is True or wanted is False or depth < 0:
        return value(rng, 1)
    if "$ref" in wanted:
        return rng.randint(-3, 3)
    if "const" in wanted:
        return wanted["const"]
    if "enum" in wanted:
        return rng.choice(wanted["enum"])
    for word in ("allOf", "anyOf", "oneOf"):
        if word in wanted:
            return fitting(rng, rng.choice(wanted[word]), root, depth - 1)
    kind = wanted.get("type")
    if kind == "object":
        names = list(wanted.get("properties", {}))
        out = {name: fitting(rng, wanted["properties"][name], root, depth - 1) for name in names if rng.random() < 0.8}
        for name in wanted.get("required", []):
            out.setdefault(name, value(rng, 0))
        return out
    if kind == "array":
        return [fitting(rng, wanted["items"], root, depth - 1) for _ in range(rng.randint(0, 3))]
    if kind == "string":
        return rng.choice(["", "a", "ab", "abc", "東京", "ü"])
    if kind in ("number", "integer"):
        return rng.choice([-1, 0, 1, 2, 10, 1.0, 2.5])
    if kind == "boolean":
        return rng.choice([True, False])
    return None if kind == "null" else value(rng, 1)


def schemas(rng):
    from jsonschema import Draft202012Validator
    yield version("jsonschema")
    for _ in range(CASES):
        wanted = schema(rng, 3)
        given = fitting(rng, wanted, wanted, 4) if rng.random() < 0.7 else value(rng, 3)
        yield {"schema": json.dumps(wanted), "value": json.dumps(given), "valid": Draft202012Validator(wanted).is_valid(given)}


def templates(rng):
    import jinja2
    yield version("jinja2")
    environment = jinja2.Environment(trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined)
    sources = [
        "{{ question }}\nAnswer:", "Q: {{ question | trim }}{% if context %} ({{ context }}){% endif %}\n",
        "{% for c in choices %}\n{{ loop.index }}. {{ c }}\n{% endfor %}\nAnswer:",
        "{% for c in choices -%} {{ c }}{% if not loop.last %}, {% endif %}{%- endfor %}",
        "{{ choices | join(' / ') }} {{ choices | length }} {{ choices[0] }} {{ choices[-1] }}",
        "{{ question | upper }} {{ question | lower }} {{ question | replace('a', 'b') }}",
        "{% set first = choices | first %}{{ first }} {{ choices | last }}",
        "{{ ['A', 'B', 'C', 'D'][label] }} {{ label + 1 }} {{ label == 1 }}",
        "{{ row['two words'] }} {{ 'yes' if label > 1 else 'no' }}", "{# a remark #}{{ question }}",
        "  {% if label == 0 %}\n  zero\n  {% elif label == 1 %}\n  one\n  {% else %}\n  more\n  {% endif %}\nend",
        "{{ 'ABCD'[label] }}: {{ choices[label] | trim }}", "{{ choices | tojson }}", "{{ question }}{{ '\\n' }}{{ context }}",
        "{%- for c in choices | reverse %}{{ c }};{% endfor -%}  ", "{{ question.split(' ') | join('_') }} {{ question.strip() }}",
        "{{ context or 'none given' }} {{ question[:5] }} {{ question[2:] }}", 
        "{{ '%s' }} {{ '{{' }} {{ number }} {{ truth }}",
    ]
    for _ in range(60):
        for source in sources:
            # what the engine does to the letters of ASCII alone, and by bytes (suites/custom/README.md)
            ascii_only = any(word in source for word in ("upper", "lower", "[:", ":]", "tojson", "trim", "strip"))

            def words(longest):
                made = text(rng, longest)
                return "".join(c for c in made if c.isascii() and c not in "<>&'\x1c") if ascii_only else made

            fields = {"question": words(8), "context": rng.choice(["", words(4)]),
                      "choices": [words(3) for _ in range(4)], "label": rng.randrange(4),
                      "two words": words(2), "number": rng.choice([1, 2.5, 100, -3]), "truth": rng.random() < 0.5}
            fields["row"] = dict(fields)
            try:
                rendered = environment.from_string(source).render(**fields)
            except jinja2.UndefinedError:
                continue
            yield {"template": source, "fields": json.dumps(fields), "text": rendered}


def main():
    folder, parts = sys.argv[1], sys.argv[2:] or ["texts", "classes", "schemas", "templates"]
    for part in parts:
        cases = globals()[part](random.Random(SEED))
        try:
            head = next(cases)
        except ImportError as missing:
            print(f"{part}: left out, {missing}", file=sys.stderr)
            continue
        lines = [{"versions": head, "seed": SEED, "made_by": "tests/conformance/metrics/reference_values.py"}, *cases]
        data = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines).encode("utf-8", "replace")
        with open(f"{folder}/{part}.jsonl.gz", "wb") as file:
            file.write(gzip.compress(data, 9, mtime=0))
        print(f"{part}: {len(lines) - 1} cases")


main()
