# The untrusted side: runs the candidate's program, then answers calls of its functions until the judge is done.


def _brief(error):
    """'TypeName: text' of an exception, whatever its __str__ does."""
    try:
        text = str(error)
    except BaseException:
        text = ""
    name = type(error).__name__
    return (f"{name}: {text}" if text else name)[:2000]


def _base_name(error):
    """The nearest built-in exception class, so that a test's own `except` clauses see what they name."""
    for kind in type(error).__mro__:
        if getattr(builtins, kind.__name__, None) is kind:
            return kind.__name__
    return "Exception"


def run_candidate(source, preparation, calls, replies):
    """`preparation`, where there is one, makes the program of `source`. Never returns anything that matters: the judge
    decides."""
    handles = []
    numbers = {}

    def number_of(value):
        number = numbers.get(id(value))
        if number is None:
            number = numbers[id(value)] = len(handles)
            handles.append(value)  # kept alive, so that its id() stays its own
        return number

    encode = Encoder(number_of).encode
    decode = Decoder(lambda number: handles[number]).decode

    def failed(phase, error):
        send(replies, ["error", phase, _base_name(error), _brief(error)])

    names = {}
    try:
        if preparation:
            prepared = {}
            exec(preparation, prepared)
            source = prepared["prepare"](source)
        code = compile(source, "<candidate>", "exec", dont_inherit=True)
    except MemoryError as error:
        return failed("load", error)
    except BaseException as error:
        return failed("compile", error)
    try:
        exec(code, names)
    except BaseException as error:
        return failed("load", error)
    send(replies, ["ok", None])
    while True:
        try:
            request = receive(calls)
        except EOFError:
            return
        try:
            operation = request[0]
            if operation == "call":
                function = decode(request[1]) if type(request[1]) is dict else names[request[1]]
                arguments = [decode(part) for part in request[2]]
                keywords = {key: decode(part) for key, part in request[3].items()}
                result = function(*arguments, **keywords)
            elif operation == "items":
                result = items_of(decode(request[1]))
            elif operation == "get":
                result = getattr(decode(request[1]), request[2])
            else:
                result = setattr(decode(request[1]), request[2], decode(request[3]))
            try:
                reply = ["ok", encode(result)]
            except RecursionError:  # a structure that contains itself, or is deeper than any literal
                reply = ["ok", {"h": number_of(result)}]
        except KeyError as error:
            if operation == "call" and error.args == (request[1],):
                error = NameError(f"name {request[1]!r} is not defined")
            failed("call", error)
            continue
        except TooBig:
            send(replies, ["too_big"])
            continue
        except BaseException as error:
            failed("call", error)
            continue
        try:
            send(replies, reply)
        except TooBig:
            send(replies, ["too_big"])
        except BaseException as error:
            failed("call", error)
