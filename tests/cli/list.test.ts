import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { readFileSync, truncateSync, unlinkSync, writeFileSync } from "node:fs";
import { describe, it } from "node:test";
import { Segment } from "@shmkit/shmkit";
import { canUnshare, isRoot } from "../../support/machine.ts";
import { Peer } from "../../support/peer.ts";
import { otherRuntime } from "../../support/runtimes.ts";
import { uniqueName, withName } from "../../support/segments.ts";
import { shmkit, shmkitJson } from "./command.ts";

const PEER = new URL("./segment_peer.ts", import.meta.url);

// deno-lint-ignore no-explicit-any -- what the test looks into
type Look = any;

/** Makes a file of shared memory from a segment's bytes. */
function forged(change: (bytes: Uint8Array) => Uint8Array | void): string {
  const name = uniqueName(), model = uniqueName();
  Segment.create(model, { byteLength: 65_536 }).close();
  const bytes = new Uint8Array(readFileSync(`/dev/shm${model}`));
  Segment.unlink(model);
  writeFileSync(`/dev/shm${name}`, change(bytes) ?? bytes);
  return name;
}

describe("shmkit list", () => {
  it("lists segments, their living and dead participants, and their contents", () =>
    withName(async (name) => {
      using own = Segment.create(name, { byteLength: 65_536, role: "owner", mode: 0o640 });
      using nameless = Segment.anonymous({ byteLength: 65_536 });
      const peer = Peer.start(otherRuntime, new URL("./attach_peer.ts", import.meta.url), [name]);
      await peer.next();
      peer.kill();
      await peer.exited;
      const { json } = await shmkitJson(["list"]),
        found = (wanted: string) => json.find((one: Look) => one.name === wanted);
      const look = found(name);
      assertEquals([look.reach, look.status, look.byteLength, look.memoryBytes], ["named", "ready", 65_536, 65_536]);
      assertEquals([look.mode, look.alive, look.dead, look.objects], ["0640", 1, 1, own.objects().length]);
      assertEquals(look.participants.map(({ role, state }: Look) => [role, state]), [
        ["owner", "alive"],
        ["doomed", "dead"],
      ]);
      assertEquals([found(nameless.name).reach, found(nameless.name).alive], ["anonymous", 1]);
      const { out } = await shmkit(["list"]);
      assertMatch(out, new RegExp(`${name} +64 KiB .* 1, 1 dead +0`));
    }));

  it("lists a segment whose name was removed while a process is attached", async () => {
    const name = uniqueName();
    using _own = Segment.create(name, { byteLength: 65_536 });
    Segment.unlink(name);
    const { json } = await shmkitJson(["list"]);
    assertEquals(json.find(({ reason }: Look) => reason === `its name was ${name}`)?.reach, "unlinked");
  });

  it("marks files that are no segment, of another version, cut short, corrupt or half-made", async () => {
    const names = {
      foreign: forged(() => new TextEncoder().encode("somebody else's")),
      "other version": forged((bytes) => void (bytes[8] = 99)),
      corrupt: forged((bytes) => void (bytes[24] = 0)),
      "cut short": forged((bytes) => bytes),
      "half-made": forged((bytes) => void (bytes[12] = 0)),
      blank: forged(() => new Uint8Array(4096)),
      catalog: forged((bytes) =>
        void new DataView(bytes.buffer).setUint32(
          new DataView(bytes.buffer).getUint32(40, true),
          1,
          true,
        )
      ),
    };
    truncateSync(`/dev/shm${names["cut short"]}`, 4096);
    try {
      const { code, json } = await shmkitJson(["list"]);
      assertEquals(code, 1);
      for (const [kind, name] of Object.entries(names)) {
        const { status, reason } = json.find((one: Look) => one.name === name);
        assertEquals(status, kind === "catalog" ? "corrupt" : kind);
        assertEquals(typeof reason, "string");
      }
      const { out } = await shmkit(["list"]);
      assertMatch(out, new RegExp(`${names.corrupt}  corrupt, 64 KiB`));
      const answers = await Promise.all(Object.values(names).map((name) => shmkit(["inspect", name])));
      for (const [i, kind] of Object.keys(names).entries()) {
        const answer = answers[i];
        assertEquals(answer.code, 1, kind);
        assertStringIncludes(answer.out, kind === "catalog" ? "Cannot read the catalog" : kind);
      }
    } finally {
      for (const name of Object.values(names)) unlinkSync(`/dev/shm${name}`);
    }
  });

  it("shows no control characters of others' names", async () => {
    const name = `${uniqueName()}\x1b[31m\n`;
    using _own = Segment.create(name, { byteLength: 65_536, role: "\x1b[2J" });
    try {
      // An error is a line of its own, whatever the name.
      for (const args of [["inspect", name, "none"], ["schema", name, "none", "--c"], ["clean", `${name}\n`]]) {
        const { errors } = await shmkit(args);
        assertMatch(errors, /^shmkit: Cannot .*\\x1b\[31m\\x0a.*\n$/);
      }
      for (const args of [["list"], ["inspect", name]]) {
        const { out } = await shmkit(args);
        assertStringIncludes(out, "\\x1b[31m\\x0a");
        // deno-lint-ignore no-control-regex -- it is what must not be there
        assertEquals(/\x1b/.test(out), false);
      }
    } finally {
      Segment.unlink(name);
    }
  });

  it("says so where the answer cannot be written, on one line", async () => {
    const prefix = ["sh", "-c", 'exec "$0" "$@" > /dev/full'];
    const answers = await Promise.all(
      [["list"], ["list", "--json"], ["--help"]].map((args) => shmkit(args, { prefix })),
    );
    for (const { code, errors } of answers) {
      assertEquals(code, 1);
      assertMatch(errors, /^shmkit: Cannot write the answer: .*\n$/);
    }
  });

  it(
    "works where /dev/shm is full, as every command does",
    { skip: canUnshare ? false : "a process may not have a /dev/shm of its own" },
    async () => {
      const fill = "mount -t tmpfs -o size=1m tmpfs /dev/shm; yes | head -c 2M >/dev/shm/filler 2>/dev/null; exec";
      const prefix = ["unshare", "--mount", "--map-root-user", "sh", "-c", `${fill} "$0" "$@"`];
      const calls: [args: string[], code: number, says: RegExp][] = [
        [["list"], 0, /filler +foreign, 1 MiB/],
        [["doctor"], 1, /fails +\/dev\/shm +1 MiB, 0 B free/],
        [["top", "--interval", "20"], 0, /shmkit top/],
        [["clean", "--dry-run"], 0, /Nothing to remove/],
        [["inspect", "/filler"], 1, /foreign/],
        [["schema", "/filler", "table", "--c"], 1, /was not made by shmkit/],
      ];
      const answers = await Promise.all(calls.map(([args]) => shmkit(args, { prefix })));
      for (const [i, [[name], code, says]] of calls.entries()) {
        const { code: ended, out, errors } = answers[i];
        // Other tests that run meanwhile may have faulty memory open, which has no name here.
        const hasFaulty = name === "list" && /^\/proc\/.* (corrupt|cut short), /m.test(out);
        assertEquals(ended, hasFaulty ? 1 : code, `${name}: ${out}${errors}`);
        assertMatch(out + errors, says);
      }
    },
  );

  it(
    "says so where /dev/shm cannot be read, instead of that nothing is there",
    { skip: isRoot && canUnshare ? false : "only root can make a /dev/shm and become another user" },
    async () => {
      const other = 'exec setpriv --reuid=65534 --regid=65534 --clear-groups "$0" "$@"';
      const prefix = ["unshare", "--mount", "sh", "-c", `mount -t tmpfs -o mode=711 tmpfs /dev/shm; ${other}`];
      const calls = [["list"], ["clean", "--yes"], ["top", "--interval", "20"]];
      const answers = await Promise.all(calls.map((args) => shmkit(args, { prefix, env: { HOME: "/tmp" } })));
      for (const { code, out, errors } of answers) {
        assertEquals([code, out], [1, ""]);
        assertStringIncludes(errors, "Cannot list shared memory as /dev/shm must be readable: EACCES");
      }
    },
  );

  it("shows other users what they may", { skip: isRoot ? false : "only root can become another user" }, async () => {
    const closed = uniqueName(), open = uniqueName();
    const peer = Peer.start(otherRuntime, PEER, [open, 0o644]);
    await peer.next();
    using _own = Segment.create(closed, { byteLength: 65_536 });
    try {
      const prefix = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
      const { json } = await shmkitJson(["list"], { prefix, env: { HOME: "/tmp" } });
      const found = (wanted: string) => json.find((one: Look) => one.name === wanted);
      assertEquals([found(closed).status, found(closed).owner], ["unreadable", "root"]);
      assertEquals([found(open).status, found(open).alive, found(open).participants[0].role], ["ready", 1, "feed"]);
      const { code, json: look } = await shmkitJson(["inspect", open, "quotes"], { prefix, env: { HOME: "/tmp" } });
      assertEquals([code, look.contents[0].bid], [0, 1.5]);
      const refused = [["inspect", closed], ["schema", closed, "quotes", "--c"], ["top", closed, "--interval", "20"]];
      const answers = await Promise.all(refused.map((args) => shmkit(args, { prefix, env: { HOME: "/tmp" } })));
      for (const { code, out, errors } of answers) {
        assertEquals(code, 1);
        assertStringIncludes(out + errors, "permission is denied");
      }
    } finally {
      peer.kill();
      Segment.unlink(open);
      Segment.unlink(closed);
    }
  });
});
