#!/usr/bin/env python3
"""Writes tests/cases/suites/legalbench.jsonl: made-up answers to LegalBench's kinds of tasks, and their scores.

    python3 -m venv V && V/bin/pip install scikit-learn==1.5.2 nltk==3.9.1
    V/bin/python tests/conformance/legalbench/fixture.py > tests/cases/suites/legalbench.jsonl

A second implementation of the rules of LegalBench's evaluation.py, written from its description, on scikit-learn's
balanced accuracy and NLTK's stemmer. tests/suites/legalbench_test.cc holds assay's to every line.
"""
import json
import random
import string
import warnings

from nltk.stem.porter import PorterStemmer
from sklearn.metrics import balanced_accuracy_score

BATCHES = 24
SIZE = 12
PUNCTUATION = str.maketrans({mark: None for mark in string.punctuation})
EXCEPTIONS = ["express agreement", "fraudulent conveyance", "de facto merger", "mere continuation"]
STEMMER = PorterStemmer()

LABELS = {
    "hearsay": ["Yes", "No"],
    "abercrombie": ["generic", "descriptive", "suggestive", "arbitrary", "fanciful"],
    "scalr": ["0", "1", "2", "3", "4"],
    "diversity_1": ["Yes", "yes ", "No", "NO.", "Straße", "ΟΔΟΣ", "İstanbul"],
}
TERMS = ["authorize", "authorized", "land", "lands", "traffic", "trafficking", "any person", "public use", "conditions",
         "conditional", "relational", "valenci", "hesitanci", "digitizer", "conformabli", "radicalli", "differentli",
         "vileli", "analogousli", "vietnamization", "predication", "operator", "feudalism", "decisiveness",
         "hopefulness", "callousness", "formaliti", "sensitiviti", "sensibiliti", "triplicate", "formative", "formalize",
         "electriciti", "electrical", "hopeful", "goodness", "revival", "allowance", "inference", "airliner",
         "gyroscopic", "adjustable", "defensible", "irritant", "replacement", "adjustment", "dependent", "adoption",
         "homologou", "communism", "activate", "angulariti", "homologous", "effective", "bowdlerize", "probate", "rate",
         "cease", "controll", "roll", "sky", "skies", "dying", "lying", "news", "innings", "outing", "proceed", "dies",
         "ties", "tied", "spied", "ied", "agreed", "feed", "plastered", "bled", "motoring", "sing", "conflated",
         "troubled", "sized", "hopping", "tanned", "falling", "hissing", "fizzed", "failing", "filing", "happy",
         "enjoy", "say", "by", "fulli", "awfulli", "geologi", "logi", "apologi", "yearly", "yyy", "toy", "syzygy",
         "naïveté", "straßen", "généraliser", "oed", "eing", "ning", "able", "ion", "lion", "mission", "as", "is", ""]


def normal(text):
    return text.translate(PUNCTUATION).strip().lower()


def exact(generations, answers):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return balanced_accuracy_score([normal(a) for a in answers], [normal(g) for g in generations])


def numeric(generations, answers):
    right = 0
    for generation, answer in zip(generations, answers):
        digits = ""
        for sign in generation.replace(",", "").replace(".", ""):
            if sign.isdecimal():
                digits += sign
            elif digits:
                break
        right += abs(int(digits or "0") / (int(answer.replace("$", "")) + 0.1) - 1) < 0.1
    return right / len(answers)


def citation(generations, answers):
    return sum(normal(a) in normal(g) for g, a in zip(generations, answers)) / len(answers)


def term(generations, answers):
    def stems(text):
        return [STEMMER.stem(normal(part)) for part in text.split(",")]
    return sum(bool(set(stems(g)) & set(stems(a))) for g, a in zip(generations, answers)) / len(answers)


def f1(counts):
    hits, false, missed = (sum(column) for column in zip(*counts))
    return None if hits + false + missed == 0 else 2 * hits / (2 * hits + false + missed)


def exceptions(generations, answers):
    counts = []
    for generation, answer in zip(generations, answers):
        left = answer.split(",")
        hits = false = 0
        for phrase in EXCEPTIONS:
            if phrase in generation:
                if phrase in left:
                    left.remove(phrase)
                    hits += 1
                else:
                    false += 1
        counts.append((hits, false, len(left)))
    return f1(counts)


