# The warm process: already inside its namespaces and Landlock, it forks one child per program, confines it
# further (limits, system-call filter) and tells when it has ended. It never runs a line of a program itself.
# The child for the next program is forked while the present one runs, and waits: it has seen nothing of either.
#
# Arguments: file descriptor of the filter, number of the seccomp system call, scratch directory ("" where there
# is none), whether process limits bind, the role of its children, the CPU to stay on (-1: any). Descriptor 3 is the
# control socket.
#
# Beside what it needs itself it imports what programs import most. Not more: each child pays for the memory of it all,
# when it is forked and when it ends. For that reason, and for the start, the modules in C stand for socket and signal,
# and a judge, which lives for many trials, imports what tests want when they do.
if sys.argv[5] == "judge":
    import ctypes, gc, resource, select, warnings
else:
    import bisect, copy, ctypes, functools, gc, heapq, itertools, math, operator, random, re, resource, select
    import time, typing, warnings
import _signal, _socket, array

CONTROL = 3
PR_SET_PDEATHSIG = 1
SECCOMP_SET_MODE_FILTER = 1
SECCOMP_FILTER_FLAG_NEW_LISTENER = 8


def _send_fds(connection, message, fds):
    connection.sendmsg([message], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, array.array("i", fds))])


def _receive_fds(connection, most_bytes, most_fds):
    """(message, descriptors)"""
    message, ancillary, _, _ = connection.recvmsg(most_bytes, _socket.CMSG_LEN(most_fds * 4))
    fds = array.array("i")
    for level, kind, data in ancillary:
        if level == _socket.SOL_SOCKET and kind == _socket.SCM_RIGHTS:
            fds.frombytes(data[:len(data) - len(data) % fds.itemsize])
    return message, list(fds)


class _FilterProgram(ctypes.Structure):
    _fields_ = [("len", ctypes.c_ushort), ("filter", ctypes.c_void_p)]


