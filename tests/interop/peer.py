"""What peer.ts does, from Python, where it takes part: the same words on the command line, the same lines in return."""

import json
import os
import random
import sys

import shmkit

numpy = None
if len(sys.argv) > 1 and sys.argv[1] in ("table-read", "ring-read", "broadcast-read", "watch"):
    try:
        if "SHMKIT_TEST_PLAIN" not in os.environ:
            import numpy
    except ImportError:
        print("peer.py: no NumPy, nothing is read as an array", file=sys.stderr)

SEEN, GIVEN, ERRORS, ROWS = 16, 17, 32, 8
MASK = 0xFFFFFFFF

NAMES = None if numpy is None else numpy.array([b"t%d" % i for i in range(1000)])


def tell(value):
    print(json.dumps(value), flush=True)


def is_whole(tick):
    sequence = tick["sequence"]
    low = sequence & MASK
    return tick["check"] == low * 0x9E3779B1 & MASK and tick["low"] & MASK == low and \
        tick["twice"] == sequence * 2 and tick["price"] == sequence / 4 and tick["name"] == f"t{sequence % 1000}"


def are_whole(ticks):
    """The same of an array, so that millions do not take minutes."""
    sequence = ticks["sequence"].astype("u8")
    low = sequence.astype("u4")
    return bool((ticks["check"] == low * numpy.uint32(0x9E3779B1)).all() and
                (ticks["low"].view("u4") == low).all() and (ticks["twice"] == sequence * 2.0).all() and
                (ticks["price"] == sequence * 25).all() and
                (ticks["name"] == NAMES[sequence % 1000]).all())


def table_read(segment, count):
    table, last, torn, backwards, reads, rows = segment.table("table"), [0] * ROWS, 0, 0, 0, 0
    since = 0
    tell("reading")
    while rows < ROWS:
        rows = 0
        for row, tick in enumerate(table):
            if tick is None:
                continue
            reads += 1
            torn += not is_whole(tick)
            backwards += tick["sequence"] < last[row]
            last[row] = tick["sequence"]
            rows += tick["sequence"] == count
        changed, since = table.changed_since(since)
        torn += any(table.version(row) == 0 for row in changed)
        if numpy is not None:
            found = table.array()
            written = table.versions() > 0
            torn += not are_whole(found[written & (found["sequence"] > 0)])
            torn += not (table.slots()["record"]["sequence"].shape == (ROWS, 2))
    tell({"torn": torn, "backwards": backwards, "isEnough": reads >= ROWS})


def ring_read(segment, count):
    received = torn = wrong = 0
    with segment.ring("ring").consumer() as consumer:
        while received < count:
            if numpy is not None and random.random() < 0.9:
                ticks = consumer.peek_array(random.randint(1, 1000), timeout=20)
                found = len(ticks)
                torn += not are_whole(ticks)
                wrong += not (ticks["sequence"] == numpy.arange(received, received + found)).all()
                del ticks
                consumer.free()
            else:
                records = consumer.drain(random.randint(1, 100), timeout=20)
                found = len(records)
                torn += not all(map(is_whole, records))
                wrong += [tick["sequence"] for tick in records] != list(range(received, received + found))
            if found == 0:
                break
            received += found
    tell({"received": received, "torn": torn, "wrong": wrong})


def ring_read_on(segment, _count):
    notes = segment.bytes_of(segment.find("notes")).cast("d")
    following = -1
    consumer = segment.ring("ring").consumer()
    tell("working")
    while True:
        for tick in consumer.peek(random.randint(1, 32), timeout=20):
            sequence = tick["sequence"]
            is_next = sequence == following if following >= 0 else notes[GIVEN] <= sequence <= notes[SEEN]
            if not is_whole(tick) or not is_next:
                notes[ERRORS] += 1
            following = sequence + 1
            if following > notes[SEEN]:
                notes[SEEN] = following
        consumer.free()
        if following >= 0:
            notes[GIVEN] = following


def broadcast_read(segment, count):
    reader = segment.broadcast("broadcast").reader("oldest")
    first, torn, wrong, received = reader.position, 0, 0, 0
    tell("reading")
    while reader.position < count:
        if numpy is not None and random.random() < 0.9:
            ticks = reader.drain_array(random.randint(1, 500), timeout=20)
            sequences, whole = ticks["sequence"].tolist(), are_whole(ticks)
        else:
            records = reader.drain(random.randint(1, 50), timeout=20)
            sequences, whole = [tick["sequence"] for tick in records], all(map(is_whole, records))
        if not sequences:
            break
        torn += not whole
        received += len(sequences)
        wrong += sequences != list(range(reader.position - len(sequences), reader.position))
        wrong += received + reader.lost != reader.position - first
    tell({"torn": torn, "wrong": wrong, "total": received + reader.lost, "isSome": received > 0})


