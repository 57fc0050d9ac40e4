/*
 * What two processes do at once, made to happen at one exact instruction: the other one's part runs in this thread,
 * just before or after a system call of the first one's.
 */
import { assert, assertEquals, assertGreaterOrEqual, assertLess, assertMatch, assertThrows } from "@std/assert";
import { Buffer } from "node:buffer";
import { chmodSync, closeSync, openSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { describe, it } from "node:test";
import { Region, RoleTakenError, Segment, SegmentFormatError, SegmentStateError, SystemError } from "@shmkit/shmkit";
import * as linux from "../../ffi/linux.ts";
import * as system from "../../ffi/system.ts";
import { tryLockByte } from "../../lib/memory/ofd_lock.ts";
import type { Libc, Memory } from "../../ffi/mod.ts";
import type { Party } from "../../lib/memory/party.ts";
import { Role } from "../../lib/memory/role.ts";
import { sleep } from "../../lib/atomic/mod.ts";
import { Views } from "../../lib/layout/mod.ts";
import { Peer } from "../../support/peer.ts";
import { thisRuntime } from "../../support/runtimes.ts";
import { exists, leaveByEnded, withName } from "../../support/segments.ts";
import { Counter } from "./counter.ts";
import { before, failing, replacing } from "./faults.ts";

const SCRIPT = new URL("./races_peer.ts", import.meta.url);
const byteLength = 65_536;

/** Whether a call of fcntl tries to take the lock of that byte, or asks whether it is held. */
const locks = (command: number, byteOffset: number) => (_fd: number, called: number, flock: Memory): boolean => {
  const [kind, low] = new Int32Array(flock.buffer, flock.byteOffset, 3).filter((_, i) => i !== 1);
  const expected = command === linux.F_OFD_SETLK ? linux.F_WRLCK : linux.F_RDLCK;
  return called === command && kind === expected && low === byteOffset;
};

const empty = (name: string): void => closeSync(openSync(`/dev/shm${name}`, "w", 0o600));

/** An attachment among the others. */
const partyOf = (segment: Segment): Party =>
  segment.openOrCreate("party", {
    kind: "Party",
    byteLength: () => 8,
    init: () => {},
    attach: (region: Region) => region.party,
  }, {});

describe("a half-made segment", () => {
  it("that another process finishes just before the lock is taken is not made again", () =>
    withName((name) => {
      empty(name);
      const first: Segment[] = [];
      const finish = () => {
        first.push(Segment.openOrCreate(name, { byteLength }));
        first[0].create("counter", Counter, { start: 77 });
      };
      using segment = before(
        "fcntl_flock",
        locks(linux.F_OFD_SETLK, 0),
        finish,
        () => Segment.openOrCreate(name, { byteLength }),
      );
      assertEquals(segment.open("counter", Counter).add(1), 77);
      assertEquals(first[0].open("counter", Counter).value, 78);
      first[0].close();
    }));

  for (const how of ["openOrCreate", "create"] as const) {
    it(`that loses its name just before ${how} takes its lock is left alone`, () =>
      withName((name) => {
        if (how === "openOrCreate") empty(name);
        const remove = () => void Segment.unlink(name);
        const attempt = () =>
          before("fcntl_flock", locks(linux.F_OFD_SETLK, 0), remove, () => Segment[how](name, { byteLength }));
        using segment = attempt(); // made anew
        segment.create("counter", Counter, { start: 5 });
        using other = Segment.open(name);
        assertEquals(other.open("counter", Counter).value, 5);
      }));
  }

  it("whose lock is released just when the time is up is made, and no reader is blamed", () =>
    withName((name) => {
      empty(name);
      const doing = { action: "hold", path: name }, fd = system.shmOpen(doing, name, linux.O_RDWR, 0);
      tryLockByte(doing, fd, 0);
      // The first that is asked once the lock could not be taken.
      const asks = (_fd: number, command: number) => command === linux.F_OFD_GETLK;
      const make = () => Segment.openOrCreate(name, { byteLength, timeoutMs: 0 });
      using segment = before("fcntl_flock", asks, () => system.close(fd), make);
      assertEquals(segment.participants().length, 1);
    }));

  for (const length of [byteLength / 2, byteLength, byteLength * 2]) {
    it(`is made of zeros, whatever of the header a dead creator left of ${length} bytes`, () =>
      withName((name) => {
        // All that is written before the state, each of it or not yet: the magic goes first.
        const header = new Uint8Array(128).fill(255), words = new DataView(header.buffer);
        [0x4b4d4853, 0x0a0d5449, 1, 0].forEach((word, i) => words.setUint32(4 * i, word, true));
        for (const written of [4, 8, 12, 16, 24, 40, 104, 128]) {
          const bytes = new Uint8Array(length);
          bytes.set(header.subarray(0, written));
          writeFileSync(`/dev/shm${name}`, bytes, { mode: 0o600 });
          using segment = Segment.openOrCreate(name, { byteLength });
          assertEquals(statSync(`/dev/shm${name}`).size, byteLength);
          assertEquals([segment.objects(), segment.participants().length], [[], 1]);
          assertEquals(segment.create("counter", Counter, {}).value, 0);
          assertEquals(segment.objects().length, 1);
          Segment.unlink(name);
        }
      }));
  }

  it("is not what holds a byte behind the header: that is another program's, and is left as it is", () =>
    withName((name) => {
      const path = `/dev/shm${name}`, length = 2 ** 20 + 128 + 4096;
      for (const at of [128, 129, 4096, 2 ** 20 + 127, 2 ** 20 + 128, length - 1]) {
        const bytes = Buffer.alloc(length);
        bytes[at] = 0x80;
        writeFileSync(path, bytes, { mode: 0o640 });
        chmodSync(path, 0o640);
        for (let i = 0; i < 2; i++) {
          const make = () => Segment.openOrCreate(name, { byteLength });
          const error = assertThrows(make, SegmentFormatError, `must hold zeros: found others at ${at & ~3}`);
          assertEquals(error.code, "FOREIGN");
        }
        assertEquals(readFileSync(path).equals(bytes), true);
        assertEquals(statSync(path).mode & 0o777, 0o640);
      }
    }));

  it("whose creator fails and removes its name takes no other segment's name", () =>
    withName(async (name) => {
      using signal = Segment.anonymous({ byteLength: 4096 });
      const counter = signal.create("counter", Counter, {});
      const peer = Peer.start(thisRuntime, SCRIPT, ["replace", name, signal.name]);
      assertEquals(await peer.next(), "ready");
      // Between the creator's look at the name and its removal another process has time to put its own there.
      const replace = () => {
        counter.add(1);
        while (counter.value < 2);
        sleep(300);
      };
      const create = () =>
        failing("madvise", linux.EINVAL, () => Segment.create(name, { byteLength: 8192, prefault: true }));
      const error = assertThrows(() => before("shm_unlink", () => true, replace, create), SystemError);
      assertEquals(error.code, "EINVAL");
      assertEquals([typeof await peer.next(), await peer.next()], ["boolean", "replaced"]);
      using segment = Segment.open(name);
      assertEquals(segment.open("counter", Counter).value, 5);
      peer.kill();
      await peer.exited;
    }));

  it("whose header is written while it is read is not foreign", () =>
    withName((name) => {
      using first = Segment.create(name, { byteLength });
      let looks = 0;
      const half = (original: Libc["pread"]): Libc["pread"] => (fd, into, length, at) => {
        const count = original(fd, into, length, at);
        // Magic and state from before they were written, and what is between and behind them from after that.
        if (looks++ < 2) new Uint32Array(into.buffer).set([0, 0, 1, 0]);
        return count;
      };
      using second = replacing("pread", half, () => Segment.openOrCreate(name, { byteLength }));
      assertEquals(second.participants().length, 2);
      assertGreaterOrEqual(looks, 3);
      assertEquals(first.participants().length, 2);
    }));

  it("that is stopped does not keep its name from being removed for ever", () =>
    withName(async (name) => {
      empty(name);
      const peer = Peer.start(thisRuntime, SCRIPT, ["hold", name]);
      assertEquals(await peer.next(), "held");
      const { now } = performance, clock = now.bind(performance), start = clock();
      performance.now = () => start + 20 * (clock() - start); // a clock that runs fast, and so a test that does
      try {
        assertEquals([Segment.unlink(name), exists(name)], [true, false]);
        assertGreaterOrEqual(performance.now() - start, 5000);
      } finally {
        performance.now = now;
      }
      peer.kill();
      await peer.exited;
    }));

  it("that is removed and made anew while open waits is opened anew", () =>
    withName((name) => {
      empty(name);
      const first: Segment[] = [];
      const remake = () => {
        Segment.unlink(name);
        first.push(Segment.create(name, { byteLength }));
      };
      using segment = before(
        "fcntl_flock",
        locks(linux.F_OFD_GETLK, 0),
        remake,
        () => Segment.open(name, { timeoutMs: 30_000 }),
      );
      assertEquals(segment.participants().length, 2);
      first[0].close();
      Segment.unlink(name);
      // And without a new one that is what open says.
      empty(name);
      assertThrows(
        () => before("fcntl_flock", locks(linux.F_OFD_GETLK, 0), () => Segment.unlink(name), () => Segment.open(name)),
        Error,
        "ENOENT",
      );
    }));

  it("that a creator continues while open checks is not taken for a dead creator's", () =>
    withName((name) => {
      empty(name);
      const doing = { action: "hold", path: name };
      const fd = system.shmOpen(doing, name, linux.O_RDWR, 0);
      let isLooked = false;
      const look = () => isLooked = true;
      const begin = () => {
        tryLockByte(doing, fd, 0);
        system.allocate(doing, fd, byteLength);
      };
      const open = () => Segment.open(name, { timeoutMs: 50 });
      const error = assertThrows(
        () =>
          before("statx", () => isLooked, begin, () => before("fcntl_flock", locks(linux.F_OFD_GETLK, 0), look, open)),
        SegmentStateError,
      );
      assertEquals(error.code, "INITIALISING");
      system.close(fd);
    }));

  it("whose creator dies while open waits is reported at once", () =>
    withName(async (name) => {
      empty(name);
      const peer = Peer.start(thisRuntime, SCRIPT, ["hold", name]);
      assertEquals(await peer.next(), "held");
      const start = performance.now();
      const error = assertThrows(() => {
        let looks = 0;
        const third = (...args: [number, number, Memory]) => locks(linux.F_OFD_GETLK, 0)(...args) && ++looks === 3;
        before("fcntl_flock", third, () => peer.kill(), () => Segment.open(name, { timeoutMs: 120_000 }));
      }, SegmentStateError);
      assertEquals(error.code, "CREATOR_DIED");
      assertLess(performance.now() - start, 60_000);
      await peer.exited;
      // One that left a length is known to have died at the first look.
      writeFileSync(`/dev/shm${name}`, new Uint8Array(4096));
      const dead = assertThrows(() => Segment.open(name, { timeoutMs: 120_000 }), SegmentStateError);
      assertEquals(dead.code, "CREATOR_DIED");
      assertLess(performance.now() - start, 60_000);
    }));
});

describe("an id of a dead attachment", () => {
  it("stays dead at every step at which a joiner of its slot may be stopped", () =>
    withName((name) => {
      using watcher = Segment.create(name, { byteLength });
      const party = partyOf(watcher);
      const [slot, old] = (() => {
        using segment = Segment.open(name);
        const { id, slot } = segment.participants()[1];
        assertEquals(party.isAlive(id), true);
        return [slot, id];
      })();
      const seen: boolean[] = [];
      let isLooking = false;
      using _joiner = replacing("fcntl_flock", (original) => (fd, command, flock) => {
        const result = original(fd, command, flock);
        if (isLooking) return result;
        const copy = (flock as Int32Array).slice(); // the question below uses the same memory
        isLooking = true;
        seen.push(party.isAlive(old));
        isLooking = false;
        (flock as Int32Array).set(copy);
        return result;
      }, () => Segment.open(name));
      assertEquals(watcher.participants()[1].slot, slot);
      assertEquals(seen.includes(true), false, String(seen));
      assert(seen.length >= 3);
    }));

  it("stays dead when its slot is taken during the check", () =>
    withName((name) => {
      using watcher = Segment.create(name, { byteLength });
      const party = partyOf(watcher);
      const segment = Segment.open(name);
      const old = partyOf(segment).id;
      segment.close();
      const joiners: Segment[] = [];
      const join = () => void joiners.push(Segment.open(name));
      const isAlive = before(
        "fcntl_flock",
        (_fd, command) => command === linux.F_OFD_GETLK,
        join,
        () => party.isAlive(old),
      );
      assertEquals(isAlive, false);
      assertEquals(partyOf(joiners[0]).id & 1023, old & 1023);
      joiners[0].close();
    }));

  it("stays dead when its slot has a new holder, of whatever kind", () =>
    withName(async (name) => {
      using segment = Segment.create(name, { byteLength });
      const type = {
        kind: "Place",
        byteLength: () => 8,
        init: () => {},
        attach: (region: Region) => new Role("the keeper", region, 0),
      };
      const former = Segment.open(name);
      former.openOrCreate("place", type, {}).acquire();
      const role = segment.open("place", type);
      assertThrows(() => role.acquire(), RoleTakenError);
      former.close(); // gives nothing back: as if killed
      const peer = Peer.start(thisRuntime, SCRIPT, ["attach", name]);
      assertEquals(await peer.next(), "attached");
      assertEquals(segment.participants()[1].slot, 1);
      assertEquals(role.holder, 0);
      role.acquire();
      peer.kill();
      await peer.exited;
    }));
});

describe("a role", () => {
  const DEAD = 9;
  const memory = new SharedArrayBuffer(64);
  /** An attachment of that id; `look` runs whenever it asks whether the dead one lives. */
  const roleOf = (id: number, look: () => void = () => {}): Role => {
    const party: Party = {
      id,
      seesDeaths: true,
      isOfThisThread: () => false,
      isAlive: (asked) => (asked === DEAD && look(), asked !== DEAD),
      describe: (id) => `attachment ${id}`,
    };
    return new Role("the keeper", new Region("memory", new Views(memory), party, false), 0);
  };

  it("of a dead holder is taken by one only, when two find it at once", () => {
    Region.over(memory).views.i32[0] = DEAD;
    const other = roleOf(2);
    const role = roleOf(1, () => {
      if (Region.over(memory).views.i32[0] === DEAD) other.acquire();
    });
    const error = assertThrows(() => role.acquire(), RoleTakenError);
    assert(error.message.includes("found attachment 2"));
    assertEquals(Region.over(memory).views.i32[0], 2);
    other.release();
    role.acquire();
  });

  it("whose new holder cannot be made is as it was: the next one also learns of the dead one", () => {
    const { i32 } = Region.over(memory).views;
    for (const before of [0, DEAD]) {
      i32[0] = before;
      assertThrows(
        () =>
          roleOf(1).acquireFor((isHeir) => {
            throw new RangeError(`no memory for ${isHeir ? "an heir" : "the first"}`);
          }),
        RangeError,
        before === DEAD ? "an heir" : "the first",
      );
      assertEquals(i32[0], before);
      assertEquals(roleOf(2).acquireFor((isHeir) => isHeir), before === DEAD);
      assertEquals(i32[0], 2);
    }
  });
});

describe("joining", () => {
  /** A segment of one free slot, and a descriptor that holds its joiner's byte. */
  const joined = (name: string): number => {
    Segment.create(name, { byteLength, maxParticipants: 1 }).close();
    leaveByEnded(name, 0);
    const doing = { action: "hold", path: name }, fd = system.shmOpen(doing, name, linux.O_RDWR, 0);
    assert(tryLockByte(doing, fd, 129));
    return fd;
  };

  it("waits for a slot that another is about to take, and takes it if that one does not", () =>
    withName((name) => {
      const fd = joined(name), giveUp = () => system.close(fd);
      using segment = before("fcntl_flock", locks(linux.F_OFD_GETLK, 129), giveUp, () => Segment.open(name));
      assertEquals(segment.participants().length, 1);
    }));

  it("does not wait for ever", () =>
    withName((name) => {
      const fd = joined(name), start = performance.now();
      const error = assertThrows(() => Segment.open(name), SegmentStateError, "could be taken within 1000 ms");
      assertEquals(error.code, "BUSY");
      assertGreaterOrEqual(performance.now() - start, 1000);
      system.close(fd);
    }));

  it("waits no longer than it is told to, and not at all with 0", () =>
    withName((name) => {
      const fd = joined(name);
      for (const timeoutMs of [0, 1]) {
        const { code, message } = assertThrows(() => Segment.open(name, { timeoutMs }), SegmentStateError);
        assertEquals(code, "BUSY");
        assertMatch(message, timeoutMs === 0 ? /taken within 0 ms/ : /taken within [01] ms/);
      }
      assertThrows(() => Segment.openOrCreate(name, { byteLength, timeoutMs: 0 }), SegmentStateError, "within 0 ms");
      system.close(fd);
    }));
});

describe("adding an object", () => {
  it("waits for another adder for its time limit, by the clock", () =>
    withName(async (name) => {
      using segment = Segment.create(name, { byteLength });
      const catalog = 128 + 64 * 64;
      const peer = Peer.start(thisRuntime, SCRIPT, ["hold", name, String(catalog)]);
      assertEquals(await peer.next(), "held");
      for (const how of ["create", "openOrCreate"] as const) {
        let ms = 0;
        const { now } = performance, clock = now.bind(performance);
        // Each look at the clock finds a minute gone: then one look is enough, whatever the number of rounds.
        performance.now = () => clock() + (ms += 60_000);
        try {
          const error = assertThrows(
            () => segment[how]("counter", Counter, {}, { timeoutMs: 59_000 }),
            SegmentStateError,
            "has been adding an object for 6",
          );
          assertEquals(error.code, "BUSY");
        } finally {
          performance.now = now;
        }
      }
      const start = performance.now();
      assertThrows(() => segment.create("counter", Counter, {}, { timeoutMs: 100 }), SegmentStateError);
      assertEquals(performance.now() - start >= 100, true);
      assertThrows(() => segment.create("counter", Counter, {}, { timeoutMs: -1 }), RangeError, "0 or more");
      peer.kill();
      await peer.exited;
      assertEquals(segment.create("counter", Counter, {}).value, 0);
      assertEquals(exists(name), true);
    }));
});
