/*
 * What a user can do who may read a segment's file and not write it. Another open file description for reading does for
 * another user: the kernel asks for no more.
 */
import { assertEquals, assertGreaterOrEqual, assertLess, assertThrows } from "@std/assert";
import { spawn, spawnSync } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { Mutex, Segment, SegmentStateError } from "@shmkit/shmkit";
import { isRoot } from "../../support/machine.ts";
import { withName } from "../../support/segments.ts";
import { Counter } from "./counter.ts";
import { readLock } from "./read_lock.ts";

const slots = 4, byteLength = 65_536;

/** The first bytes of a segment, all that it locks among them: header, slots and the first of the catalog. */
const LOCK_BYTES = 128 + 64 * slots + 1;

/** Locks what it can of a segment's file for reading while something is done. */
function whileReadLocked(name: string, use: () => void): void {
  const fd = openSync(`/dev/shm${name}`, "r");
  try {
    let locked = 0;
    for (let byte = 0; byte < LOCK_BYTES; byte++) if (readLock(fd, byte)) locked++;
    assertGreaterOrEqual(locked, LOCK_BYTES - 1); // but for the slot of the attached process
    use();
  } finally {
    closeSync(fd);
  }
}

/** Attaches, takes a lock, and leaves without giving it back, as a process that dies does. */
function dieWithLock(name: string): void {
  const segment = Segment.open(name, { role: "dead" });
  segment.open("m", Mutex).lock();
  segment.close();
}

describe("a user who may only read a segment's file and locks it for reading", () => {
  it("does not keep the dead alive", () =>
    withName((name) => {
      using segment = Segment.create(name, { byteLength, maxParticipants: slots, role: "owner" });
      const mutex = segment.create("m", Mutex, {});
      dieWithLock(name);
      whileReadLocked(name, () => {
        assertEquals(segment.participants().map(({ role }) => role), ["owner"]);
        assertEquals(mutex.stats().owner?.isAlive, false);
        assertEquals(mutex.lock({ timeoutMs: 20_000 }), true);
        assertEquals(mutex.ownerDied, true);
        mutex.markConsistent();
        mutex.unlock();
      });
    }));

  it("keeps others from joining, with an error that says so, and uses up no epoch", () =>
    withName((name) => {
      using segment = Segment.create(name, { byteLength, maxParticipants: slots });
      whileReadLocked(name, () => {
        const before = readFileSync(`/dev/shm${name}`);
        for (let i = 0; i < 3; i++) {
          const error = assertThrows(
            () => Segment.open(name),
            SegmentStateError,
            "3 are free, but a process that may read",
          );
          assertEquals(error.code, "BUSY");
        }
        assertEquals(readFileSync(`/dev/shm${name}`).equals(before), true);
        Segment.open(name, { readOnly: true }).close();
      });
      using other = Segment.open(name);
      assertEquals([other.participants().length, segment.participants().length], [2, 2]);
    }));

  it("keeps objects from being added, for as long as the adder waits", () =>
    withName((name) => {
      using segment = Segment.create(name, { byteLength, maxParticipants: slots });
      whileReadLocked(name, () => {
        const start = performance.now();
        const add = () => segment.create("counter", Counter, {}, { timeoutMs: 50 });
        const error = assertThrows(
          add,
          SegmentStateError,
          "nobody else is adding an object, but a process that may read",
        );
        assertEquals(error.code, "BUSY");
        assertGreaterOrEqual(performance.now() - start, 50);
      });
      assertEquals(segment.create("counter", Counter, {}).value, 0);
    }));

  it("keeps a half-made segment from being made, and does not seem to make it", () =>
    withName((name) => {
      closeSync(openSync(`/dev/shm${name}`, "w", 0o600));
      whileReadLocked(name, () => {
        const make = () => Segment.openOrCreate(name, { byteLength, timeoutMs: 30 });
        const error = assertThrows(make, SegmentStateError, "no process initialises it, but a process that may read");
        assertEquals(error.code, "BUSY");
        const start = performance.now();
        const open = assertThrows(() => Segment.open(name, { timeoutMs: 30 }), SegmentStateError);
        assertEquals(open.code, "INITIALISING");
        assertLess(performance.now() - start, 5000);
      });
      using segment = Segment.openOrCreate(name, { byteLength });
      assertEquals(segment.participants().length, 1);
    }));

  const canBecome = isRoot && spawnSync("perl", ["-e", "1"]).status === 0 &&
    spawnSync("setpriv", ["true"]).status === 0;
  it(
    `is another user${canBecome ? "" : " (skipped: needs root, perl and setpriv)"}`,
    { skip: !canBecome },
    () =>
      withName(async (name) => {
        using segment = Segment.create(name, { byteLength, maxParticipants: slots, mode: 0o644, role: "owner" });
        const mutex = segment.create("m", Mutex, {});
        dieWithLock(name);
        const script = `open(F, "<", "/dev/shm${name}") or die $!; my $locked = 0;
        for my $at (0 .. ${LOCK_BYTES - 1}) { $locked++ if fcntl(F, 37, pack("s s l q q l l", 0, 0, 0, $at, 1, 0, 0)) }
        die if $locked < ${LOCK_BYTES - 1}; $| = 1; print "locked"; sleep 60`;
        const user = spawn("setpriv", ["--reuid=65534", "--regid=65534", "--clear-groups", "perl", "-e", script]);
        try {
          await new Promise<void>((resolve, reject) => {
            user.stdout.once("data", () => resolve());
            user.once("exit", () => reject(new Error("the other user could not lock the file")));
          });
          assertEquals(segment.participants().map(({ role }) => role), ["owner"]);
          assertEquals(mutex.lock({ timeoutMs: 20_000 }), true);
          assertEquals(assertThrows(() => Segment.open(name), SegmentStateError).code, "BUSY");
        } finally {
          user.kill("SIGKILL");
        }
        await new Promise((resolve) => user.once("close", resolve));
        Segment.open(name).close();
      }),
  );
});