class Confinement:
    """What a child puts on itself before it reads its program."""

    def __init__(self, filter_fd, seccomp_number, bind_processes):
        libc = ctypes.CDLL(None, use_errno=True)
        self._prctl, self._syscall = libc.prctl, libc.syscall
        self._number = seccomp_number
        self._bind_processes = bind_processes
        self._instructions = b""
        if filter_fd >= 0:
            self._instructions = os.read(filter_fd, 1 << 20)
            os.close(filter_fd)
        self._buffer = ctypes.create_string_buffer(self._instructions, max(1, len(self._instructions)))
        self._program = _FilterProgram(len(self._instructions) // 8, ctypes.addressof(self._buffer))

    def end_with_parent(self):
        self._prctl(PR_SET_PDEATHSIG, _signal.SIGKILL, 0, 0, 0)

    def put_on(self, job, report):
        """Limits, then the filter. `report` gets its listener, and the process id by the kernel's word."""
        limit = resource.setrlimit
        limit(resource.RLIMIT_AS, (job["memory"], job["memory"]))
        limit(resource.RLIMIT_CPU, (job["cpu"], job["cpu"] + 1))
        limit(resource.RLIMIT_FSIZE, (job["file"], job["file"]))
        limit(resource.RLIMIT_NOFILE, (64, 64))
        limit(resource.RLIMIT_CORE, (0, 0))
        if self._bind_processes:
            limit(resource.RLIMIT_NPROC, (job["threads"], job["threads"]))
        if not self._instructions:
            report.send(b"unfiltered")
            return
        listener = self._syscall(self._number, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER,
                                 ctypes.byref(self._program))
        if listener < 0:
            report.send(b"failed")
            os._exit(1)
        _send_fds(report, b"filtered", [listener])
        os.close(listener)


def _read_texts(payload):
    """The two texts of a payload: the length of the first in eight bytes, then both."""
    data = os.pread(payload, os.fstat(payload).st_size, 0)
    os.close(payload)
    end = 8 + int.from_bytes(data[:8], "little")
    texts = data[8:end].decode("utf-8", "replace"), data[end:].decode("utf-8", "replace")
    # The same program gets the same random numbers, hence the same verdict, each time.
    if "random" in sys.modules or "random" in texts[0]:
        import random
        random.seed(0)
    return texts


def _be_candidate(job, fds, confinement):
    """One program, then the end."""
    report_fd, payload, calls, replies, output = fds
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(output)
    program, preparation = _read_texts(payload)
    report = _socket.socket(fileno=report_fd)
    confinement.put_on(job, report)
    report.close()
    run_candidate(program, preparation, calls, replies)


def _be_judge(job, fds, confinement):
    """The tests of one program after another, as the report socket brings them: only plain data ever came in."""
    report = _socket.socket(fileno=fds[0])
    confinement.put_on(job, report)
    while True:
        message, (payload, replies, calls, verdicts) = _receive_fds(report, 16, 4)
        if not message:
            return
        run_judge(_read_texts(payload)[0], replies, calls, verdicts)
        for fd in (replies, calls, verdicts):
            os.close(fd)


class Spare:
    """A child without a job yet."""

    def __init__(self, control, confinement):
        self._jobs, theirs = _pair()
        self.pid = os.fork()
        if self.pid:
            os.close(theirs.detach())
            return
        try:
            os.close(self._jobs.detach())
            os.close(control.detach())
            os.close(CONTROL)
            _as_child(theirs, confinement)
        except BaseException:
            os._exit(70)
        os._exit(0)

    def give(self, message, fds):
        """Hands it the job; False where it is no more."""
        try:
            _send_fds(self._jobs, message, fds)
        except OSError:
            return False
        finally:
            os.close(self._jobs.detach())
        return True


def _warm_up():
    """Does once what each candidate's child does: what Python makes at its first use is then there before the fork."""
    (calls, asking), (answers, replies) = os.pipe(), os.pipe()
    send(asking, ["call", "f", [[1]], {}])
    os.close(asking)
    run_candidate("from typing import List\n\n\ndef f(x: List[int]) -> int:\n    \"\"\"Text.\"\"\"\n    return x[0]\n",
                  "", calls, replies)
    for fd in (calls, answers, replies):
        os.close(fd)


def _pair():
    """Two connected sockets that keep messages apart."""
    return [_socket.socket(fileno=end.detach()) for end in _socket.socketpair(_socket.AF_UNIX, _socket.SOCK_SEQPACKET)]


def _as_child(jobs, confinement):
    confinement.end_with_parent()
    message, fds = _receive_fds(jobs, 4096, 8)
    os.close(jobs.detach())
    if not message:
        return
    job = from_json(message.decode())
    role = _be_judge if job["role"] == "judge" else _be_candidate
    role(job, fds, confinement)


def _wait(pid, control):
    """Until the child has ended; a message meanwhile, or the end of the control socket, ends it."""
    poll = select.poll()
    pidfd = os.pidfd_open(pid)
    poll.register(pidfd, select.POLLIN)
    poll.register(CONTROL, select.POLLIN)
    alive = True
    while True:
        ready = [fd for fd, _ in poll.poll()]
        if pidfd in ready:
            break
        if CONTROL in ready:
            alive = bool(control.recv(16))
            os.kill(pid, _signal.SIGKILL)
            poll.unregister(CONTROL)
    os.close(pidfd)
    _, status, usage = os.wait4(pid, 0)
    return alive, status, usage


def main():
    filter_fd, number, scratch, bind, role, cpu = sys.argv[1:7]
    confinement = Confinement(int(filter_fd), int(number), bind == "1")
    del sys.argv[1:]
    sys.path[:] = [part for part in sys.path if part]
    os.environ.clear()
    warnings.simplefilter("ignore")
    _signal.signal(_signal.SIGINT, _signal.SIG_DFL)
    _signal.signal(_signal.SIGPIPE, _signal.SIG_IGN)
    if scratch:
        os.chdir(scratch)
    control = _socket.socket(fileno=os.dup(CONTROL))
    if role != "judge":
        _warm_up()
    gc.collect()
    # Takes up what is free between the objects that are there, so that a child's own lie together on new pages and
    # break up fewer shared ones: a seventh fewer page faults a child.
    filling = [bytes(size) for size in range(1, 480, 16) for _ in range(200)]  # noqa: kept to the end
    gc.freeze()
    if int(cpu) >= 0:
        try:
            os.sched_setaffinity(0, {int(cpu)})
        except OSError:  # taken from us meanwhile: it is a matter of speed alone
            pass
    control.send(b"ready")
    spare = Spare(control, confinement)
    while True:
        message, fds = _receive_fds(control, 4096, 8)
        if not message:
            os._exit(0)
        if message == b"kill":  # it came after the child had ended
            continue
        while not spare.give(message, fds):
            os.waitpid(spare.pid, 0)
            spare = Spare(control, confinement)
        for fd in fds:
            os.close(fd)
        child = spare
        spare = Spare(control, confinement)
        alive, status, usage = _wait(child.pid, control)
        if not alive:
            os._exit(0)
        try:
            left = bool(scratch) and bool(os.listdir(scratch))
        except OSError:  # the program took its rights away
            left = True
        cpu = usage.ru_utime + usage.ru_stime
        control.send(to_json({"id": from_json(message.decode())["id"], "status": status, "cpu": cpu,
                              "rss": usage.ru_maxrss, "left": left}).encode())


main()