def tick_of(sequence):
    low = sequence & MASK
    return {"sequence": sequence, "check": low * 0x9E3779B1 & MASK, "low": low - (low >> 31 << 32),
            "twice": sequence * 2, "price": sequence / 4, "name": f"t{sequence % 1000}"}


def table_write(segment, count):
    with segment.table("table").writer() as writer:
        tell("writing")
        for sequence in range(1, count + 1):
            for row in range(ROWS):
                writer.write(row, tick_of(sequence))
    tell("done")


def ring_write(segment, count):
    with segment.ring("ring").producer() as producer:
        following = 0
        while following < count:
            batch = min(random.randint(1, 16), count - following)
            sent = producer.push_all(map(tick_of, range(following, following + batch)), timeout=20)
            assert sent == batch, "full for 20 s"
            following += sent
    tell("done")


def ring_write_on(segment, _count):
    producer = segment.ring("ring").producer()
    tell("working")
    while True:
        start, batch = producer.position, random.randint(1, 8)
        assert producer.push_all(map(tick_of, range(start, start + batch)), timeout=20) == batch, "full for 20 s"


def read_jobs(reader):
    def read(segment, count):
        received = wrong = 0
        with segment.pipeline("pipeline").reader(reader, "oldest") as jobs:
            tell("reading")
            while received < count:
                found = jobs.peek(random.randint(1, 20), timeout=20)
                if not found:
                    break
                for i, job in enumerate(found):
                    wrong += job["sequence"] != received
                    wrong += reader == "pricing" and job["book"] != job["sequence"] + 1
                    jobs.update(i, **{reader: job["sequence"] + 1})
                    received += 1
                jobs.free()
        tell({"received": received, "wrong": wrong})
    return read


def count_under(segment, count):
    mutex, notes = segment.mutex("mutex"), segment.bytes_of(segment.find("notes")).cast("d")
    there = is_here = 0
    while there < 2:  # both begin at once
        with mutex:
            notes[3] += 1 - is_here
            there, is_here = notes[3], 1
    for _ in range(count):
        mutex.lock()
        notes[0] += 1
        mutex.unlock()
    tell("done")


def count_on(segment, _count):
    mutex, notes = segment.mutex("mutex"), segment.bytes_of(segment.find("notes")).cast("d")
    tell("working")
    while True:
        with mutex:
            if mutex.owner_died:
                notes[0] = notes[1] = max(notes[0], notes[1])
                mutex.mark_consistent()
            elif notes[0] != notes[1]:
                notes[ERRORS] += 1
            notes[0] += 1
            notes[2] += sum(range(random.randint(0, 100)))
            notes[1] += 1


def hold(segment, _count):
    assert segment.mutex("mutex").lock(timeout=20)
    tell("held")
    sys.stdin.readline()


def take(segment, count):
    mutex = segment.mutex("mutex")
    tell("taking")
    assert mutex.lock(timeout=20), "not free for 20 s"
    died = mutex.owner_died
    if died and count > 0:
        mutex.mark_consistent()
    mutex.unlock()
    tell(died)


def look(segment, _count):
    """What the module tells of a segment, for a test to compare."""
    tell({
        "isListed": segment.name in [info.name for info in shmkit.list_segments()],
        "objects": [[entry.name, entry.kind, entry.schema] for entry in segment.objects()],
        "roles": [one.role for one in segment.participants()],
        "record": {key: list(value) if isinstance(value, bytes) else value
                   for key, value in segment.table("everything").read(0).items()},
    })
    everything = segment.table("everything").read(0)
    echo = segment.table("echo").writer()
    echo.write(0, everything)
    mutex = segment.mutex("mutex")
    answers = []
    for refused in (lambda: shmkit.Segment("/shmkit-test-nobody"), lambda: shmkit.Segment("x"),
                    lambda: segment.find("none"), lambda: segment.table("ring"), lambda: segment.table("table").read(8),
                    lambda: [segment.ring("ring").consumer(), segment.ring("ring").consumer()],
                    lambda: shmkit.Segment(segment.name, read_only=True).ring("ring").consumer(),
                    lambda: echo.write(0, {**everything, "side": "none"}), lambda: echo.write(0, {"flag": True}),
                    lambda: echo.write(0, {**everything, "time": 1 << 53}),
                    lambda: echo.write(0, {**everything, "name": "too long"}), lambda: echo.write(0, b"short"),
                    mutex.unlock, lambda: [mutex.lock(), mutex.lock()],
                    lambda: segment.close() or segment.objects()):
        try:
            refused()
            answers.append("")
        except Exception as error:
            answers.append(type(error).__name__)
    tell(answers)


