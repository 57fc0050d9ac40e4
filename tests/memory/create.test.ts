import { assertEquals, assertGreaterOrEqual, assertMatch, assertThrows } from "@std/assert";
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { describe, it } from "node:test";
import { Segment, SegmentStateError, SystemError } from "@shmkit/shmkit";
import { Peer } from "../../support/peer.ts";
import { thisRuntime } from "../../support/runtimes.ts";
import { canUnshare, freeSharedMemory, isRoot } from "../../support/machine.ts";
import { exists, uniqueName, withName } from "../../support/segments.ts";

const SCRIPT = new URL("./limits_peer.ts", import.meta.url);

describe("Segment.create", () => {
  const badNames: [title: string, name: unknown, error: typeof TypeError | typeof RangeError, says: string][] = [
    ["not a string", 5, TypeError, "must be a string: received number"],
    ["undefined", undefined, TypeError, "must be a string: received undefined"],
    ["empty", "", RangeError, "start with '/'"],
    ["no slash", "md", RangeError, `start with '/': write "/md"`],
    ["slash alone", "/", RangeError, "have a part after '/'"],
    ["dot", "/.", RangeError, "have a part after '/'"],
    ["dots", "/..", RangeError, "have a part after '/'"],
    ["folder", "/a/b", RangeError, "no other '/'"],
    ["NUL", "/a\0b", RangeError, "not contain NUL"],
    ["too long", "/" + "x".repeat(255), RangeError, "at most 255 bytes long: received 256"],
    ["too long in UTF-8", "/" + "é".repeat(128), RangeError, "at most 255 bytes long: received 257"],
  ];
  for (const [title, name, error, says] of badNames) {
    it(`refuses a name: ${title}`, () => {
      assertThrows(() => Segment.create(name as string, { byteLength: 4096 }), error, says);
      assertThrows(() => Segment.open(name as string), error, says);
      assertThrows(() => Segment.openOrCreate(name as string, { byteLength: 4096 }), error, says);
      assertThrows(() => Segment.unlink(name as string), error, says);
    });
  }

  for (const name of ["/" + "x".repeat(254), "/ü mlaut ☃", "/.hidden", "/a b%$"]) {
    it(`takes a name: ${name.slice(0, 20)}`, () => {
      Segment.unlink(name);
      Segment.create(name, { byteLength: 4096 }).close();
      assertEquals(Segment.list().some((info) => info.name === name), true);
      assertEquals(Segment.unlink(name), true);
      assertEquals(Segment.unlink(name), false);
    });
  }

  const badOptions: [title: string, options: Record<string, unknown>, says: string][] = [
    ["byteLength 0", { byteLength: 0 }, "from 4096 (one page) to 4294967296 (4 GiB"],
    ["byteLength below a page", { byteLength: 4095 }, "received 4095"],
    ["byteLength not whole", { byteLength: 5000.5 }, "received 5000.5"],
    ["byteLength NaN", { byteLength: NaN }, "received NaN"],
    ["byteLength negative", { byteLength: -4096 }, "received -4096"],
    ["byteLength missing", {}, "received undefined"],
    ["byteLength as text", { byteLength: "4096" }, "received 4096"],
    ["byteLength beyond the limit", { byteLength: 2 ** 32 + 1 }, "the longest ArrayBuffer"],
    ["mode too large", { byteLength: 4096, mode: 0o1777 }, "mode must be an integer from 0 to 0o777"],
    ["mode negative", { byteLength: 4096, mode: -1 }, "received -1"],
    [
      "maxParticipants 0",
      { byteLength: 4096, maxParticipants: 0 },
      "maxParticipants must be an integer from 1 to 1024",
    ],
    ["maxParticipants too many", { byteLength: 2 ** 20, maxParticipants: 1025 }, "received 1025"],
    ["maxObjects 0", { byteLength: 4096, maxObjects: 0 }, "maxObjects must be an integer from 1 to 65536"],
    ["no room left", { byteLength: 4096, maxObjects: 40 }, "byteLength must be more than"],
  ];
  for (const [title, options, says] of badOptions) {
    it(`refuses options: ${title}`, () => {
      const name = uniqueName();
      // deno-lint-ignore no-explicit-any -- what a JavaScript user could pass
      assertThrows(() => Segment.create(name, options as any), RangeError, says);
      assertEquals(exists(name), false);
    });
  }

  it("refuses a name that exists, and leaves it alone", () =>
    withName((name) => {
      using _first = Segment.create(name, { byteLength: 4096 });
      const error = assertThrows(() => Segment.create(name, { byteLength: 8192 }), SystemError, "EEXIST");
      assertEquals([error.code, error.errno, error.syscall, error.path], ["EEXIST", 17, "shm_open", name]);
      assertMatch(error.message, /open it, use openOrCreate, or unlink it first/);
      assertEquals(statSync(`/dev/shm${name}`).size, 4096);
    }));

  it("rounds up to whole pages and reserves them", () =>
    withName((name) => {
      using segment = Segment.create(name, { byteLength: 100_000 });
      assertEquals(segment.byteLength, 102_400);
      const { size, blocks } = statSync(`/dev/shm${name}`);
      assertEquals(size, 102_400);
      assertGreaterOrEqual(blocks * 512, 102_400);
    }));

  it("gives the mode asked for whatever the umask, by default the owner's alone", async () => {
    const peer = Peer.start(thisRuntime, SCRIPT, ["umask"]);
    assertEquals(await peer.next(), [0o600, 0o666, 0o640]);
    await peer.succeeded();
  });

  it("makes one page, with room for an object", () =>
    withName((name) => {
      using segment = Segment.create(name, { byteLength: 4096 });
      const bytes = { kind: "Bytes", byteLength: () => 1024, init: () => {}, attach: () => true };
      assertEquals(segment.create("a", bytes, {}), true);
      assertThrows(
        () => segment.create("b", { ...bytes, byteLength: () => 8192 }, {}),
        SegmentStateError,
        "free of 4096",
      );
      assertEquals(segment.create("c", bytes, {}), true);
    }));

  const gib = freeSharedMemory() / 2 ** 30;
  it(`makes 4 GiB, usable to the last byte${gib < 5 ? ` (skipped: /dev/shm has ${gib.toFixed(1)} GiB free)` : ""}`, {
    skip: gib < 5,
  }, () =>
    withName((name) => {
      using segment = Segment.create(name, { byteLength: 2 ** 32 });
      // To the end: the object is as long as what the header, the participants and the catalog leave.
      const rest = 2 ** 32 - 2 ** 20;
      const type = {
        kind: "Bytes",
        byteLength: () => rest,
        init: () => {},
        attach: (region: { views: { u8: Uint8Array } }) => region.views.u8,
      };
      const bytes = segment.create("bytes", type, {});
      bytes[rest - 1] = 99;
      bytes[2 ** 31] = 98;
      using other = Segment.open(name);
      const seen = other.open("bytes", type, {});
      assertEquals([seen[rest - 1], seen[2 ** 31], seen.length], [99, 98, rest]);
    }));

  it(`says ENOSPC when /dev/shm is full, and leaves nothing${canUnshare ? "" : " (skipped: cannot unshare)"}`, {
    skip: !canUnshare,
  }, async () => {
    const peer = Peer.start(thisRuntime, SCRIPT, ["full"], {}, {
      prefix: "mount -t tmpfs -o size=1m tmpfs /dev/shm && exec",
    });
    const { code, message, names } = await peer.next<{ code: string; message: string; names: string[] }>();
    assertEquals(code, "ENOSPC");
    assertMatch(message, /posix_fallocate failed: ENOSPC, \/dev\/shm is full; free or enlarge it/);
    assertEquals(names, []);
    await peer.succeeded();
  });

  it("says EMFILE when no descriptor is left", async () => {
    const peer = Peer.start(thisRuntime, SCRIPT, ["descriptors"], {}, { prefix: "ulimit -n 128 && exec" });
    const { code, message } = await peer.next<{ code: string; message: string }>();
    assertEquals(code, "EMFILE");
    assertMatch(message, /this process has no free file descriptor left \(ulimit -n\)/);
    await peer.succeeded();
  });

  it(`says EACCES where the mode forbids it${isRoot ? "" : " (skipped: needs root to become another user)"}`, {
    skip: !isRoot,
  }, () =>
    withName(async (name) => {
      using _segment = Segment.create(name, { byteLength: 4096 });
      const prefix = "exec setpriv --reuid=65534 --regid=65534 --clear-groups";
      const peer = Peer.start(
        thisRuntime,
        SCRIPT,
        ["open", name],
        { DENO_DIR: "/tmp/shmkit-test-deno", HOME: "/tmp" },
        { prefix },
      );
      const { code, message } = await peer.next<{ code: string; message: string }>();
      assertEquals(code, "EACCES");
      assertMatch(message, /permission is denied; it belongs to another user, or its mode forbids/);
      await peer.succeeded();
    }));

  it("does not touch a file of that name that is not a segment", () => {
    const name = uniqueName(), path = `/dev/shm${name}`;
    writeFileSync(path, "precious");
    chmodSync(path, 0o600);
    try {
      assertThrows(() => Segment.create(name, { byteLength: 4096 }), SystemError, "EEXIST");
      assertThrows(() => Segment.openOrCreate(name, { byteLength: 4096 }), Error, "was not made by shmkit");
      assertEquals(readFileSync(path, "utf8"), "precious");
    } finally {
      Segment.unlink(name);
    }
    assertEquals(existsSync(path), false);
  });
});
