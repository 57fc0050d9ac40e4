import { assert, assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { spawnSync } from "node:child_process";
import { lstatSync } from "node:fs";
import { describe, it } from "node:test";
import { Segment, ShmkitError } from "@shmkit/shmkit";
import { removeAbandonedSegment } from "../../lib/memory/internal.ts";
import { withNoSegments } from "../../support/no_segments.ts";
import { uniqueName } from "../../support/segments.ts";
import { shmkit, shmkitJson } from "./command.ts";

/** What opening something is refused with that is no file. */
const CODES = ["FOREIGN", "EINVAL", "ELOOP", "ENXIO"];

// deno-lint-ignore no-explicit-any -- what the test looks into
type Look = any;

describe("what is no segment in /dev/shm", () => {
  it("is said to be what it is, and neither followed nor removed", () =>
    withNoSegments(async (names) => {
      const all = Object.values(names);
      const { json } = await shmkitJson(["list"]);
      const { code, json: kept } = await shmkitJson(["clean", "--yes", ...all]);
      assertEquals(code, 0);
      for (const [kind, name] of Object.entries(names)) {
        const { status, reason } = json.find((one: Look) => one.name === name);
        assertEquals([status, reason], ["foreign", `it is a ${kind}`]);
        const { result, reason: why } = kept.find((one: Look) => one.name === name);
        assertEquals([result, why], ["kept", `it is not a segment: it is a ${kind}`]);
        assert(lstatSync(`/dev/shm${name}`).ino > 0);
      }
      const listed = new Set(Segment.list().map(({ name }) => name));
      assertEquals(all.filter((name) => listed.has(name)), []);
      const { code: inspected, out } = await shmkit(["inspect", names["symbolic link"]]);
      assertEquals([inspected, out], [1, `${names["symbolic link"]}: foreign, it is a symbolic link\n`]);
    }));

  it("is refused by all that opens segments, with what it is", () =>
    withNoSegments((names) => {
      for (const [kind, name] of Object.entries(names)) {
        const options = { byteLength: 65_536 };
        const calls = [
          () => Segment.open(name),
          () => Segment.open(name, { readOnly: kind !== "directory", timeoutMs: 0 }),
          () => Segment.openOrCreate(name, options),
          () => removeAbandonedSegment(name),
        ];
        for (const call of calls) {
          const { code, message } = assertThrows(call, ShmkitError);
          assert(CODES.includes(code), message);
          assertMatch(message, new RegExp(`^Cannot (open|open or create|remove) segment '${name}' as .*${kind}`));
        }
      }
      return Promise.resolve();
    }));

  it("is shown escaped where its name is not UTF-8, and not taken for another file", async () => {
    const name = uniqueName(), twin = `${name}\ufffd`, odd = `/dev/shm${name}`;
    const shell = (script: string) => assertEquals(spawnSync("sh", ["-c", script, odd]).status, 0);
    Segment.create(twin, { byteLength: 65_536 }).close();
    shell(`head -c 5000 /dev/zero > "$0$(printf '\\377')"`);
    try {
      const { json } = await shmkitJson(["list"]);
      const found = json.filter((one: Look) => one.name.startsWith(name)).map((one: Look) => [
        one.name,
        one.status,
        one.byteLength,
        one.memoryBytes,
        one.ageMs < 600_000,
      ]);
      assertEquals(found, [[`${name}\\xff`, "unreadable", 5000, 8192, true], [twin, "ready", 65_536, 65_536, true]]);
      const { out } = await shmkit(["list"]);
      assertStringIncludes(out, `${name}\\xff  unreadable`);
      const { json: verdicts } = await shmkitJson(["clean", "--dry-run"]);
      assertEquals(verdicts.filter((one: Look) => one.name.startsWith(name)).map((one: Look) => one.name), [twin]);
      assertEquals(Segment.list().filter((one) => one.name.startsWith(name)).map((one) => one.name), [twin]);
    } finally {
      shell(`rm "$0$(printf '\\377')"`);
      Segment.unlink(twin);
    }
  });
});