def interrupted_at(step, run):
    """Runs something that is interrupted, as by Ctrl-C, before the step-th instruction of the module. Says whether."""
    left = step

    def local(frame, event, _argument):
        nonlocal left
        if event == "opcode":
            left -= 1
            if left == 0:
                raise KeyboardInterrupt
        return local

    def trace(frame, _event, _argument):
        if frame.f_code.co_filename != shmkit.__file__:
            return None
        frame.f_trace_opcodes = True
        return local

    sys.settrace(trace)
    try:
        run()
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(None)
    return False


def interrupt(segment, every):
    """Interrupts readers in all they do, at every so manieth instruction, and reads on: what came of it."""
    answers, pipeline, ring = {}, segment.pipeline("long pipeline"), segment.ring("ring")
    for what, take in (("pipeline", lambda: pipeline.reader("book", "oldest")), ("ring", ring.consumer)):

        def read_one():
            with take() as reader:
                reader.peek(1)
                reader.free()

        position = wrong = steps = 0
        while interrupted_at(1 + steps * every, read_one):
            steps += 1
            with take() as reader:  # nothing that the interruption left is in the way
                wrong += reader.position - position not in (0, 1) or getattr(reader, "lost", 0) != 0
                position = reader.position
        with take() as reader:
            position, rest = reader.position, len(reader.drain())
        answers[what] = {"wrong": wrong, "isEnough": steps > 50 and rest > 0, "received": position + rest}
    tell(answers)


def wait_for_all(segment, _count):
    """A reader that waits for all is behind another one: how many records it gets, as that one comes and goes."""
    pipeline, counts = segment.pipeline("pipeline"), []
    with pipeline.reader("pricing", "oldest", waits_for_all=True) as pricing:
        counts.append(len(pricing.drain(timeout=0.05)))
        with pipeline.reader("book", "oldest") as book:
            counts.append(len(pricing.drain()))
            book.peek(4)
            book.free()
            counts.append(len(pricing.drain()))
        counts.append(len(pricing.drain(timeout=0.05)))
        with pipeline.reader("book") as book:
            counts.append(len(book.drain()))
            counts.append(len(pricing.drain(timeout=20)))
    with pipeline.reader("pricing") as pricing:  # one that does not
        tell("alone")
        counts.append(len(pricing.drain(timeout=20)))
    tell(counts)


def corrupt(segment, _count):
    """What comes of a ring whose positions are, and of an object whose schema is."""
    with segment.ring("ring").consumer() as consumer:
        received = len(consumer.drain())
    try:
        answer = segment.pipeline("pipeline") and ""
    except shmkit.SegmentFormatError as error:
        answer = type(error).__name__
    tell([received, len(segment.objects()), answer])


COMMANDS = {
    "table-read": table_read, "ring-read": ring_read, "ring-read-on": ring_read_on, "broadcast-read": broadcast_read,
    "watch": broadcast_read, "look": look, "table-write": table_write, "ring-write": ring_write,
    "ring-write-on": ring_write_on, "count": count_under, "count-on": count_on, "hold": hold, "take": take,
    "interrupt": interrupt, "corrupt": corrupt, "wait-for-all": wait_for_all, "book": read_jobs("book"), "pricing": read_jobs("pricing"),
}

what, name = sys.argv[1:3]
number = int(sys.argv[3]) if len(sys.argv) > 3 else 0
if what == "open":  # prints the answer, as peer.c does
    try:
        with shmkit.Segment(name, role=what):
            tell("")
            if number > 0:
                sys.stdin.readline()
    except (shmkit.ShmkitError, ValueError) as error:
        tell(type(error).__name__)
    sys.exit()
with shmkit.Segment(name, role=what, read_only=what == "watch", timeout=5) as opened:
    if what == "count" or what.endswith("-on"):
        tell("ready")
        sys.stdin.readline()
    COMMANDS[what](opened, number)
