"""shmkit segments from Python 3.9 on, on Linux x86-64: tables, rings, broadcasts, pipelines, mutexes.

Needs nothing but the standard library; with NumPy, records are structured arrays, too, in place. docs/format.md is the
specification that this follows, docs/interop.md says how to use it, with an example.

Python has no atomic accesses. A word is loaded and stored as one aligned machine access, behind calls that no compiler
looks through, and x86-64 keeps loads in order and stores in order: that is all that reading needs, and writing by the
holder of a role. This module refuses to work on other processors. Taking a role or a mutex, and waking those that
sleep, needs a compare-and-swap: four instructions, made here in memory that may be executed, or libatomic's where the
system forbids that.

A Segment, and all that comes out of it, belongs to one thread at a time and to one process: after a fork, the child
opens it itself. Times are in seconds; None is no limit.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import errno
import fcntl
import mmap
import os
import platform
import re
import stat
import struct
import time
import weakref
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Optional, Tuple, Union

_numpy: Any = None  # imported when it is asked for: that takes longer than all else here

__all__ = [
    "Broadcast", "BroadcastReader", "ClosedError", "Entry", "Layout", "LatestTable", "Mutex", "NotOwnerError",
    "OwnerDiedError", "Participant", "Pipeline", "PipelineReader", "RingConsumer", "RingProducer", "RoleTakenError",
    "Segment", "SegmentFormatError", "SegmentInfo", "SegmentStateError", "ShmkitError", "SpscRing", "TableWriter",
    "list_segments",
]


class ShmkitError(Exception):
    """What this module refuses."""


class SegmentFormatError(ShmkitError):
    """The file is no segment, of another version, or contradicts itself."""


class SegmentStateError(ShmkitError):
    """The segment, or an object, is not there, not ready, full, or another's."""


class RoleTakenError(ShmkitError):
    """A living attachment holds the role."""


class NotOwnerError(ShmkitError):
    """This attachment does not hold the lock, or holds it already."""


class OwnerDiedError(ShmkitError):
    """An owner of the mutex died, and the next one unlocked it without marking it consistent."""


class ClosedError(ShmkitError):
    """The segment was closed."""


# ------------------------------------------------------------------------------------------ the kernel

_libc = ctypes.CDLL(None, use_errno=True)
_SYS_FUTEX, _SYS_MEMBARRIER = 202, 324
_FUTEX_WAKE, _FUTEX_WAIT_BITSET = 1, 9
_MEMBARRIER_GLOBAL_EXPEDITED, _MEMBARRIER_REGISTER_GLOBAL_EXPEDITED = 2, 4
_F_OFD_GETLK, _F_OFD_SETLK = 36, 37
_FLOCK = struct.Struct("hh4xqqi4x")
_ASLEEP = 1
_POLLS = 32  # before a wait sleeps: some microseconds


