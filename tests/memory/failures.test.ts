import { assertEquals, assertThrows } from "@std/assert";
import { readFileSync, truncateSync, writeFileSync } from "node:fs";
import { describe, it } from "node:test";
import { Segment, SegmentStateError, SystemError } from "@shmkit/shmkit";
import * as linux from "../../ffi/linux.ts";
import { sharedDescriptors } from "../../support/descriptors.ts";
import { exists, withName } from "../../support/segments.ts";
import { failing, replacing } from "./faults.ts";

const path = (name: string): string => `/dev/shm${name}`;

/** What a process would lose by a call that fails without tidying up. */
function held(): { descriptors: number; mappings: number } {
  const mappings = readFileSync("/proc/self/maps", "utf8").split("\n").filter((line) =>
    line.includes("/memfd:shmkit") || line.includes("/dev/shm/shmkit-test")
  );
  return { descriptors: sharedDescriptors(), mappings: mappings.length };
}

/** Overwrites 32-bit words of a segment's file. */
function corrupt(name: string, words: Record<number, number>): void {
  const bytes = readFileSync(path(name));
  for (const [byteOffset, word] of Object.entries(words)) bytes.writeUInt32LE(word, Number(byteOffset));
  writeFileSync(path(name), bytes);
}

const byteLength = 65_536, catalog = 128 + 64 * 64;
const make = (name: string): void => Segment.create(name, { byteLength }).close();

