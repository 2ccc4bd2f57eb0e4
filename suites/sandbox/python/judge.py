# The trusted side: runs the tests. Of the candidate it sees plain data only, never an object or a frame.
import time

_CHECK = "<check>"
_MOST_TEXT = 2000  # characters of an explanation


class Ended(Exception):
    """The candidate cannot answer any more; `verdict` says why."""

    def __init__(self, kind, text):
        super().__init__(kind)
        self.verdict = (kind, text)


class Judge:
    """The conversation with the candidate's process."""

    def __init__(self, calls, replies):
        self._calls = calls
        self._replies = replies
        self._opaque = {}
        self.raised = None  # the exception that stands for the candidate's last one
        self.last = None    # text of the last call's result
        judge = self

        class Opaque:
            """A value that is no plain data: equal to nothing but itself; what is done with it is done there."""
            __slots__ = ("_number",)

            def __init__(self, number):
                object.__setattr__(self, "_number", number)

            def __getattr__(self, name):
                if name.startswith("__"):
                    raise AttributeError(name)
                return judge.ask(["get", {"h": self._number}, name])

            def __setattr__(self, name, value):
                judge.ask(["set", {"h": self._number}, name, judge.encode(value)])

            def __iter__(self):
                return iter(judge.ask(["items", {"h": self._number}]))

            def __call__(self, *arguments, **keywords):
                return judge.call({"h": self._number}, arguments, keywords)

            def __repr__(self):
                return "<an object of the candidate's>"

        self._opaque_type = Opaque
        self.encode = Encoder(self._number_of).encode
        self._decode = Decoder(self._opaque_of).decode

    def _number_of(self, value):
        if type(value) is self._opaque_type:
            return object.__getattribute__(value, "_number")
        raise TypeError(f"the tests pass a {type(value).__name__}, which cannot be sent to the candidate")

    def _opaque_of(self, number):
        if type(number) is not int:
            raise BadData("a handle that is no number")
        if number not in self._opaque:
            self._opaque[number] = self._opaque_type(number)
        return self._opaque[number]

    def _reply(self):
        try:
            reply = receive(self._replies)
        except EOFError:
            raise Ended("gone", "") from None
        except TooBig:
            raise Ended("too_big", "") from None
        except BadData as error:
            raise Ended("bad_data", str(error)) from None
        if type(reply) is list and reply:
            if reply[0] == "ok" and len(reply) == 2:
                return reply
            if reply[0] == "error" and len(reply) == 4 and all(type(part) is str for part in reply):
                return reply
            if reply == ["too_big"]:
                raise Ended("too_big", "")
        raise Ended("bad_data", "not a reply")

    def loaded(self):
        """Waits until the candidate's module has run."""
        reply = self._reply()
        if reply[0] == "error":
            raise Ended("syntax_error" if reply[1] == "compile" else "exception", reply[3][:2000])

    def ask(self, message):
        try:
            send(self._calls, message)
        except BrokenPipeError:
            raise Ended("gone", "") from None
        reply = self._reply()
        if reply[0] == "error":
            kind = getattr(builtins, reply[2], Exception)
            if not (isinstance(kind, type) and issubclass(kind, BaseException)):
                kind = Exception
            try:
                self.raised = kind(reply[3])
            except TypeError:  # UnicodeDecodeError and its like want more arguments
                self.raised = Exception(reply[3])
            self.raised_text = reply[3][:2000]
            raise self.raised
        try:
            return self._decode(reply[1])
        except (BadData, RecursionError) as error:
            raise Ended("bad_data", str(error)) from None

    def call(self, function, arguments, keywords):
        result = self.ask(["call", function, [self.encode(part) for part in arguments],
                           {key: self.encode(part) for key, part in keywords.items()}])
        self.last = result
        return result

    def proxy(self, name):
        """What stands for the candidate's function `name` in the tests."""
        def candidate(*arguments, **keywords):
            return self.call(name, arguments, keywords)
        candidate.__name__ = name
        return candidate


def _failed_statement(source, error):
    """The text of the test's statement that raised, as far as it can be told."""
    line = None
    trace = error.__traceback__
    while trace:
        if trace.tb_frame.f_code.co_filename == _CHECK:
            line = trace.tb_lineno
        trace = trace.tb_next
    if line is None:
        return ""
    import ast  # here: a judge whose programs pass needs no parser
    best = None
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.stmt) and node.lineno <= line <= node.end_lineno:
            if best is None or node.end_lineno - node.lineno <= best.end_lineno - best.lineno:
                best = node
    return " ".join((ast.get_source_segment(source, best) or "").split()) if best else ""


def _shown(value):
    try:
        return repr(value)[:300]
    except Exception:
        return "?"


def _verdict(judge, source):
    names = {"__candidate__": judge.proxy}
    code = compile(source, _CHECK, "exec", dont_inherit=True)
    try:
        judge.loaded()
        exec(code, names)
    except Ended as ended:
        return ended.verdict
    except MemoryError as error:
        if error is judge.raised:
            return "exception", judge.raised_text
        return "too_big", ""
    except BaseException as error:
        if error is judge.raised:
            return "exception", judge.raised_text
        where = _failed_statement(source, error)[:600]
        what = "" if type(error) is AssertionError and not str(error) else f" raised {_brief(error)}"
        got = f"; the last call returned {_shown(judge.last)}" if judge.last is not None else ""
        return "wrong_answer", (where + what + got)[:1500]
    return "passed", ""


def run_judge(source, replies, calls, verdicts):
    """Runs the tests and writes the verdict, with the CPU seconds it took, where only this process can."""
    start = time.process_time()
    kind, text = _verdict(Judge(calls, replies), source)
    text = text[:_MOST_TEXT].encode("utf-8", "replace").decode("utf-8")  # half a surrogate pair is no text outside
    send(verdicts, [kind, text, time.process_time() - start])