def parties(generations, answers):
    counts = []
    for generation, answer in zip(generations, answers):
        given = [normal(name) for name in generation.split(",")]
        hits = false = missed = 0
        for wanted in map(normal, answer.split(",")):
            place = next((i for i, name in enumerate(given) if wanted in name), None)
            if place is None:
                missed += 1
            else:
                del given[place]
                hits += 1
            false += len(given)  # after each name: the reference's way to count
        counts.append((hits, false, missed))
    return f1(counts)


def dressed(draw, text):
    """An answer as a model may write it."""
    text = draw.choice([str, str, str, str.upper, str.lower, str.title])(text)
    return draw.choice(["", "", "", " ", "\t", "\u00a0", "**", "(", '"']) + text + draw.choice(
        ["", "", "", ".", " ", "\n", "!", "**", ")", ", because it is.", " - see above", "…", "。"])


def some(draw, values, most):
    return ",".join(draw.sample(values, draw.randint(1, most)))


def batches(draw):
    for task, labels in LABELS.items():
        for _ in range(BATCHES):
            answers = [draw.choice(labels) for _ in range(SIZE)]
            yield task, exact, [dressed(draw, draw.choice([a, a, draw.choice(labels), "maybe", ""])) for a in answers], answers
    for _ in range(BATCHES):
        answers = [f"${draw.randint(0, 90000)}" for _ in range(SIZE)]
        yield "sara_numeric", numeric, [
            draw.choice(["", "Alice owes ", "$", "About ", "In 2019: ", "-"]) +
            draw.choice([f"{value:,}", str(value), f"{value}.00", f"{value}.5", "no tax", f"{value:,}. Or 7."]) + " dollars"
            for value in (round(int(a[1:]) * draw.choice([1, 1, 1.05, 0.95, 1.1, 0.9, 0.91, 1.09, 2, 0])) for a in answers)
        ], answers
    names = ["Phillips v. AWH Corp.", "Jones v. Robinson Prop. Grp., L.P.", "In re Łódź", "Roe v. Wade"]
    for _ in range(BATCHES):
        answers = [draw.choice(names) for _ in range(SIZE)]
        yield "citation_prediction_open", citation, [
            draw.choice(["", "See ", "the case of "]) + dressed(draw, draw.choice([a, a, draw.choice(names)])) +
            draw.choice(["", ", 415 F.3d 1303", " (1973)"]) for a in answers], answers
    for _ in range(BATCHES * 4):
        answers = [some(draw, TERMS, 2) for _ in range(SIZE)]
        yield "definition_extraction", term, [
            dressed(draw, draw.choice([a, a.split(",")[0] + draw.choice(["s", "ed", "ing", "ly", "ation", ""]),
                                       some(draw, TERMS, 3)])) for a in answers], answers
    for _ in range(BATCHES):
        answers = [some(draw, EXCEPTIONS, 3) for _ in range(SIZE)]
        yield "successor_liability", exceptions, [
            draw.choice([a, a, some(draw, EXCEPTIONS, 4), a.upper(), "none", ""]) + draw.choice(["", ".", " applies"])
            for a in answers], answers
    people = ["Ruth C May", "Donna E. Ledgerwood", "Juniper Networks, Inc.", "['Not named']", "O'Neil", "May", "Ö"]
    for task in ("ssla_plaintiff", "ssla_company_defendants"):
        for _ in range(BATCHES):
            answers = [some(draw, people, 3) for _ in range(SIZE)]
            yield task, parties, [draw.choice([a, a, some(draw, people, 4), a.lower(), "", "nobody, no one"])
                                  for a in answers], answers


def main():
    draw = random.Random(11)
    for task, rule, generations, answers in batches(draw):
        print(json.dumps({"task": task, "generations": generations, "answers": answers,
                          "score": rule(generations, answers)}))
    # Words alone, so that one that is stemmed otherwise is seen.
    vocabulary = sorted({word + end for word in TERMS if word.isalpha()
                         for end in ("", "s", "es", "ed", "ing", "ly", "ness", "ful", "ation", "ally", "ism", "e", "y")})
    for word in vocabulary:
        print(json.dumps({"word": word, "stem": STEMMER.stem(word)}))


if __name__ == "__main__":
    main()