class _Timespec(ctypes.Structure):
    _fields_ = [("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long)]


def _flock(fd: int, command: int, kind: int, at: int, length: int = 1) -> int:
    """Sets a lock of bytes, or asks about it; returns the type that was found."""
    return _FLOCK.unpack(fcntl.fcntl(fd, command, _FLOCK.pack(kind, os.SEEK_SET, at, length, 0)))[0]


def _try_lock(fd: int, at: int) -> bool:
    try:
        _flock(fd, _F_OFD_SETLK, fcntl.F_WRLCK, at)
        return True
    except OSError as error:
        if error.errno in (errno.EAGAIN, errno.EACCES):
            return False
        raise


def _is_locked(fd: int, at: int) -> bool:
    """Whether another open file holds the write lock of a byte; read locks mean nothing."""
    return _flock(fd, _F_OFD_GETLK, fcntl.F_RDLCK, at) != fcntl.F_UNLCK


def _is_free(fd: int, at: int) -> bool:
    """Whether the write lock of a byte could be taken."""
    return _flock(fd, _F_OFD_GETLK, fcntl.F_WRLCK, at) == fcntl.F_UNLCK


def _membarrier(command: int) -> bool:
    return _libc.syscall(_SYS_MEMBARRIER, command, 0, 0) == 0


def _futex_wait(address: int, expected: int, deadline: float) -> bool:
    """Sleeps while the word is as expected. False once a time on the monotonic clock has passed; may end early."""
    limit = None
    if deadline != float("inf"):
        limit = ctypes.byref(_Timespec(int(deadline), int(deadline % 1 * 1e9)))
    code = _libc.syscall(_SYS_FUTEX, ctypes.c_void_p(address), _FUTEX_WAIT_BITSET, ctypes.c_uint(expected), limit, None,
                         ctypes.c_uint(0xFFFFFFFF))
    return code == 0 or ctypes.get_errno() != errno.ETIMEDOUT


def _futex_wake(address: int, most: int = 0x7FFFFFFF) -> None:
    _libc.syscall(_SYS_FUTEX, ctypes.c_void_p(address), _FUTEX_WAKE, most, None, None, 0)


_code: Optional[mmap.mmap] = None
_compare_exchange: Optional[Callable[[int, int, int], int]] = None


def _make_compare_exchange() -> Callable[[int, int, int], int]:
    """A function of address, expected and replacement that returns the word's former value; a full fence."""
    global _code, _compare_exchange
    if _compare_exchange is not None:
        return _compare_exchange
    try:
        _code = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
        _code.write(bytes.fromhex("89f0f00fb117c3"))  # mov eax, esi; lock cmpxchg [rdi], edx; ret
        prototype = ctypes.PYFUNCTYPE(ctypes.c_uint32, ctypes.c_void_p, ctypes.c_uint32, ctypes.c_uint32)
        _compare_exchange = prototype(ctypes.addressof(ctypes.c_char.from_buffer(_code)))
    except OSError:
        path = ctypes.util.find_library("atomic")
        if path is None:
            raise ShmkitError("Cannot take a role as memory must be executable, or libatomic be installed") from None
        swap = ctypes.CDLL(path).__getattr__("__atomic_compare_exchange_4")

        def exchange(address: int, expected: int, replacement: int) -> int:
            found = ctypes.c_uint32(expected)
            swap(ctypes.c_void_p(address), ctypes.byref(found), ctypes.c_uint32(replacement), 5, 5)
            return found.value

        _compare_exchange = exchange
    return _compare_exchange


# -------------------------------------------------------------------------------------------- layouts

_SIMPLE = {
    "u8": ("B", 1), "i8": ("b", 1), "u16": ("H", 2), "i16": ("h", 2), "u32": ("I", 4), "i32": ("i", 4),
    "f32": ("f", 4), "f64": ("d", 8), "bool": ("?", 1), "u64": ("Q", 8), "i64": ("q", 8), "u53": ("Q", 8),
}
_NUMPY = {
    "u8": "<u1", "i8": "<i1", "u16": "<u2", "i16": "<i2", "u32": "<u4", "i32": "<i4", "f32": "<f4", "f64": "<f8",
    "bool": "?", "u64": "<u8", "i64": "<i8", "u53": "<u8",
}


class Field(NamedTuple):
    """One field's bytes, and how they become a value."""

    size: int
    alignment: int
    code: str  # of the struct module, with the padding within
    values: int  # how many values that gives
    take: Optional[Callable[[Tuple[Any, ...], int], Any]]  # the field's value, of those from an index on; None: it is
    dtype: Any  # NumPy's
    put: Optional[Callable[[Any, List[Any]], None]]  # adds a value's values; None: it is one
    scale: Optional[int] = None
    names: Optional[Dict[int, str]] = None


class Layout:
    """The layout of a record, by its schema text."""

    def __init__(self, schema: str) -> None:
        self.schema = schema
        parser = _Parser(schema)
        field, self.name, self.fields = parser.struct(parser.word())
        parser.end()
        self.size = field.size
        self._struct = struct.Struct("<" + field.code)
        self._take = field.take
        self._put = field.put
        self._dtype = field.dtype
        #: Digits behind the point of the decimals: in a NumPy array they are integers of that unit.
        self.scales: Dict[str, int] = {n: f.scale for n, f, _ in self.fields if f.scale is not None}
        #: The names of the enumerations' values: in a NumPy array they are integers.
        self.enumerations: Dict[str, Dict[int, str]] = {n: f.names for n, f, _ in self.fields if f.names is not None}
        self._names = [n for n, _, _ in self.fields]
        self._is_flat = all(f.take is None and f.values == 1 for _, f, _ in self.fields)

    def decode(self, data: Any, offset: int = 0) -> Dict[str, Any]:
        """A record as a dict: decimals as floats, enumerations as names, texts as str, arrays as lists."""
        values = self._struct.unpack_from(data, offset)
        return dict(zip(self._names, values)) if self._is_flat else self._take(values, 0)

    def encode(self, record: Any) -> bytes:
        """The bytes of a record, from a dict with a value for every field, as `decode` returns it; bytes or a NumPy
        record are taken as they are."""
        if not isinstance(record, dict):
            data = record.tobytes() if hasattr(record, "tobytes") else bytes(record)
            if len(data) != self.size:
                raise ValueError(f"Cannot write a {self.name} as it must be {self.size} bytes: received {len(data)}")
            return data
        values: List[Any] = []
        try:
            self._put(record, values)
            return self._struct.pack(*values)
        except (struct.error, TypeError, ValueError, OverflowError) as error:
            raise ValueError(f"Cannot write a {self.name} as {error}") from None

    def _encode_fields(self, values: Dict[str, Any]) -> List[Tuple[int, bytes]]:
        """Some fields' bytes, and where in a record they lie."""
        known, found = {name: (field, start) for name, field, start in self.fields}, []
        for name, value in values.items():
            if name not in known:
                raise ValueError(f"Cannot write field '{name}' of a {self.name} as it must be one of {list(known)}")
            field, start = known[name]
            into: List[Any] = []
            try:
                _put(field, value, into)
                found.append((start, struct.pack("<" + field.code, *into)))
            except (struct.error, TypeError, ValueError, OverflowError) as error:
                raise ValueError(f"Cannot write field '{name}' of a {self.name} as {error}") from None
        return found

    @property
    def dtype(self) -> Any:
        """NumPy's type of a record: the same bytes."""
        _require_numpy()
        return _numpy.dtype(self._dtype())


def _put(field: Field, value: Any, into: List[Any]) -> None:
    if field.put is None:
        into.append(value)
    else:
        field.put(value, into)


def _put_u53(value: Any, into: List[Any]) -> None:
    if not 0 <= value < 1 << 53:
        raise ValueError(f"a u53 must be from 0 to 2^53 - 1: received {value!r}")
    into.append(value)


def _sized(data: bytes, length: int, is_exact: bool) -> bytes:
    if len(data) > length or is_exact and len(data) < length:
        raise ValueError(f"it must be {'' if is_exact else 'up to '}{length} bytes: received {data!r}")
    return data


def _number_of(value: Any, names: Dict[int, str]) -> int:
    for number, name in names.items():
        if value == name or value == number:
            return number
    raise ValueError(f"it must be one of {list(names.values())}: received {value!r}")


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._depth = 0

    def struct(self, name: str) -> Tuple[Field, str, List[Tuple[str, Field, int]]]:
        self._enter()
        self._expect("{")
        fields: List[Tuple[str, Field, int]] = []
        offset, alignment, code, values = 0, 1, "", 0
        while True:
            key = self.word()
            self._expect(":")
            field = self._field()
            start = -(-offset // field.alignment) * field.alignment
            code += f"{start - offset}x" * (start > offset) + field.code
            fields.append((key, field, start))
            offset, alignment, values = start + field.size, max(alignment, field.alignment), values + field.values
            if not self._accept(","):
                break
        self._expect("}")
        self._depth -= 1
        size = -(-offset // alignment) * alignment
        code += f"{size - offset}x" * (size > offset)
        plan, index = [], 0
        for key, field, _ in fields:
            plan.append((key, field.take, index))
            index += field.values

        def take(found: Tuple[Any, ...], at: int) -> Dict[str, Any]:
            return {key: found[at + i] if make is None else make(found, at + i) for key, make, i in plan}

        def dtype() -> Dict[str, Any]:
            return {
                "names": [key for key, _, _ in fields],
                "formats": [field.dtype() for _, field, _ in fields],
                "offsets": [start for _, _, start in fields],
                "itemsize": size,
            }

        keys = {key for key, _, _ in fields}

        def put(record: Any, into: List[Any]) -> None:
            if not isinstance(record, dict) or record.keys() != keys:
                found = list(record) if isinstance(record, dict) else record
                raise ValueError(f"{name} must be a dict with a value for each of {sorted(keys)}: received {found!r}")
            for key, field, _ in fields:
                _put(field, record[key], into)

        return Field(size, alignment, code, values, take, dtype, put), name, fields

    def _field(self) -> Field:
        if self._accept("["):
            self._enter()
            element = self._field()
            self._expect(";")
            length = self._number()
            self._expect("]")
            self._depth -= 1

            def take(found: Tuple[Any, ...], at: int) -> List[Any]:
                if element.take is None:
                    return list(found[at:at + length])
                return [element.take(found, at + i * element.values) for i in range(length)]

            def put(value: Any, into: List[Any]) -> None:
                if len(value) != length:
                    raise ValueError(f"an array must have {length} elements: received {len(value)}")
                for one in value:
                    _put(element, one, into)

            return Field(element.size * length, element.alignment, element.code * length, element.values * length, take,
                         lambda: (element.dtype(), (length,)), put)
        word = self.word()
        if self._peek() == "{":
            return self.struct(word)[0]
        if word in _SIMPLE:
            code, size = _SIMPLE[word]
            return Field(size, size, code, 1, None, lambda: _NUMPY[word], _put_u53 if word == "u53" else None)
        self._expect("(")
        if word == "decimal":
            scale = self._number()
            unit = 10 ** scale
            made = Field(8, 8, "q", 1, lambda found, at: found[at] / unit, lambda: "<i8",
                         lambda value, into: into.append(round(value * unit)), scale)
        elif word == "chars":
            length = self._number()
            made = Field(length, 1, f"{length}s", 1,
                         lambda found, at: found[at].split(b"\0", 1)[0].decode("utf-8", "replace"),
                         lambda: f"S{length}", lambda value, into: into.append(_sized(value.encode(), length, False)))
        elif word == "bytes":
            length = self._number()
            made = Field(length, 1, f"{length}s", 1, None, lambda: ("u1", (length,)),
                         lambda value, into: into.append(_sized(bytes(value), length, True)))
        elif word in ("enum8", "enum16", "enum32"):
            code, size = {"enum8": "B1", "enum16": "H2", "enum32": "I4"}[word]
            names: Dict[int, str] = {}
            while True:
                name = self.word()
                self._expect("=")
                names[self._number()] = name
                if not self._accept(","):
                    break
            made = Field(int(size), int(size), code, 1, lambda found, at: names.get(found[at], found[at]),
                         lambda: f"<u{size}", lambda value, into: into.append(_number_of(value, names)), None, names)
        else:
            self._fail("a kind of field")
        self._expect(")")
        return made

    def end(self) -> None:
        if self._at < len(self._text):
            self._fail("the end")

    def word(self) -> str:
        return self._match(r"[A-Za-z_][A-Za-z0-9_]*", "a name")

    def _number(self) -> int:
        return int(self._match(r"[0-9]{1,10}", "a number"))

    def _match(self, pattern: str, what: str) -> str:
        found = re.compile(pattern).match(self._text, self._at)
        if found is None:
            self._fail(what)
        self._at = found.end()
        return found.group()

    def _enter(self) -> None:
        self._depth += 1
        if self._depth > 16:
            self._fail("at most 16 levels")

    def _peek(self) -> str:
        return self._text[self._at:self._at + 1]

    def _accept(self, char: str) -> bool:
        if self._peek() != char:
            return False
        self._at += 1
        return True

    def _expect(self, char: str) -> None:
        if not self._accept(char):
            self._fail(f"'{char}'")

    def _fail(self, expected: str) -> None:
        raise SegmentFormatError(
            f"Cannot parse a schema as character {self._at} must be {expected}: found {self._text[self._at:][:20]!r}")


def _require_numpy() -> None:
    global _numpy
    if _numpy is not None:
        return
    try:
        import numpy
    except ImportError:
        raise ShmkitError("Cannot make an array as NumPy is not installed") from None
    _numpy = numpy


# ------------------------------------------------------------------------------------------- segments

_HEADER = struct.Struct("<8sIIQIIQQQIIQ16sQQ")
_HEADER_BYTES, _SLOT_BYTES, _TABLE_BYTES, _ENTRY_BYTES = 128, 64, 64, 128
_SLOT_LIMIT, _SLOT_BITS, _EPOCH_LIMIT = 1024, 10, 1 << 21
# O_NONBLOCK: a FIFO must not make this process wait for its other end.
_OPEN_FLAGS = os.O_NONBLOCK | os.O_CLOEXEC


class SegmentInfo(NamedTuple):
    """What is known of a segment without attaching to it."""

    name: str
    byte_length: int
    mode: int
    uid: int
    creator_pid: int


class Entry(NamedTuple):
    """An object of a segment, as its catalog describes it."""

    name: str
    kind: str
    offset: int
    byte_length: int
    schema: str


class Participant(NamedTuple):
    """A participant: an attached process."""

    id: int
    slot: int
    pid: int
    tid: int
    start_time: int
    attached_at: float  # seconds since 1970
    role: str


class _Header(NamedTuple):
    byte_length: int
    slots: int
    entries: int
    participants: int
    catalog: int
    objects: int
    creator_pid: int
    created_ns: int


def _align(value: int, alignment: int) -> int:
    return -(-value // alignment) * alignment


def _text(data: bytes) -> str:
    return data.split(b"\0", 1)[0].decode("utf-8", "replace")


def _read_header(name: str, start: bytes, file_bytes: int) -> _Header:
    def refuse(reason: str) -> None:
        raise SegmentFormatError(f"Cannot open segment '{name}' as {reason}")

    if len(start) < _HEADER_BYTES or start[:8] != b"SHMKIT\r\n":
        refuse("it was not made by shmkit")
    _, version, _, length, slots, entries, participants, catalog, objects, pid, _, _, _, seconds, nanos = \
        _HEADER.unpack_from(start)
    if version != 1:
        refuse(f"its format version must be 1: found {version}")
    if length != file_bytes or length > 1 << 32:
        refuse(f"its header says {length} bytes: found {file_bytes}")
    if not (1 <= slots <= _SLOT_LIMIT and 1 <= entries <= 65536):
        refuse("its header is corrupt")
    catalog_at = _HEADER_BYTES + slots * _SLOT_BYTES
    objects_at = _align(catalog_at + _TABLE_BYTES + entries * _ENTRY_BYTES, 128)
    if (participants, catalog, objects) != (_HEADER_BYTES, catalog_at, objects_at) or objects >= length or nanos >= 1e9:
        refuse("its header is corrupt")
    return _Header(length, slots, entries, participants, catalog, objects, pid, seconds * 10**9 + nanos)


def _is_ready(start: bytes) -> bool:
    return len(start) >= _HEADER_BYTES and start[12:16] == b"\1\0\0\0"


def _is_begun(start: bytes) -> bool:
    """Whether a file that is not ready is one that a creator has begun: its first words are right or not there yet."""
    if 0 < len(start) < _HEADER_BYTES:
        return False  # it has its full length before its first byte is written
    if not any(start):
        return True
    expected = b"SHMKIT\r\n\1\0\0\0"
    words = (start[at:at + 4] in (bytes(4), expected[at:at + 4]) for at in (0, 4, 8))
    return start[:4] != bytes(4) and all(words)  # the magic goes first


def list_segments() -> List[SegmentInfo]:
    """The segments in /dev/shm that this process may read."""
    found = []
    with os.scandir("/dev/shm") as entries:
        # Whoever waits for a FIFO's other end must not take this process for it.
        files = sorted(entry.name for entry in entries if entry.is_file(follow_symlinks=False))
    for file in files:
        try:
            fd = os.open("/dev/shm/" + file, os.O_RDONLY | _OPEN_FLAGS | os.O_NOFOLLOW)
        except OSError:
            continue
        try:
            status = os.fstat(fd)
            start = os.pread(fd, _HEADER_BYTES, 0) if stat.S_ISREG(status.st_mode) else b""
            if _is_ready(start):
                # Read anew, as the bytes read along with the state may be older; and so may the length.
                start, status = os.pread(fd, _HEADER_BYTES, 0), os.fstat(fd)
                header = _read_header("/" + file, start, status.st_size)
                found.append(SegmentInfo("/" + file, header.byte_length, status.st_mode & 0o777, status.st_uid,
                                         header.creator_pid))
        except (OSError, SegmentFormatError):
            pass
        finally:
            os.close(fd)
    return found


def _start_time() -> int:
    """When this process started, in clock ticks since boot."""
    try:
        with open("/proc/self/stat", "rb") as file:
            return int(file.read().rsplit(b")", 1)[1].split()[19])
    except OSError:
        return 0


def _pid_namespace() -> int:
    try:
        return os.stat("/proc/self/ns/pid").st_ino & 0xFFFFFFFF
    except OSError:
        return 0


class Segment:
    """An attachment to a segment; for `with`. A participant, unless it only reads."""

    def __init__(self, name: str, role: str = "", read_only: bool = False, timeout: Optional[float] = 0,
                 any_owner: bool = False) -> None:
        """Attaches to a segment.

        timeout: how long to wait until it is there and ready. any_owner: whether segments of users other than this
        one and root are trusted.
        """
        if platform.machine() not in ("x86_64", "AMD64") or struct.calcsize("P") != 8:
            raise ShmkitError(f"Cannot open segment '{name}' as the processor must be an x86-64: plain loads do not do")
        self.name = name
        self.read_only = read_only
        self._id = 0
        self._slot = -1
        self._memory: Any = None
        # What holds a role or a gate here, by its word. A word that names this attachment and is not among them was
        # left by an interruption, such as Ctrl-C.
        self._held: Any = weakref.WeakValueDictionary()
        path, stamp = _path_of(name)
        deadline = time.monotonic() + (float("inf") if timeout is None else timeout)
        while True:
            self._fd = self._open_file(path, deadline)
            try:
                if self._await_ready(path.startswith("/dev/shm/"), deadline, any_owner):
                    self._attach(stamp, role)
                    # If it lost its name before it was joined, whoever opens that name gets another one.
                    if not path.startswith("/dev/shm/") or os.fstat(self._fd).st_nlink > 0:
                        return
                    self.close()
                    continue
            except BaseException:
                self.close()
                raise
            os.close(self._fd)  # half-made, it lost its name; another one may have it by now

    def __enter__(self) -> "Segment":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def close(self) -> None:
        """Leaves the segment, and releases what it held. Arrays that still exist keep the memory mapped."""
        if self._fd < 0:
            return
        if self._slot >= 0:
            self._words[(self._slot_at(self._slot) + 4) // 4] = 0
        self._slot, self._id = -1, 0
        _flock(self._fd, _F_OFD_SETLK, fcntl.F_UNLCK, 0, 0)  # the mapping would keep them
        os.close(self._fd)
        self._fd = -1
        if self._memory is not None:
            self._words.release()
            self._doubles.release()
            self._bytes.release()
            try:
                self._memory.close()
            except BufferError:
                pass  # goes with the last array

    def objects(self) -> List[Entry]:
        """The objects of the segment, in the order in which they were made."""
        self._require_open()
        count, end, found = self._words[self._header.catalog // 4], self._header.objects, []  # pairs: catalog count
        if count > self._header.entries:
            raise SegmentFormatError(f"Cannot read the catalog of segment '{self.name}' as it counts {count} entries")
        for index in range(count):
            at = self._header.catalog + _TABLE_BYTES + index * _ENTRY_BYTES
            offset, length, schema, size = struct.unpack_from("<QQQI", self._bytes, at)
            kind, name = _text(bytes(self._bytes[at + 32:at + 64])), _text(bytes(self._bytes[at + 64:at + 128]))
            text = bytes(self._bytes[schema:schema + min(size, 65536)]).decode("utf-8", "replace")
            if size > 65536 or schema != end or offset != _align(schema + size, 128) or length < 1 or \
                    offset + length > self._header.byte_length or kind == "" or name == "":
                raise SegmentFormatError(f"Cannot read the catalog of segment '{self.name}' as entry {index} is corrupt")
            end = _align(offset + length, 128)
            found.append(Entry(name, kind, offset, length, text))
        return found

    def find(self, name: str, kind: Optional[str] = None, timeout: Optional[float] = 0) -> Entry:
        """The object of that name; waits until it exists."""
        deadline = time.monotonic() + (float("inf") if timeout is None else timeout)
        while True:
            for entry in self.objects():
                if entry.name != name:
                    continue
                if kind is not None and entry.kind != kind:
                    raise SegmentStateError(
                        f"Cannot open object '{name}' in segment '{self.name}' as it must be a {kind}: found a {entry.kind}")
                return entry
            if time.monotonic() >= deadline:
                names = ", ".join(repr(entry.name) for entry in self.objects()) or "none"
                raise SegmentStateError(f"Cannot open object '{name}' in segment '{self.name}' as it must be one of its "
                                        f"objects: found {names}")
            time.sleep(0.001)

    def table(self, name: str, timeout: Optional[float] = 0) -> "LatestTable":
        """A LatestTable of the segment."""
        return LatestTable(self, self.find(name, "LatestTable", timeout))

    def ring(self, name: str, timeout: Optional[float] = 0) -> "SpscRing":
        """An SpscRing of the segment."""
        return SpscRing(self, self.find(name, "SpscRing", timeout))

    def broadcast(self, name: str, timeout: Optional[float] = 0) -> "Broadcast":
        """A Broadcast of the segment."""
        return Broadcast(self, self.find(name, "Broadcast", timeout))

    def pipeline(self, name: str, timeout: Optional[float] = 0) -> "Pipeline":
        """A Pipeline of the segment."""
        return Pipeline(self, self.find(name, "Pipeline", timeout))

    def mutex(self, name: str, timeout: Optional[float] = 0) -> "Mutex":
        """A Mutex of the segment."""
        return Mutex(self, self.find(name, "Mutex", timeout))

    def bytes_of(self, entry: Entry) -> memoryview:
        """The bytes of any object, in place. Raw: nothing checks what is written."""
        self._require_open()
        return self._bytes[entry.offset:entry.offset + entry.byte_length]

    def participants(self) -> List[Participant]:
        """The participants: attachments that may write."""
        self._require_open()
        found = []
        for slot in range(self._header.slots):
            if slot != self._slot and not self._is_held(slot):
                continue
            at = self._slot_at(slot)
            _, pid, tid, _, start, attached = struct.unpack_from("<IIIIQQ", self._bytes, at)
            role = _text(bytes(self._bytes[at + 32:at + 64]))
            found.append(Participant(self._id_of(slot), slot, pid, tid, start, attached / 1000, role))
        return found

    def is_alive(self, participant: int) -> bool:
        """Whether the holder of an id, as role and lock words hold it, is attached."""
        self._require_open()
        slot = participant & (_SLOT_LIMIT - 1)
        if slot >= self._header.slots or self._id_of(slot) != participant:
            return False
        if slot == self._slot:
            return True
        # The epoch once more, now that the slot was seen held: the next holder moves it on before it takes the slot.
        return self._is_held(slot) and self._id_of(slot) == participant

    def now_ns(self) -> int:
        """Nanoseconds since the segment was created: one clock for all its processes."""
        return time.monotonic_ns() - self._header.created_ns

    # ---- opening

    def _open_file(self, path: str, deadline: float) -> int:
        flags = (os.O_RDONLY if self.read_only else os.O_RDWR) | _OPEN_FLAGS
        # An anonymous segment's path is a link of the kernel's.
        flags |= os.O_NOFOLLOW if path.startswith("/dev/shm/") else 0
        self._fd = -1
        while True:
            try:
                return os.open(path, flags)
            except FileNotFoundError:
                if time.monotonic() >= deadline:
                    raise
                time.sleep(0.001)
            except OSError as error:
                if error.errno not in (errno.ELOOP, errno.EISDIR, errno.ENXIO):
                    raise
                # A symbolic link, a directory or a socket.
                raise SegmentFormatError(f"Cannot open segment '{self.name}' as it must be a regular file: found "
                                         f"{error.strerror}") from None

    def _await_ready(self, has_name: bool, deadline: float, any_owner: bool) -> bool:
        status, was_locked = os.fstat(self._fd), False
        if not stat.S_ISREG(status.st_mode):
            raise SegmentFormatError(f"Cannot open segment '{self.name}' as it must be a regular file")
        if status.st_uid not in (os.geteuid(), 0) and not any_owner:
            raise SegmentStateError(f"Cannot open segment '{self.name}' as its owner must be user {os.geteuid()} or root: "
                                    f"found user {status.st_uid}; pass any_owner to trust it")
        while True:
            was_locked = was_locked or os.fstat(self._fd).st_size > 0
            is_locked = _is_locked(self._fd, 0)
            start = os.pread(self._fd, _HEADER_BYTES, 0)
            if _is_ready(start):
                return True
            # A read while the creator writes may miss the magic, which goes first: once more, then.
            if not _is_begun(start) and not _is_begun(os.pread(self._fd, _HEADER_BYTES, 0)):
                raise SegmentFormatError(f"Cannot open segment '{self.name}' as it was not made by shmkit")
            if has_name and os.fstat(self._fd).st_nlink == 0:
                return False
            died = was_locked and not is_locked
            if died or time.monotonic() >= deadline:
                reason = "its creator died while initialising it" if died else "its creator is still initialising it"
                raise SegmentStateError(f"Cannot open segment '{self.name}' as {reason}")
            was_locked = was_locked or is_locked
            time.sleep(0.001)

    def _attach(self, stamp: Optional[str], role: str) -> None:
        header = _read_header(self.name, os.pread(self._fd, _HEADER_BYTES, 0), os.fstat(self._fd).st_size)
        if stamp is not None and float(int(stamp, 36)) != float(header.created_ns):
            raise SegmentStateError(f"Cannot open segment '{self.name}' as it is gone: its creator closed it")
        self._header = header
        access = mmap.ACCESS_READ if self.read_only else mmap.ACCESS_WRITE
        self._memory = mmap.mmap(self._fd, header.byte_length, access=access)
        self._bytes = memoryview(self._memory)
        self._words = self._bytes.cast("I")
        self._doubles = self._bytes.cast("d")
        if not self.read_only:
            anchor = ctypes.c_char.from_buffer(self._memory)
            self._address = ctypes.addressof(anchor)
            del anchor
            self._join(role)

    # ---- participants

    def _slot_at(self, slot: int) -> int:
        return self._header.participants + slot * _SLOT_BYTES

    def _id_of(self, slot: int) -> int:
        joins = self._words[self._slot_at(slot) // 4]  # pairs: slot joins
        return (joins % _EPOCH_LIMIT) << _SLOT_BITS | slot

    def _is_held(self, slot: int) -> bool:
        return _is_locked(self._fd, self._slot_at(slot)) and not self._is_thread_gone(slot)

    def _is_thread_gone(self, slot: int) -> bool:
        _, pid, tid, namespace = struct.unpack_from("<IIII", self._bytes, self._slot_at(slot))
        if tid in (0, pid) or namespace == 0 or namespace != _pid_namespace():
            return False
        try:
            os.kill(tid, 0)
        except ProcessLookupError:
            return True
        except OSError:
            pass
        return False

    def _join(self, role: str) -> None:
        deadline = time.monotonic() + 1
        while True:
            blocked = moving = 0
            for slot in range(self._header.slots):
                if self._try_take(slot, role):
                    return
                at = self._slot_at(slot)
                if _is_locked(self._fd, at + 1):
                    moving += 1
                elif _is_locked(self._fd, at):
                    continue
                elif not _is_free(self._fd, at) or not _is_free(self._fd, at + 1):
                    blocked += 1  # by a read lock
                else:
                    moving += 1
            # A slot that another process is about to take, or has just given up, may be had in a moment.
            if moving == 0 or time.monotonic() >= deadline:
                break
            time.sleep(0.001)
        reason = "all its slots are held"
        if blocked:
            reason = "other processes keep read locks on its free slots"
        elif moving:
            reason = "other processes have been about to take its free slots for a second"
        raise SegmentStateError(f"Cannot attach to segment '{self.name}' as {reason}")

    def _try_take(self, slot: int, role: str) -> bool:
        at = self._slot_at(slot)
        if not _is_free(self._fd, at) or not _try_lock(self._fd, at + 1):
            return False
        try:
            # All this before the slot is held: a joiner that is stopped here must not make the last holder look alive.
            if not _is_free(self._fd, at) or not self._take_epoch(slot):
                return False
            struct.pack_into("<IIIQQ", self._bytes, at + 4, os.getpid(), 0, _pid_namespace(), _start_time(),
                             int(time.time() * 1000))
            name = role.encode("utf-8")[:32].decode("utf-8", "ignore").encode("utf-8")
            self._bytes[at + 32:at + 64] = name.ljust(32, b"\0")
            if not _try_lock(self._fd, at):
                return False
            self._slot, self._id = slot, self._id_of(slot)
            return True
        finally:
            _flock(self._fd, _F_OFD_SETLK, fcntl.F_UNLCK, at + 1)

    def _take_epoch(self, slot: int) -> bool:
        word = self._slot_at(slot) // 4
        joins = _joins_after(self._words[word])
        if joins > _EPOCH_LIMIT:
            # Epochs come back: one is taken of which there is no id in any object.
            end = max([_align(e.offset + e.byte_length, 128) for e in self.objects()], default=self._header.objects)
            stale = {value >> _SLOT_BITS & _EPOCH_LIMIT - 1
                     for value in self._words[self._header.objects // 4:min(end, self._header.byte_length) // 4]
                     if value & _SLOT_LIMIT - 1 == slot}
            for _ in range(_EPOCH_LIMIT):
                if joins % _EPOCH_LIMIT not in stale:
                    break
                joins = _joins_after(joins)
            else:
                return False
        self._words[word] = joins  # pairs: slot joins; a kernel call, which is a fence, follows
        return True

    # ---- words

    def _require_open(self) -> None:
        if self._fd < 0:
            raise ClosedError(f"Cannot use segment '{self.name}' as it was closed; open it again")

    def _change(self, word: int, expected: int, replacement: int) -> bool:
        return _make_compare_exchange()(self._address + word * 4, expected, replacement) == expected

    def _store(self, word: int, value: int) -> int:
        """Stores a word with a full fence; returns its former value."""
        while True:
            found = self._words[word]
            if self._change(word, found, value):
                return found

    def _take_role(self, word: int, what: str) -> bool:
        """Takes a role that no living attachment holds; returns whether its holder died."""
        self._require_open()
        if self.read_only:
            raise ShmkitError(f"Cannot become {what} as the segment is attached for reading only")
        while True:
            holder = self._words[word]  # pairs: role word
            if holder != 0 and self._is_in_use(word, holder):
                raise RoleTakenError(f"Cannot become {what} as somebody alive is")
            if self._change(word, holder, self._id):
                return holder != 0

    def _is_in_use(self, word: int, holder: int) -> bool:
        """Whether the holder of a role or a gate lives, and has not lost it by an interruption."""
        return self.is_alive(holder) and (holder != self._id or word in self._held)

    def _publish(self, word: int, value: int, event: int, is_fenced: bool) -> None:
        """Stores a word that others wait for, and wakes them."""
        if is_fenced:
            self._words[word] = value  # sleepers fence this process
        else:
            self._store(word, value)
        self._notify(event)

    def _pass_on(self, word: int, head: int, event: int, is_fenced: bool) -> None:
        """Publishes a head unless that has been done; goes on where an interruption ended it."""
        if self._words[word] != head:
            self._publish(word, head, event, is_fenced)
        else:
            self._notify(event)

    def _notify(self, event: int) -> None:
        """Wakes those that wait for the change."""
        while self._words[event] & _ASLEEP:  # pairs: event count, Dekker's way
            found = self._words[event]
            if self._change(event, found, (found + 2 & 0xFFFFFFFF) & ~_ASLEEP):
                _futex_wake(self._address + event * 4)

    def _wait(self, is_ready: Callable[[], bool], event: Union[int, Callable[[], int]], timeout: Optional[float]) -> bool:
        """Waits until a condition holds."""
        self._require_open()
        if is_ready():
            return True
        if timeout == 0:
            return False
        deadline = time.monotonic() + (float("inf") if timeout is None else timeout)
        doze = 0.00005
        for _ in range(_POLLS):
            if is_ready():
                return True
        while True:
            if self.read_only:  # it cannot announce itself
                time.sleep(doze)
                doze = min(doze * 2, 0.002)
                if is_ready():
                    return True
            else:
                at = event() if callable(event) else event
                seen = self._words[at]
                while not self._change(at, seen, seen | _ASLEEP):
                    seen = self._words[at]
                fenced = _membarrier(_MEMBARRIER_GLOBAL_EXPEDITED)
                if is_ready():
                    return True
                limit = min(deadline, time.monotonic() + (0.05 if fenced else 0.001))
                if not callable(event) or event() == at:  # else something else holds it up now
                    _futex_wait(self._address + at * 4, seen | _ASLEEP, limit)
                if is_ready():
                    return True
            if time.monotonic() >= deadline:
                return False


def _joins_after(joins: int) -> int:
    after = joins + 1 if joins < 0xFFFFFFFF else _EPOCH_LIMIT
    return after + 1 if after % _EPOCH_LIMIT == 0 else after


def _path_of(name: str) -> Tuple[str, Optional[str]]:
    anonymous = re.fullmatch(r"(/proc/(?:self|[1-9][0-9]*)/fd/[0-9]+)(?:#([0-9a-z]+))?", name)
    if anonymous is not None:
        return anonymous.group(1), anonymous.group(2)
    if not re.fullmatch(r"/[^/\0]{1,254}", name) or name in ("/.", "/.."):
        raise ValueError(f"Cannot open segment {name!r} as its name must be a slash and up to 254 bytes without one")
    return "/dev/shm" + name, None


class _Object:
    """An object of a segment."""

    def __init__(self, segment: Segment, entry: Entry, header_bytes: int) -> None:
        self.segment = segment
        self.name = entry.name
        self._offset = entry.offset
        self._byte_length = entry.byte_length
        if entry.byte_length < header_bytes:
            self._refuse("its length", entry.byte_length)

    def _word(self, offset: int) -> int:
        return (self._offset + offset) // 4

    def _load(self, offset: int) -> int:
        return self.segment._words[(self._offset + offset) // 4]

    def _refuse(self, what: str, found: int) -> None:
        raise SegmentFormatError(f"Cannot attach to '{self.name}' as {what} is out of range: found {found}")


class _Part(_Object):
    """An object of a segment, with the layout of its records."""

    def __init__(self, segment: Segment, entry: Entry, header_bytes: int) -> None:
        super().__init__(segment, entry, header_bytes)
        self.layout = Layout(entry.schema)

    def _position_at(self, low_offset: int, epoch_offset: int) -> int:
        """A position that never wraps."""
        while True:
            epoch = self._load(epoch_offset)  # pairs: position epoch
            low = self._load(low_offset)
            if self._load(epoch_offset) == epoch:
                own = epoch if epoch & 3 == low >> 30 else epoch - 1 & 0xFFFFFFFF
                return own // 4 << 32 | low

    def _array(self, offset: int, count: int, dtype: Any, stride: int) -> Any:
        """Elements in place, read-only."""
        _require_numpy()
        array = _numpy.ndarray((count,), dtype, self.segment._memory, self._offset + offset, (stride,))
        array.flags.writeable = False
        return array


class _Role:
    """One side of a channel, which one attachment has at a time; for `with`."""

    def __init__(self, part: _Part, offset: int, what: str) -> None:
        self._part = part
        self._what = f"the {what} of '{part.name}'"
        self._segment = part.segment
        self._role = part._word(offset)
        self._is_open = False
        self._is_fenced = _membarrier(_MEMBARRIER_REGISTER_GLOBAL_EXPEDITED)
        #: Whether the previous holder of the role died while it held it.
        self.owner_died: bool = True  # until it is known
        try:
            self.owner_died = self._segment._take_role(self._role, self._what)
            self._begin()
            self._segment._held[self._role] = self
            self._is_open = True
        except BaseException:
            # Interrupted. What a predecessor's death may have left is still for a successor to repair.
            if not self.owner_died and self._role not in self._segment._held:
                self._segment._change(self._role, self._segment._id, 0)  # pairs: role word
            raise

    def _begin(self) -> None:
        """What the holder of the role does first."""

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def close(self) -> None:
        """Releases the role."""
        is_open, self._is_open = self._is_open, False
        if is_open and self._segment._fd >= 0:
            self._segment._held.pop(self._role, None)
            self._segment._change(self._role, self._segment._id, 0)  # pairs: role word

    def _require_open(self) -> None:
        self._segment._require_open()
        if not self._is_open:
            raise ShmkitError(f"Cannot use {self._what} as it was closed")


class LatestTable(_Part):
    """The latest value of each of many rows. Reading writes nothing, and never waits."""

    def __init__(self, segment: Segment, entry: Entry) -> None:
        super().__init__(segment, entry, 256)
        self.rows = self._load(0)
        versions = self._load(4)
        if not (1 <= self.rows <= 1 << 31 and 2 <= versions <= 256 and versions & versions - 1 == 0):
            self._refuse("the number of its rows or versions", self.rows)
        self._mask = versions - 1
        self._slot_bytes = 8 + _align(self.layout.size, 8)
        self._row_bytes = _align(8 + versions * self._slot_bytes, 64)
        self._log_mask = max(2, 1 << (self.rows - 1).bit_length()) - 1
        self._log = 256 + self.rows * self._row_bytes
        if (self._load(8), self._load(12)) != (self._row_bytes, self.layout.size):
            self._refuse("its record's length", self._load(12))
        if self._log + (self._log_mask + 1) * 4 > entry.byte_length:
            self._refuse("its length", entry.byte_length)

    def _row(self, row: int) -> int:
        self.segment._require_open()
        if not 0 <= row < self.rows:
            raise IndexError(f"Cannot use row {row} as it must be from 0 to {self.rows - 1}")
        return 256 + row * self._row_bytes

    def read(self, row: int) -> Optional[Dict[str, Any]]:
        """The latest value of a row as a dict, whole; None if it was never written."""
        at = self._row(row)
        size, memory, words = self.layout.size, self.segment._bytes, self.segment._words
        word = self._word(at)
        while True:
            version = words[word]  # pairs: table version
            if version == 0 and self.version(row) == 0:
                return None
            start = self._offset + at + 8 + (version & self._mask) * self._slot_bytes + 8
            copy = bytes(memory[start:start + size])
            # The copy is of this version if its slot was not taken for a newer one meanwhile.
            if (words[word] - version & 0xFFFFFFFF) < self._mask:
                return self.layout.decode(copy)

    def writer(self) -> "TableWriter":
        """Becomes the writer, also in place of a dead one."""
        return TableWriter(self)

    def __iter__(self) -> Iterator[Optional[Dict[str, Any]]]:
        return (self.read(row) for row in range(self.rows))

    def version(self, row: int) -> int:
        """How often a row was written; beyond 2^32, too."""
        at = self._row(row)
        while True:
            low = self._load(at)  # pairs: table version
            high = self._load(at + 8 + (low & self._mask) * self._slot_bytes + 4)
            if (self._load(at) - low & 0xFFFFFFFF) < self._mask:
                return high << 32 | low

    @property
    def changes(self) -> int:
        """The number of changes to all rows together, modulo 2^32."""
        self.segment._require_open()
        return self._load(132)  # pairs: table changes

    def changed_since(self, since: int) -> Tuple[List[int], int]:
        """The rows that were written since a count of changes, each once, and the count to continue from."""
        now = self.changes
        count = now - since & 0xFFFFFFFF
        if count <= self._log_mask:
            found = [self._load(self._log + (since + i & self._log_mask) * 4) for i in range(count)]
            if (self.changes - since & 0xFFFFFFFF) <= self._log_mask:
                return [row for row in dict.fromkeys(found) if row < self.rows and self.version(row) > 0], now
        return [row for row in range(self.rows) if self.version(row) > 0], now

    def wait(self, since: int, timeout: Optional[float] = None) -> bool:
        """Waits until the count of changes differs from `since`."""
        return self.segment._wait(lambda: self.changes != since, self._word(136), timeout)

    def slots(self) -> Any:
        """The table itself, in place: a NumPy array of rows by versions, of `version` and `record`.

        Without a copy, and so without a check: version v of a row lies in slot v mod versions, and is overwritten when
        v + versions is written. `array` gives what was whole.
        """
        _require_numpy()
        dtype = _numpy.dtype({"names": ["version", "record"], "formats": ["<u8", self.layout.dtype], "offsets": [0, 8],
                              "itemsize": self._slot_bytes})
        shape, strides = (self.rows, self._mask + 1), (self._row_bytes, self._slot_bytes)
        array = _numpy.ndarray(shape, dtype, self.segment._memory, self._offset + 256 + 8, strides)
        array.flags.writeable = False
        return array

    def versions(self) -> Any:
        """The rows' versions modulo 2^32, in place: a NumPy array. 0 means never written."""
        return self._array(256, self.rows, "<u4", self._row_bytes)

    def array(self) -> Any:
        """The latest values of all rows: a NumPy structured array, each row whole. Zeros if never written."""
        slots, versions = self.slots(), self.versions()
        found = _numpy.zeros(self.rows, self.layout.dtype)
        left = _numpy.arange(self.rows)
        while len(left) > 0:
            before = versions[left]
            found[left] = slots["record"][left, before & self._mask]
            left = left[versions[left] - before >= self._mask]
        return found


class TableWriter(_Role):
    """The one writer of a table; for `with`. Readers see each row before or after a write, whenever the writer dies."""

    def __init__(self, table: LatestTable) -> None:
        self._table = table
        super().__init__(table, 128, "writer")

    def _begin(self) -> None:
        # A predecessor may have died between a row's version and the count of changes.
        self._is_between = self.owner_died
        self._count()

    def write(self, row: int, record: Any) -> None:
        """Writes a row: a dict with a value for every field, its bytes, or a NumPy record."""
        self._require_open()
        table, words = self._table, self._segment._words
        at, data = table._row(row), table.layout.encode(record)
        self._count()  # what was interrupted there, as by Ctrl-C
        version = words[table._word(at)]
        last = table._word(at + 8 + (version & table._mask) * table._slot_bytes)
        following = version + 1 & 0xFFFFFFFF
        slot = at + 8 + (following & table._mask) * table._slot_bytes
        high = words[last + 1] + (following == 0) & 0xFFFFFFFF
        words[table._word(slot)] = following
        words[table._word(slot) + 1] = high
        start = table._offset + slot + 8
        self._segment._bytes[start:start + len(data)] = data
        words[table._word(table._log) + (words[table._word(132)] & table._log_mask)] = row
        self._is_between = True
        words[table._word(at)] = following  # pairs: table version
        self._count()

    def close(self) -> None:
        """Releases the role."""
        if self._is_open and self._segment._fd >= 0:
            self._count()
        super().close()

    def _count(self) -> None:
        """Counts the change that was made, if any."""
        if not self._is_between:
            return
        table = self._table
        changes = table._load(132) + 1 & 0xFFFFFFFF
        # pairs: table changes, event count
        self._segment._publish(table._word(132), changes, table._word(136), self._is_fenced)
        self._is_between = False


class SpscRing(_Part):
    """A queue of records from one producer to one consumer."""

    def __init__(self, segment: Segment, entry: Entry) -> None:
        super().__init__(segment, entry, 896)
        self.capacity = self._load(0)
        if not 2 <= self.capacity <= 1 << 30:
            self._refuse("its capacity", self.capacity)
        self._mask = (1 << (self.capacity - 1).bit_length()) - 1
        if self._load(4) != self.layout.size:
            self._refuse("its record's length", self._load(4))
        if 896 + (self._mask + 1) * self.layout.size > entry.byte_length:
            self._refuse("its length", entry.byte_length)

    def __len__(self) -> int:
        """The number of records that are published and not freed."""
        self.segment._require_open()
        head = self._load(256)
        return min(self._load(128) - head & 0xFFFFFFFF, self.capacity)

    def consumer(self) -> "RingConsumer":
        """Becomes the consumer, at the first record that was not freed, also in place of a dead one."""
        return RingConsumer(self)

    def producer(self) -> "RingProducer":
        """Becomes the producer, after the last published record, also in place of a dead one."""
        return RingProducer(self)


class RingProducer(_Role):
    """The one producer of a ring; for `with`."""

    def __init__(self, ring: SpscRing) -> None:
        self._ring = ring
        super().__init__(ring, 384, "producer")

    def _begin(self) -> None:
        self._tail, self._head = self._ring._load(128), self._ring._load(256)

    @property
    def position(self) -> int:
        """The position of the record that is published next, modulo 2^32."""
        return self._tail

    def push(self, record: Any, timeout: Optional[float] = 0) -> bool:
        """Publishes a record: a dict with a value for every field, its bytes, or a NumPy record. False if the
        ring stayed full until the timeout."""
        return self.push_all([record], timeout) == 1

    def push_all(self, records: Any, timeout: Optional[float] = 0) -> int:
        """Publishes records, or those of a NumPy array, in as few steps as there is space for. Returns how many: fewer
        than all if the ring stayed full until the timeout."""
        self._require_open()
        ring, encode = self._ring, self._ring.layout.encode
        size, slots = ring.layout.size, ring._mask + 1
        data = b"".join(map(encode, records))
        count, done = len(data) // size, 0
        deadline = None if timeout is None else time.monotonic() + timeout
        while done < count:
            if self._space() == 0:
                left = None if deadline is None else max(0, deadline - time.monotonic())
                if not self._segment._wait(lambda: self._space() > 0, ring._word(768), left):
                    self._refuse()
                    break
            index = self._tail & ring._mask
            step = min(self._space(), count - done, slots - index)
            start = ring._offset + 896 + index * size
            self._segment._bytes[start:start + step * size] = data[done * size:(done + step) * size]
            done += step
            self._tail = self._tail + step & 0xFFFFFFFF
            # pairs: ring tail, event count
            self._segment._publish(ring._word(128), self._tail, ring._word(640), self._is_fenced)
        return done

    def _space(self) -> int:
        space = self._ring.capacity - (self._tail - self._head & 0xFFFFFFFF)
        if space > 0:
            return space
        self._head = self._ring._load(256)  # pairs: ring head
        return self._ring.capacity - (self._tail - self._head & 0xFFFFFFFF)

    def _refuse(self) -> None:
        """Statistics, written by the producer alone."""
        self._segment._words[self._ring._word(388)] = 1
        self._segment._doubles[(self._ring._offset + 392) // 8] += 1


class RingConsumer(_Role):
    """The one consumer of a ring; for `with`. A successor receives the records again that were peeked and not freed."""

    def __init__(self, ring: SpscRing) -> None:
        self._ring = ring
        super().__init__(ring, 512, "consumer")

    def _begin(self) -> None:
        self._head = self._position = self._ring._load(256)

    @property
    def position(self) -> int:
        """The position of the next record to free, modulo 2^32."""
        return self._head

    def wait(self, timeout: Optional[float] = None) -> bool:
        """Waits for a record."""
        return self._segment._wait(lambda: self._known() > 0, self._ring._word(640), timeout)

    def peek(self, limit: Optional[int] = None, timeout: Optional[float] = 0) -> List[Dict[str, Any]]:
        """The next records as dicts, after those peeked already. They stay in the ring until `free`."""
        count = self._find(limit, timeout)
        ring, layout = self._ring, self._ring.layout
        memory, start, mask, size = self._segment._bytes, ring._offset + 896, ring._mask, layout.size
        first = self._position
        self._position = first + count & 0xFFFFFFFF
        return [layout.decode(memory, start + (first + i & mask) * size) for i in range(count)]

    def peek_array(self, limit: Optional[int] = None, timeout: Optional[float] = 0) -> Any:
        """The same as a NumPy structured array in place, valid until `free`. Ends at the ring's end: call it again."""
        count, ring = self._find(limit, timeout), self._ring
        index = self._position & ring._mask
        count = min(count, ring._mask + 1 - index)
        self._position = self._position + count & 0xFFFFFFFF
        return ring._array(896 + index * ring.layout.size, count, ring.layout.dtype, ring.layout.size)

    def free(self) -> None:
        """Frees all peeked records: the producer may overwrite them."""
        self._require_open()
        ring, self._head = self._ring, self._position
        # pairs: ring head, event count
        self._segment._pass_on(ring._word(256), self._head, ring._word(768), self._is_fenced)

    def drain(self, limit: Optional[int] = None, timeout: Optional[float] = 0) -> List[Dict[str, Any]]:
        """Receives the next records as dicts, and frees them."""
        found = self.peek(limit, timeout)
        self.free()
        return found

    def drain_array(self, limit: Optional[int] = None, timeout: Optional[float] = 0) -> Any:
        """Receives the next records as a NumPy structured array of their own, and frees them."""
        found = self.peek_array(limit, timeout).copy()
        self.free()
        return found

    def _known(self) -> int:
        return self._ring._load(128) - self._position & 0xFFFFFFFF  # pairs: ring tail

    def _find(self, limit: Optional[int], timeout: Optional[float]) -> int:
        self._require_open()
        count = self._known()
        if count == 0 and timeout != 0 and self.wait(timeout):
            count = self._known()
        found = self._ring._load(128) - self._head & 0xFFFFFFFF
        if found > self._ring._load(516):
            self._segment._words[self._ring._word(516)] = found  # statistics: written by the consumer alone
        count = min(count, self._ring.capacity)  # there are more where positions are corrupt
        return count if limit is None else min(count, limit)


class Broadcast(_Part):
    """A stream of records to any number of readers. The writer never waits for a reader."""

    def __init__(self, segment: Segment, entry: Entry) -> None:
        super().__init__(segment, entry, 768)
        self.capacity = self._load(0)
        if not 2 <= self.capacity <= 1 << 28:
            self._refuse("its capacity", self.capacity)
        self._mask = 2 * (1 << (self.capacity - 1).bit_length()) - 1
        self._reach = self._mask + 1 - self.capacity // 2
        if self._load(4) != self.layout.size:
            self._refuse("its record's length", self._load(4))
        if 768 + (self._mask + 1) * self.layout.size > entry.byte_length:
            self._refuse("its length", entry.byte_length)

    @property
    def position(self) -> int:
        """The number of records that were ever published."""
        self.segment._require_open()
        return self._position_at(128, 132)  # pairs: broadcast tail

    def reader(self, start: Union[str, int] = "newest") -> "BroadcastReader":
        """Makes a reader that begins with the "newest" record, the "oldest", or at a position."""
        return BroadcastReader(self, start)


class BroadcastReader:
    """A reader of a broadcast. It holds nothing and writes nothing, and need not be closed."""

    def __init__(self, broadcast: Broadcast, start: Union[str, int]) -> None:
        tail = broadcast.position
        first = {"newest": tail, "oldest": max(0, tail - broadcast.capacity)}.get(start, start)  # type: ignore[arg-type]
        if not isinstance(first, int) or not 0 <= first <= tail:
            raise ValueError(f"Cannot read '{broadcast.name}' as start must be 'newest', 'oldest' or up to {tail}: "
                             f"received {start!r}")
        self._broadcast = broadcast
        #: The position of the record to be received next.
        self.position: int = first
        #: How many records were overwritten before they were received: exact.
        self.lost = 0

    def wait(self, timeout: Optional[float] = None) -> bool:
        """Waits for a record. On a read-only attachment it checks every two milliseconds."""
        broadcast = self._broadcast
        return broadcast.segment._wait(lambda: broadcast.position != self.position, broadcast._word(384), timeout)

    def drain(self, limit: int = 1024, timeout: Optional[float] = 0) -> List[Dict[str, Any]]:
        """Receives the next records as dicts, each whole; an empty list if there are none."""
        data, layout = self._receive(limit, timeout), self._broadcast.layout
        return [layout.decode(data, at) for at in range(0, len(data), layout.size)]

    def drain_array(self, limit: int = 1024, timeout: Optional[float] = 0) -> Any:
        """The same as a NumPy structured array of its own."""
        _require_numpy()
        return _numpy.frombuffer(self._receive(limit, timeout), self._broadcast.layout.dtype)

    def _receive(self, limit: int, timeout: Optional[float]) -> bytes:
        broadcast = self._broadcast
        if timeout != 0 and broadcast.position == self.position:
            self.wait(timeout)
        memory, size, slots = broadcast.segment._bytes, broadcast.layout.size, broadcast._mask + 1
        start = broadcast._offset + 768
        while True:
            tail = broadcast.position
            if tail - self.position > broadcast._reach:
                self.lost += tail - broadcast.capacity - self.position
                self.position = tail - broadcast.capacity
            count = min(tail - self.position, limit)
            index = self.position % slots
            first = min(count, slots - index)
            data = bytes(memory[start + index * size:start + (index + first) * size])
            if first < count:
                data += bytes(memory[start:start + (count - first) * size])
            # Whole, if nothing was claimed meanwhile that lies in place of the first; pairs: broadcast tail.
            if broadcast.position - self.position <= broadcast._reach:
                self.position += count
                return data


_MARK = _BROKEN = _DROPPED = 0x80000000
_JOINING, _READING, _LEFT = 1, 2, 3
_PROBE_S = 0.01  # interval between checks whether a reader that holds this one up is alive


def _before(low: int, end: int) -> int:
    """The last position, up to another one, that has these low bits."""
    return end - (end - low & 0xFFFFFFFF)


class Pipeline(_Part):
    """A stream from one writer to named readers in an order of work. Nothing is lost: the writer waits for all."""

    def __init__(self, segment: Segment, entry: Entry) -> None:
        super().__init__(segment, entry, 512)
        self.capacity = self._load(0)
        gates = self._load(8)
        if not (2 <= self.capacity <= 1 << 30 and 1 <= gates <= 32):
            self._refuse("its capacity", self.capacity)
        self._mask = (1 << (self.capacity - 1).bit_length()) - 1
        self._records = 512 + gates * 256
        if self._load(4) != self.layout.size:
            self._refuse("its record's length", self._load(4))
        if self._records + (self._mask + 1) * self.layout.size > entry.byte_length:
            self._refuse("its length", entry.byte_length)
        names = (self._offset + 512 + gate * 256 + 144 for gate in range(gates))
        #: The names of its readers.
        self.readers = [_text(bytes(segment._bytes[at:at + 48])) for at in names]
        after = [self._gate(gate, 136) for gate in range(gates)]
        self._after = [[i for i in range(gates) if segment._words[word] >> i & 1] for word in after]
        if any(segment._words[word] >> gates for word in after):
            self._refuse("the order of its readers", gates)
        self._ancestors = [set(one) for one in self._after]
        for _ in range(gates):
            for one in self._ancestors:
                one.update(*[self._after[i] for i in one])
        if any(gate in one for gate, one in enumerate(self._ancestors)):
            self._refuse("the order of its readers", gates)

    def reader(self, name: str, start: Union[None, str, int] = None, waits_for_all: bool = False) -> "PipelineReader":
        """Becomes a reader; also in place of one that died or left, and then where that one was.

        start: "newest" (the default) or "oldest", where nobody has read before; or a position, which always counts.
        waits_for_all: whether it receives nothing while a reader that it comes after is not there.
        """
        return PipelineReader(self, name, start, waits_for_all)

    def _gate(self, gate: int, offset: int) -> int:
        return self._word(512 + gate * 256 + offset)

    def _double(self, gate: int, offset: int) -> int:
        return (self._offset + 512 + gate * 256 + offset) // 8

    def _permit(self) -> int:
        return self._position_at(256, 276)  # pairs: pipeline permit

    def _is_reading(self, gate: int) -> bool:
        holder = self.segment._words[self._gate(gate, 128)]  # pairs: gate holder
        return holder != 0 and not holder & _MARK

    def _reached(self, gate: int) -> int:
        """The whole position of a gate."""
        words = self.segment._words
        base = (words[self._gate(gate, 132)] >> 2) << 30  # pairs: gate place
        return base + (words[self._gate(gate, 0)] - base & 0xFFFFFFFF)

    def _drop(self, gate: int, holder: int) -> None:
        """Takes a gate from a reader that is no more, and counts that if somebody may have waited for it."""
        segment, drops = self.segment, self._gate(gate, 140)
        if not segment._change(self._gate(gate, 128), holder, _DROPPED):  # pairs: gate holder
            return
        while not holder & _MARK and \
                not segment._change(drops, segment._words[drops], segment._words[drops] + 1 & 0xFFFFFFFF):
            pass
        segment._notify(self._gate(gate, 64))


class PipelineReader:
    """A reader of a pipeline; for `with`."""

    def __init__(self, pipeline: Pipeline, name: str, start: Union[None, str, int], waits_for_all: bool) -> None:
        self._pipeline, self._segment = pipeline, pipeline.segment
        segment = self._segment
        segment._require_open()
        self._is_open = False
        what = f"reader '{name}' of '{pipeline.name}'"
        if name not in pipeline.readers:
            raise ValueError(f"Cannot become {what} as it must be one of {pipeline.readers}")
        tail = _before(pipeline._load(128), pipeline._permit())
        if not (start in (None, "newest", "oldest") or isinstance(start, int) and 0 <= start <= tail):
            raise ValueError(f"Cannot become {what} as start must be 'newest', 'oldest' or up to {tail}: "
                             f"received {start!r}")
        if segment.read_only:
            raise ShmkitError(f"Cannot become {what} as the segment is attached for reading only")
        self._what, self._gate = what, pipeline.readers.index(name)
        self._waits_for_all = waits_for_all
        self._narrowest: Optional[int] = None  # the gate before this one that was found to hold it up
        self._probed = 0.0
        self._is_fenced = _membarrier(_MEMBARRIER_REGISTER_GLOBAL_EXPEDITED)
        self._holder = pipeline._gate(self._gate, 128)
        try:
            self._join(start)
            segment._held[self._holder] = self
            self._is_open = True
        except BaseException:
            self._abandon()  # interrupted, or refused
            raise

    def _join(self, start: Union[None, str, int]) -> None:
        pipeline, segment, words = self._pipeline, self._segment, self._segment._words
        holder, place = self._holder, pipeline._gate(self._gate, 132)
        while True:
            held = words[holder]  # pairs: gate holder
            if held & ~_MARK and segment._is_in_use(holder, held & ~_MARK):
                raise RoleTakenError(f"Cannot become {self._what} as somebody alive is")
            # Marked, the writer does not wait yet; one that it waits for is replaced as it is.
            is_waited_for = held != 0 and not held & _MARK
            if segment._change(holder, held, segment._id if is_waited_for else segment._id | _MARK):
                break
        #: Whether the previous reader at this place died.
        self.owner_died: bool = held & ~_MARK != 0
        # The place that was reached here is kept while the position is in motion.
        state, kept_at = words[place] & 3, pipeline._double(self._gate, 200)  # pairs: gate place
        kept = pipeline._reached(self._gate)
        if state in (0, _JOINING):
            kept = -1 if state == 0 else int(segment._doubles[kept_at])
        segment._doubles[kept_at] = kept
        segment._store(place, _JOINING)
        segment._store(pipeline._gate(self._gate, 208), int(self._waits_for_all))
        first = self._settle(start, kept, is_waited_for)
        segment._store(place, (first >> 30) << 2 & 0xFFFFFFFF | _READING)
        segment._notify(pipeline._gate(self._gate, 64))
        self._head = self._position = self._limit = first & 0xFFFFFFFF
        wanted = start if isinstance(start, int) else kept
        #: How many records were lost before this reader could begin: exact.
        self.lost: int = max(0, first - wanted) if wanted >= 0 else 0

    def _abandon(self) -> None:
        """Drops this reader, as the others do with a dead one, so that no process waits for it."""
        segment, holder = self._segment, self._segment._words[self._holder]
        if holder & ~_MARK == segment._id and self._holder not in segment._held:
            self._pipeline._drop(self._gate, holder)

    def __enter__(self) -> "PipelineReader":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def close(self) -> None:
        """Stops reading. Peeked records count as received; a successor begins after them."""
        if self._is_open and self._segment._fd >= 0:
            self.free()
            pipeline, segment, self._is_open = self._pipeline, self._segment, False
            segment._held.pop(self._holder, None)
            epoch = pipeline._reached(self._gate) >> 30
            segment._store(pipeline._gate(self._gate, 132), epoch << 2 & 0xFFFFFFFF | _LEFT)  # pairs: gate place
            segment._change(self._holder, segment._id, 0)  # pairs: gate holder
            segment._notify(pipeline._gate(self._gate, 64))
        self._is_open = False

    @property
    def position(self) -> int:
        """The position of the next record to free, modulo 2^32."""
        return self._head

    def wait(self, timeout: Optional[float] = None) -> bool:
        """Waits for a record."""
        self._require_open()
        return self._segment._wait(lambda: self._known() > 0, self._event, timeout)

    def peek(self, limit: Optional[int] = None, timeout: Optional[float] = 0) -> List[Dict[str, Any]]:
        """The next records as dicts, after those peeked already. They are this reader's until `free`."""
        count, pipeline = self._find(limit, timeout), self._pipeline
        first, self._position = self._position, self._position + count & 0xFFFFFFFF
        memory, decode = self._segment._bytes, pipeline.layout.decode
        return [decode(memory, self._at(first + i)) for i in range(count)]

    def peek_array(self, limit: Optional[int] = None, timeout: Optional[float] = 0) -> Any:
        """The same as a NumPy structured array in place, which may be changed; valid until `free`. It ends at the
        memory's end; call it again."""
        count, pipeline = self._find(limit, timeout), self._pipeline
        index = self._position & pipeline._mask
        count = min(count, pipeline._mask + 1 - index)
        self._position = self._position + count & 0xFFFFFFFF
        layout = pipeline.layout
        array = pipeline._array(pipeline._records + index * layout.size, count, layout.dtype, layout.size)
        array.flags.writeable = True
        return array

    def update(self, index: int, **fields: Any) -> None:
        """Changes fields of a peeked record, the index-th that was not freed, for readers that come after this one."""
        self._require_open()
        if not 0 <= index < (self._position - self._head & 0xFFFFFFFF):
            raise IndexError(f"Cannot update record {index} as it must be one that was peeked and not freed")
        parts = self._pipeline.layout._encode_fields(fields)
        at = self._at(self._head + index)
        for start, data in parts:
            self._segment._bytes[at + start:at + start + len(data)] = data

    def free(self) -> None:
        """Passes all peeked records on, to the readers after this one or to the writer."""
        self._require_open()
        pipeline, gate, self._head = self._pipeline, self._gate, self._position
        # pairs: ring head, event count
        self._segment._pass_on(pipeline._gate(gate, 0), self._head, pipeline._gate(gate, 64), self._is_fenced)

    def drain(self, limit: Optional[int] = None, timeout: Optional[float] = 0) -> List[Dict[str, Any]]:
        """Receives the next records as dicts, and passes them on."""
        found = self.peek(limit, timeout)
        self.free()
        return found

    def _require_open(self) -> None:
        self._segment._require_open()
        if not self._is_open:
            raise ShmkitError(f"Cannot use {self._what} as it was closed")

    def _at(self, position: int) -> int:
        pipeline = self._pipeline
        return pipeline._offset + pipeline._records + (position & pipeline._mask) * pipeline.layout.size

    def _settle(self, start: Union[None, str, int], kept: int, is_waited_for: bool) -> int:
        """Finds where to begin and stores it, so that the writer waits from there on. The steps: docs/format.md."""
        pipeline, segment, gate = self._pipeline, self._segment, self._gate
        words, doubles, since_at = segment._words, segment._doubles, pipeline._double(gate, 192)
        since, announced = int(doubles[since_at]), None
        before = set() if not self._waits_for_all else pipeline._ancestors[gate] if kept < 0 else pipeline._after[gate]
        wanted = start if isinstance(start, int) else max(kept, 0)
        if kept < 0 and start in (None, "newest"):
            tail = words[pipeline._word(128)]  # pairs: ring tail
            wanted = _before(tail, pipeline._permit())
        behind = [i for i, ancestors in enumerate(pipeline._ancestors) if gate in ancestors]
        while True:
            permit = pipeline._permit()
            first = max([wanted] + [int(doubles[pipeline._double(i, 192)]) for i in before])
            waiting = [_before(words[pipeline._gate(i, 0)], permit) for i in behind
                       if pipeline._is_reading(i) and words[pipeline._gate(i, 208)] == 1]
            awaited = max(min(waiting, default=1 << 63), kept, 0)
            begin = max(min(first, awaited), permit - pipeline.capacity)  # what lies further back may be overwritten
            if begin == announced:
                return begin
            doubles[since_at] = begin if kept < 0 or begin > kept or begin < since else since
            segment._store(pipeline._gate(gate, 0), begin & 0xFFFFFFFF)
            # Dekker's way: the writer sees this gate, or its permit is seen next; pairs: pipeline permit.
            if not is_waited_for:
                segment._store(pipeline._gate(gate, 128), segment._id)
            announced = begin

    def _event(self) -> int:
        pipeline = self._pipeline
        return pipeline._word(384) if self._narrowest is None else pipeline._gate(self._narrowest, 64)

    def _known(self) -> int:
        """The number of records that are published, and received by all readers before this one."""
        left = self._limit - self._position & 0xFFFFFFFF
        if left > 0:
            return left
        pipeline, words, start = self._pipeline, self._segment._words, self._position
        found = words[pipeline._word(128)] - start & 0xFFFFFFFF  # pairs: ring tail
        self._narrowest = None
        if found == 0 or found > 0x7FFFFFFF:
            return 0
        for gate in pipeline._after[self._gate]:
            passed = 0
            # The position of one that joins is not yet where it is going to be.
            if pipeline._is_reading(gate) and \
                    (not self._waits_for_all or words[pipeline._gate(gate, 132)] & 3 == _READING):
                passed = words[pipeline._gate(gate, 0)] - start & 0xFFFFFFFF  # pairs: ring head
                passed = 0 if passed > 0x7FFFFFFF else passed  # one that has just joined may be ahead of those before it
            elif not self._waits_for_all:
                continue
            if passed < found:
                found, self._narrowest = passed, gate
        if found > 0:
            self._limit = start + found & 0xFFFFFFFF
        elif self._narrowest is not None:
            self._probe(self._narrowest)
        return found

    def _probe(self, gate: int) -> None:
        """Drops a dead reader, so that no process waits for it. Asks the kernel only now and then."""
        now, pipeline, segment = time.monotonic(), self._pipeline, self._segment
        if now - self._probed < _PROBE_S:
            return
        self._probed = now
        holder = segment._words[pipeline._gate(gate, 128)]
        if holder != 0 and not holder & _MARK and not segment.is_alive(holder):
            pipeline._drop(gate, holder)

    def _find(self, limit: Optional[int], timeout: Optional[float]) -> int:
        self._require_open()
        count = self._known()
        if count == 0 and timeout != 0 and self.wait(timeout):
            count = self._known()
        return count if limit is None else min(count, limit)


_LIFE_CHECK_S = 0.04  # a sleeper checks at this interval whether the owner is alive


class Mutex(_Object):
    """A lock that one attachment owns; for `with`. If an owner dies, the next one learns of it: see `owner_died`.

    With `with`, too: `with mutex: if mutex.owner_died: repair(); mutex.mark_consistent()`.
    """

    def __init__(self, segment: Segment, entry: Entry) -> None:
        super().__init__(segment, entry, 256)
        self._lock = self._word(0)

    def __enter__(self) -> "Mutex":
        self.lock()
        return self

    def __exit__(self, *_: Any) -> None:
        self.unlock()

    @property
    def is_owned(self) -> bool:
        """Whether this attachment owns it."""
        self.segment._require_open()
        return self.segment._id != 0 and self.segment._words[self._lock] & ~_MARK == self.segment._id

    @property
    def owner_died(self) -> bool:
        """Whether this attachment owns it, an owner has died, and it was not marked consistent since."""
        return self.is_owned and self._load(4) != 0

    def lock(self, timeout: Optional[float] = None) -> bool:
        """Takes the lock; sleeps until it is free. False if it was not free in time.

        Raises OwnerDiedError if it is broken, NotOwnerError if this attachment owns it already.
        """
        segment, word = self.segment, self._lock
        self._require_takeable(0)
        if segment._change(word, 0, segment._id):  # pairs: lock word
            return self._taken(False)
        found = segment._words[word]
        self._require_takeable(found)
        if timeout == 0:
            return self._take_over(found) and self._taken(False)
        deadline = time.monotonic() + (float("inf") if timeout is None else timeout)
        for _ in range(_POLLS):
            if segment._words[word] == 0 and segment._change(word, 0, segment._id):
                return self._taken(True)
        place = self._announce()
        try:
            return self._sleep(deadline) and self._taken(True)
        finally:
            if place is not None:
                segment._store(place, 0)  # pairs: blocked place

    def unlock(self) -> None:
        """Unlocks. Breaks the lock for all processes if an owner died and it was not marked consistent."""
        segment, word = self.segment, self._lock
        self._require_owned("unlock")
        if segment._change(word, segment._id, 0):  # pairs: lock word
            return
        if self._load(4) != 0:
            segment._store(word, _BROKEN)
            _futex_wake(segment._address + word * 4)
        # If this process dies before it wakes those that sleep, they look by themselves after 40 ms.
        elif segment._store(word, 0) & _MARK:
            _futex_wake(segment._address + word * 4, 1)

    def mark_consistent(self) -> None:
        """Declares the protected data repaired after an owner died."""
        self._require_owned("mark")
        self.segment._store(self._word(4), 0)

    def _require_owned(self, action: str) -> None:
        if not self.is_owned:
            raise NotOwnerError(f"Cannot {action} mutex '{self.name}' as this attachment does not own it")

    def _require_takeable(self, found: int) -> None:
        self.segment._require_open()
        if self.segment.read_only:
            raise ShmkitError(f"Cannot lock mutex '{self.name}' as the segment is attached for reading only")
        if found == _BROKEN:
            raise OwnerDiedError(f"Cannot lock mutex '{self.name}' as an owner died, and nobody repaired what it left")
        if found & ~_MARK == self.segment._id:
            raise NotOwnerError(f"Cannot lock mutex '{self.name}' as this attachment owns it already")

    def _taken(self, has_waited: bool) -> bool:
        counts = (self._offset + 64) // 8  # statistics, written by the owner alone
        self.segment._doubles[counts] += 1
        self.segment._doubles[counts + 1] += has_waited
        return True

    def _take_over(self, found: int) -> bool:
        """Takes the word from a dead owner. The next owner finds a death right after this in the same way."""
        segment, owner = self.segment, found & ~_MARK
        if owner in (0, segment._id) or segment.is_alive(owner):
            return False
        # Marked, whether anybody sleeps or not: the fast way to unlock is closed.
        if not segment._change(self._lock, found, segment._id | _MARK):
            return False
        segment._store(self._word(4), 1)
        segment._doubles[(self._offset + 80) // 8] += 1
        return True

    def _announce(self) -> Optional[int]:
        """Announces that this attachment is blocked, for statistics; returns its place, if one is free."""
        segment = self.segment
        for place in range(self._word(128), self._word(256)):
            found = segment._words[place]  # pairs: blocked place
            if (found == 0 or not segment.is_alive(found)) and segment._change(place, found, segment._id):
                return place
        return None

    def _sleep(self, deadline: float) -> bool:
        """Waits for the word, with the mark, so that its owner wakes sleepers."""
        segment, word, is_first = self.segment, self._lock, True
        while True:
            found = segment._words[word]  # pairs: lock word
            self._require_takeable(found)
            if found == 0:
                # Marked: there may be others asleep, of whom this one knows nothing.
                if segment._change(word, 0, segment._id | _MARK):
                    return True
                continue
            if is_first and self._take_over(found):
                return True
            is_first = False
            if not found & _MARK and not segment._change(word, found, found | _MARK):
                continue
            until = min(deadline, time.monotonic() + _LIFE_CHECK_S)
            if _futex_wait(segment._address + word * 4, found | _MARK, until):
                continue
            if self._take_over(segment._words[word]):
                return True
            if time.monotonic() >= deadline:
                return False
