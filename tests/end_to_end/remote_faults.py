#!/usr/bin/env python3
"""Remote runs against a server that misbehaves: nothing is lost, nothing is asked twice.

    remote_faults.py ASSAY FAULT_SERVER mix     [--items 2000] [--latency-ms 100] [--seeds 5]
    remote_faults.py ASSAY FAULT_SERVER outage  [--items 2000] [--latency-ms 100] [--seconds 20]
    remote_faults.py ASSAY FAULT_SERVER kill    [--items 4000] [--latency-ms 50] [--kills 20]

mix: 5 % 429 (Retry-After 1), 2 % 500, 1 % dropped connections, 0.3 % stalls, 0.5 % truncated bodies; all items must be
answered, none asked again after a good answer, in at most 2.5 times the fault-free time plus the first-byte timeout.
outage: the server is killed in the middle and comes back later; the run must wait and finish.
kill: assay is killed again and again; no session may have sent more than it stored plus what was in flight.
"""
import argparse
import pathlib
import random
import statistics
import sys
import tempfile
import threading
import time
import subprocess

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import remote_runs as remote

FAULTS = ["--refuse", 0.05, "--retry-after", 1, "--fail", 0.02, "--drop", 0.01, "--stall", 0.003, "--truncate", 0.005]
FIRST_BYTE_TIMEOUT_S = 3
MOST_TIMES_FAULT_FREE = 2.5


def check(condition, message):
    if not condition:
        sys.exit(f"FAILED: {message}")


def whole_run(options, server, folder, name, reference=""):
    """One run, checked to be complete; what it came to and the server's counts."""
    run_file = folder / f"{name}.db"
    done = remote.run(remote.mmlu_command(options.assay, server.url, folder, run_file, in_flight=options.in_flight,
                                          items=options.items, options=reference, extra=["--quiet"]))
    check(done.exit_code == 0, f"{name}: exit code {done.exit_code}: {done.err.strip()}")
    result = remote.summary(options.assay, run_file)
    check(result["scored"] == options.items and result["failed"] == 0, f"{name}: {result['scored']} scored")
    return done, server.counts(), result


def mix(options, folder):
    latency = ["--latency-ms", options.latency_ms]
    timeout = f"&first_byte_timeout={FIRST_BYTE_TIMEOUT_S}s"
    with remote.Server(options.fault_server, *latency) as server:
        free, _, _ = whole_run(options, server, folder, "fault_free", timeout)
    print(f"fault-free: {free.seconds:.2f} s")
    seconds = []
    for seed in range(1, options.seeds + 1):
        with remote.Server(options.fault_server, *latency, *FAULTS, "--seed", seed) as server:
            done, counts, result = whole_run(options, server, folder, f"seed{seed}", timeout)
        print(f"seed {seed}: {done.seconds:.2f} s, {counts['requests']} requests, {counts['distinct']} items answered, "
              f"{counts['repeated']} asked again after a good answer, {result['retries']} retries")
        check(counts["distinct"] == options.items, "an item has no good answer")
        check(counts["repeated"] == 0, "an item was asked again after a good answer")
        check(counts["requests"] > options.items, "there were no faults")
        seconds.append(done.seconds)
    allowed = MOST_TIMES_FAULT_FREE * free.seconds + FIRST_BYTE_TIMEOUT_S
    middle = statistics.median(seconds)
    print(f"median {middle:.2f} s; allowed {allowed:.2f} s; {middle / free.seconds:.2f} times fault-free")
    check(options.untimed or middle <= allowed, "too slow")


def outage(options, folder):
    with remote.Server(options.fault_server, "--latency-ms", options.latency_ms) as server:
        free, _, _ = whole_run(options, server, folder, "unbroken")
        down = []

        def die_and_return():
            deadline = time.monotonic() + 60
            while server.counts()["requests"] < options.items * 4 // 3:  # those of the unbroken run, and a third
                if time.monotonic() > deadline:
                    return
                time.sleep(0.005)
            down.append(server.counts()["requests"] - options.items)
            server.kill()
            time.sleep(options.seconds)
            server.start()

        dying = threading.Thread(target=die_and_return)
        dying.start()
        try:
            done, counts, result = whole_run(options, server, folder, "outage")
        finally:
            dying.join()  # or it would start the server again when nobody stops it any more
    check(down and 0 < down[0] < options.items, "the server did not die in the middle")
    sent = down[0] + counts["requests"]
    print(f"unbroken {free.seconds:.2f} s; with the server away for {options.seconds:g} s {done.seconds:.2f} s; "
          f"{sent} requests for {options.items} items, {result['retries']} retries")
    check(done.seconds >= options.seconds, "the run did not wait")
    check(done.seconds <= free.seconds + options.seconds + 10, "the run took too long after the server was back")
    check(sent <= options.items + options.in_flight, "more was asked again than what was in flight")


def kill(options, folder):
    draw = random.Random(options.seed)
    run_file = folder / "killed.db"
    most = killed = earlier_requests = earlier_stored = 0
    with remote.Server(options.fault_server, "--latency-ms", options.latency_ms) as server:
        command = remote.mmlu_command(options.assay, server.url, folder, run_file, in_flight=options.in_flight,
                                      items=options.items, extra=["--quiet"])
        span = 2 * (options.items / options.in_flight * options.latency_ms / 1000) / options.kills
        while killed < options.kills:
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            while server.counts()["requests"] == earlier_requests and process.poll() is None:
                time.sleep(0.005)
            try:
                process.wait(timeout=draw.uniform(0, span))
                check(process.returncode == 0, f"session {killed} ended by itself with {process.returncode}")
                break
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            killed += 1
            time.sleep(0.05)
            requests, stored = server.counts()["requests"], remote.records(options.assay, run_file)
            lost = requests - earlier_requests - (stored - earlier_stored)
            most = max(most, lost)
            earlier_requests, earlier_stored = requests, stored
        done = remote.run(command)
        check(done.exit_code == 0, f"resuming: exit code {done.exit_code}: {done.err.strip()}")
        counts = server.counts()
    result = remote.summary(options.assay, run_file)
    check(result["scored"] == options.items, f"{result['scored']} scored")
    more = counts["requests"] - options.items
    print(f"seed {options.seed}: {killed} kills; {counts['requests']} requests for {options.items} items: {more} more; "
          f"at most {most} a kill with {options.in_flight} in flight; {counts['repeated']} asked again after the server "
          f"had answered")
    check(killed >= min(3, options.kills), "the run ended before it could be killed")
    check(most <= options.in_flight, "a killed session had sent more than it stored and had in flight")
    check(more <= killed * options.in_flight, "more requests than the kills explain")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("assay")
    parser.add_argument("fault_server")
    parser.add_argument("what", choices=["mix", "outage", "kill"])
    parser.add_argument("--items", type=int)
    parser.add_argument("--latency-ms", type=float)
    parser.add_argument("--in-flight", type=int, default=64)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--untimed", action="store_true", help="mix: the time is printed and not judged")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    options.assay = str(pathlib.Path(options.assay).resolve())
    options.items = options.items or (4000 if options.what == "kill" else 2000)
    options.latency_ms = options.latency_ms or (50 if options.what == "kill" else 100)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        remote.write_mmlu(folder, options.items)
        {"mix": mix, "outage": outage, "kill": kill}[options.what](options, folder)


if __name__ == "__main__":
    main()