describe("a call that fails leaves no descriptor, no mapping and no name:", () => {
  // Each makes what is to be there, and then fails.
  const cases: [title: string, setUp: (name: string) => void, fail: (name: string) => unknown, code: string][] = [
    ["open: no such name", () => {}, (name) => Segment.open(name), "ENOENT"],
    ["open: text", (name) => writeFileSync(path(name), "hello"), (name) => Segment.open(name), "FOREIGN"],
    [
      "open: cut short",
      (name) => (make(name), truncateSync(path(name), 8192)),
      (name) => Segment.open(name),
      "TRUNCATED",
    ],
    [
      "open: corrupt header",
      (name) => (make(name), corrupt(name, { 32: 256 })),
      (name) => Segment.open(name),
      "HEADER",
    ],
    [
      "open: corrupt catalog",
      (name) => (make(name), corrupt(name, { [catalog]: 65 })),
      (name) => Segment.open(name),
      "CATALOG",
    ],
    [
      "open for reading: corrupt catalog",
      (name) => (make(name), corrupt(name, { [catalog]: 65 })),
      (name) => Segment.open(name, { readOnly: true }),
      "CATALOG",
    ],
    [
      "open: half-made",
      (name) => writeFileSync(path(name), new Uint8Array(4096)),
      (name) => Segment.open(name),
      "CREATOR_DIED",
    ],
    [
      "open: empty",
      (name) => writeFileSync(path(name), ""),
      (name) => Segment.open(name, { timeoutMs: 5 }),
      "INITIALISING",
    ],
    ["open: mmap", make, (name) => failing("mmap", linux.ENOMEM, () => Segment.open(name)), "ENOMEM"],
    [
      "open: prefault",
      make,
      (name) => failing("madvise", linux.EINVAL, () => Segment.open(name, { prefault: true })),
      "EINVAL",
    ],
    [
      "open: huge pages",
      make,
      (name) => failing("madvise", linux.EINVAL, () => Segment.open(name, { hugePages: true })),
      "EINVAL",
    ],
    ["open: mlock", make, (name) => failing("mlock", linux.EPERM, () => Segment.open(name, { mlock: true })), "EPERM"],
    ["open: fcntl", make, (name) => failing("fcntl_flock", linux.ENOMEM, () => Segment.open(name)), "ENOMEM"],
    ["create: exists", make, (name) => Segment.create(name, { byteLength }), "EEXIST"],
    ["openOrCreate: smaller", make, (name) => Segment.openOrCreate(name, { byteLength: 2 ** 20 }), "TOO_SMALL"],
    [
      "openOrCreate: text",
      (name) => writeFileSync(path(name), "hello"),
      (name) => Segment.openOrCreate(name, { byteLength }),
      "FOREIGN",
    ],
    [
      "anonymous: seal",
      () => {},
      () => failing("fcntl", linux.EPERM, () => Segment.anonymous({ byteLength })),
      "EPERM",
    ],
    [
      "anonymous: mmap",
      () => {},
      () => failing("mmap", linux.ENOMEM, () => Segment.anonymous({ byteLength })),
      "ENOMEM",
    ],
    [
      "anonymous: prefault",
      () => {},
      () => failing("madvise", linux.EINVAL, () => Segment.anonymous({ byteLength, prefault: true })),
      "EINVAL",
    ],
    [
      "anonymous: its maker is gone",
      () => {},
      () => {
        const segment = Segment.anonymous({ byteLength });
        segment.close();
        return Segment.open(segment.name);
      },
      "ENOENT",
    ],
  ];
  for (const [title, setUp, fail, code] of cases) {
    it(title, () =>
      withName((name) => {
        setUp(name);
        assertThrows(() => fail(name)); // once unmeasured: what is read on first use stays
        const before = held();
        for (let i = 0; i < 3; i++) {
          assertEquals((assertThrows(() => fail(name)) as Error & { code: string }).code, code);
        }
        assertEquals(held(), before);
      }));
  }

  it("open: a directory, by whatever name the C library calls it", () => {
    for (const errno of [linux.EISDIR, linux.EINVAL]) {
      const error = assertThrows(() => failing("shm_open", errno, () => Segment.open("/shmkit-test")), SystemError);
      assertEquals([error.code, error.errno, error.syscall], ["EINVAL", linux.EINVAL, "shm_open"]);
    }
  });

  const failures: [what: Parameters<typeof failing>[0], errno: number, code: string][] = [
    ["fchmod", linux.EPERM, "EPERM"],
    ["ftruncate", linux.EINVAL, "EINVAL"],
    ["mmap", linux.ENOMEM, "ENOMEM"],
    ["madvise", linux.EINVAL, "EINVAL"],
    ["mlock", linux.EPERM, "EPERM"],
  ];
  for (const [what, errno, code] of failures) {
    for (const how of ["create", "openOrCreate"] as const) {
      it(`${how}: ${what}`, () =>
        withName((name) => {
          const fail = () =>
            failing(what, errno, () => Segment[how](name, { byteLength, prefault: true, mlock: what === "mlock" }));
          assertThrows(fail);
          const before = held();
          for (let i = 0; i < 3; i++) assertEquals(assertThrows(fail, SystemError).code, code);
          assertEquals([held(), exists(name)], [before, false]);
        }));
    }
  }

  for (const how of ["create", "anonymous"] as const) {
    it(`${how}: what comes after mapping`, () =>
      withName((name) => {
        const refuse = () => () => {
          throw new Error("refused");
        };
        const make = () => how === "create" ? Segment.create(name, { byteLength }) : Segment.anonymous({ byteLength });
        const fail = () => replacing("geteuid", refuse, make); // which the header asks for
        assertThrows(fail);
        const before = held();
        for (let i = 0; i < 3; i++) assertThrows(fail, Error, "refused");
        assertEquals([held(), exists(name)], [before, false]);
      }));
  }

  it("and reports why, even where its name cannot be removed", () =>
    withName((name) => {
      const fail = () =>
        failing("shm_unlink", linux.EACCES, () =>
          failing("fchmod", linux.EPERM, () =>
            Segment.create(name, { byteLength })));
      const error = assertThrows(fail, SystemError);
      assertEquals([error.code, error.syscall], ["EPERM", "fchmod"]);
    }));

  it("a segment that is full", () =>
    withName((name) => {
      using _segment = Segment.create(name, { byteLength, maxParticipants: 1 });
      assertThrows(() => Segment.open(name));
      const before = held();
      for (let i = 0; i < 3; i++) assertEquals(assertThrows(() => Segment.open(name), SegmentStateError).code, "FULL");
      assertEquals(held(), before);
    }));
});
