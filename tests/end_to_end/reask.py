#!/usr/bin/env python3
"""`gate --reask`: an alarm that both models' second answers repeat stands; one that they do not is taken back; what was
asked again once is not asked a third time; where the second answers cannot be had, the alarm stands.

    reask.py ASSAY

"""
import http.server
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import generated_hellaswag

ITEMS = 200
LOST = 20
GAINED = 4


class Model:
    """A chat server on loopback that answers each item of `items` rightly, but for those in `wrong`."""

    def __init__(self, items):
        self.letters = {item["ctx_a"]: "ABCD"[item["label"]] for item in items}
        self.order = {item["ctx_a"]: item["ind"] for item in items}
        self.wrong = set()
        self.asked = 0
        self.counting = threading.Lock()
        model = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                body = model.answer(json.dumps(asked["messages"]))
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            request_queue_size = 256

        self.server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.reference = f"openai:m@http://127.0.0.1:{self.server.server_port}/v1"

    def answer(self, prompt):
        with self.counting:
            self.asked += 1
        item = next(name for name in self.order if name in prompt)
        letter = self.letters[item]
        if self.order[item] in self.wrong:
            letter = "B" if letter == "A" else "A"
        message = {"role": "assistant", "content": letter}
        return json.dumps({"choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
                           "usage": {"prompt_tokens": 9, "completion_tokens": 1}}).encode()


def main():
    assay = sys.argv[1]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        data = generated_hellaswag.write(folder, ITEMS)
        items = [json.loads(line) for line in data.read_text(encoding="utf-8").splitlines()]
        baseline, candidate = Model(items), Model(items)

        def call(*words):
            done = subprocess.run([assay, *map(str, words)], capture_output=True, text=True)
            return done.returncode, done.stdout, done.stderr

        def run(path, model):
            code, _, error = call("run", "--suite", "hellaswag", "--protocol", "generate", "--data", folder, "--quiet",
                                  "--run", folder / path, "--model", model.reference)
            if code != 0:
                sys.exit(f"run {path}: {code} {error}")

        def gate(*more):
            code, out, error = call("gate", "--baseline", folder / "frozen.db", folder / "tonight.db", "--format",
                                    "json", *more)
            return code, json.loads(out)["comparison"] if out else None, error

        def expect(what, seen, wanted):
            if seen != wanted:
                sys.exit(f"{what}: {seen}, not {wanted}")

        baseline.wrong = set(range(100, 100 + GAINED))
        candidate.wrong = set(range(LOST))
        run("frozen.db", baseline)
        run("tonight.db", candidate)
        reask = ("--reask", "--data", folder, "--on-undecided", "pass")

        code, first, _ = gate()
        expect("the first answers", (code, "reasked" in first["suites"][0]), (1, False))
        before = sorted(path.name for path in folder.glob("*.db"))

        # Without data there is nothing to ask: the alarm stands, and it is said why.
        code, _, error = gate("--reask", "--data", folder / "nowhere", "--on-undecided", "pass")
        if code != 1 or "the alarm stands" not in error:
            sys.exit(f"no data: {code} {error}")
        expect("files after no data", sorted(path.name for path in folder.glob("*.db")), before)

        # The same answers again: it stands. Both are asked their flips, and nothing else.
        baseline.asked = candidate.asked = 0
        code, again, _ = gate(*reask)
        expect("repeated", (code, again["suites"][0]["judged"], again["suites"][0]["reasked"]),
               (1, "worse", {"flips": LOST + GAINED, "answered": LOST + GAINED, "only_baseline": LOST,
                             "only_candidate": GAINED, "alarm_stands": True}))
        expect("asked again", (baseline.asked, candidate.asked), (LOST + GAINED, LOST + GAINED))

        # Asked once: the answers are at hand, though the model would answer otherwise now.
        candidate.wrong = set()
        code, _, _ = gate(*reask)
        expect("kept answers", (code, baseline.asked, candidate.asked), (1, LOST + GAINED, LOST + GAINED))

        # A bad hour that is over: the alarm is taken back.
        for path in folder.glob("tonight.reask-*"):
            path.unlink()
        junit = folder / "gate.xml"
        code, calm, _ = gate(*reask, "--junit", junit)
        suite = calm["suites"][0]
        expect("taken back", (code, suite["verdict"], suite["judged"], suite["reasked"]["alarm_stands"],
                              calm["verdict"]), (0, "worse", "undecided", False, "undecided"))
        if not re.search("asked once more, 24 of its 24 flips .* the alarm is taken back", junit.read_text()):
            sys.exit("the JUnit file does not say what was taken back")
        code, _, _ = gate("--reask", "--data", folder)
        expect("undecided fails by default", code, 1)

        # Nothing to ask where there is no alarm.
        code, calm, _ = call("gate", "--baseline", folder / "frozen.db", folder / "frozen.db", "--reask")
        expect("no alarm", code, 0)

        # No file that a flag names may be a run, or be named twice; a device stays one.
        frozen = (folder / "frozen.db").read_bytes()
        for flag in ("--junit", "--markdown", "--prometheus", "--history"):
            code, _, error = gate(flag, folder / "frozen.db")
            expect(flag + " over a run", (code, "is not written over" in error), (2, True))
        expect("the frozen run", (folder / "frozen.db").read_bytes() == frozen, True)
        code, _, error = gate("--junit", folder / "x", "--markdown", folder / "x")
        expect("one file twice", (code, "name the same file" in error, (folder / "x").exists()), (2, True, False))
        (folder / "link.xml").symlink_to(folder / "real.xml")
        gate("--junit", folder / "link.xml", "--markdown", "/dev/null")
        expect("a link", ((folder / "link.xml").is_symlink(), "<testsuites" in (folder / "real.xml").read_text(),
                          pathlib.Path("/dev/null").is_char_device()), (True, True, True))

        code, _, error = call("gate", folder / "nightly.yaml")
        expect("no run", (code, "the run to judge is missing" in error), (2, True))
        code, _, error = call("gate", folder / "frozen.db", folder / "tonight.db")
        expect("a run for a policy", (code, "a baseline is given by --baseline" in error), (2, True))
        code, _, error = gate("--budget", "1")
        expect("a budget alone", (code, "for --reask" in error), (2, True))


main()
