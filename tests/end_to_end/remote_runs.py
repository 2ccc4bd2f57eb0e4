"""Whole runs against fault_server: what the remote scripts share."""
import dataclasses
import json
import os
import pathlib
import random
import signal
import subprocess
import tempfile
import time
import urllib.request


class Server:
    """fault_server as a process; options as its command line has them."""

    def __init__(self, program, *options, port=0):
        self.command = [program, *map(str, options)]
        self.port = port
        self.start()

    def start(self):
        self.process = subprocess.Popen([*self.command, "--port", str(self.port)], stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().strip()
        if not self.url:
            raise RuntimeError("fault_server did not start")
        self.port = int(self.url.rsplit(":", 1)[1])

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()

    def counts(self):
        with urllib.request.urlopen(self.url + "/counts") as reply:
            return json.load(reply)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()


@dataclasses.dataclass
class Finished:
    """What a run of the program came to."""
    exit_code: int
    seconds: float
    cpu_s: float
    peak_mb: float
    out: str
    err: str


def run(command, environment=None, folder=None):
    """Runs a command to its end; processor time and peak memory are its own. Of our environment, proxies, authorities
    and keys do not reach it."""
    ours = {name: value for name, value in os.environ.items()
            if not name.lower().endswith(("_proxy", "_api_key", "_ca_bundle")) and not name.startswith("SSL_CERT_")}
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        start = time.monotonic()
        process = subprocess.Popen(command, stdout=out, stderr=err, stdin=subprocess.DEVNULL, cwd=folder,
                                   env={**ours, **(environment or {})})
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        return Finished(process.returncode, seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024,
                        out.read(), err.read())


def write_mmlu(folder, items, subject="astronomy", seed=1):
    """Writes an MMLU data folder: one subject, `items` distinct questions of plain words, and five examples."""
    words = "river stone table yellow seven quick garden window letter music summer bridge paper ocean candle".split()
    draw = random.Random(seed)

    def row(number):
        phrase = lambda count: " ".join(draw.choice(words) for _ in range(count))
        return f"Which of these goes with number {number}: {phrase(24)}?,{phrase(6)},{phrase(6)},{phrase(6)}," \
               f"{phrase(6)},{draw.choice('ABCD')}\n"

    for part, count in (("test", items), ("dev", 5), ("val", 5)):
        path = pathlib.Path(folder) / "mmlu" / part / f"{subject}_{part}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8") as file:
            file.writelines(row(number) for number in range(count))


def mmlu_command(assay, url, data, run_file, *, in_flight=64, items=None, options="", subjects="astronomy", extra=()):
    """The command line of a run of MMLU's letter protocol."""
    suite = "mmlu" if subjects is None else f"mmlu:subjects={subjects}"
    command = [assay, "run", "--suite", suite, "--protocol", "generate", "--data", str(data), "--run", str(run_file),
               "--model", f"openai:loopback@{url}?max_in_flight={in_flight}{options}", *extra]
    return command + (["--limit", str(items)] if items is not None else [])


def summary(assay, run_file):
    """The only result of a run file, as `assay show` has it."""
    shown = run([assay, "show", str(run_file), "--format", "json"])
    if shown.exit_code != 0:
        raise RuntimeError(shown.err)
    return json.loads(shown.out)["results"][0]


def records(assay, run_file):
    """How many samples a run file holds."""
    exported = run([assay, "export", str(run_file), "--to", "jsonl"])
    return len(exported.out.splitlines()) if exported.exit_code == 0 else 0
