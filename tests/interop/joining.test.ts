import { assert, assertEquals, assertGreaterOrEqual } from "@std/assert";
import { closeSync, openSync, writeFileSync, writeSync } from "node:fs";
import { describe, it } from "node:test";
import * as linux from "../../ffi/linux.ts";
import * as system from "../../ffi/system.ts";
import { Segment } from "../../mod.ts";
import { HEADER_BYTES, MAGIC, STATE_OFFSET, VERSION_OFFSET } from "../../lib/memory/header_format.ts";
import { tryLockByte, unlockByte } from "../../lib/memory/ofd_lock.ts";
import {
  EPOCH_LIMIT,
  JOINER_LOCK_OFFSET,
  JOINS_OFFSET,
  SLOT_BITS,
  SLOT_BYTES,
} from "../../lib/memory/participants_format.ts";
import { withNoSegments } from "../../support/no_segments.ts";
import { leaveByEnded, withName } from "../../support/segments.ts";
import { Notes } from "../channel/spsc_ring_sample.ts";
import { hasCompiler } from "../../support/machine.ts";
import { hasPython, type Language, startPeer } from "./languages.ts";

const skip = hasCompiler && hasPython ? false : "no C compiler, or no Python 3.9";
const LANGUAGES: readonly Language[] = ["c", "python"];
/** What Python answers where no slot can be taken. */
const FULL = "SegmentStateError";

/** What a peer says of opening a file of shared memory that holds these bytes. */
function opening(language: Language, bytes: Uint8Array): Promise<string> {
  return withName(async (name) => {
    writeFileSync(`/dev/shm${name}`, bytes);
    const peer = startPeer(language, "open", name);
    const answer = await peer.next<string>();
    await peer.succeeded();
    return answer;
  });
}

/** A header that goes so far, in a file of two pages. */
function header(words: Readonly<Record<number, number>>): Uint8Array {
  const view = new DataView(new ArrayBuffer(8192));
  MAGIC.forEach((word, i) => view.setUint32(4 * i, word, true));
  for (const [offset, word] of Object.entries(words)) view.setUint32(Number(offset), word, true);
  return new Uint8Array(view.buffer);
}

describe("joining from C and Python", { skip, timeout: 240_000 }, () => {
  for (const language of LANGUAGES) {
    it(`${language} refuses files that are no segment, half-made or corrupt`, async () => {
      const whole = { [VERSION_OFFSET]: 1, [STATE_OFFSET]: 1 };
      const shifted = header({ ...whole, [STATE_OFFSET]: 0 });
      shifted.fill(0, 0, 4);
      const answers = await Promise.all([
        opening(language, new TextEncoder().encode("no segment at all".repeat(20))),
        opening(language, header({ ...whole, [VERSION_OFFSET]: 2 })),
        // Not even begun: another version, half a magic, fewer bytes than a header, something behind zeros.
        opening(language, header({ [VERSION_OFFSET]: 2 })),
        opening(language, shifted),
        opening(language, new Uint8Array(50)),
        opening(language, new Uint8Array(200).fill(1, 100)),
        opening(language, header({ [VERSION_OFFSET]: 1 })), // the initialiser's lock is free: it died
        opening(language, new Uint8Array(200)), // it died before it wrote anything
        opening(language, header(whole).subarray(0, HEADER_BYTES)),
        opening(language, header(whole)),
      ]);
      const died = language === "c" ? "-5" : "SegmentStateError",
        corrupt = language === "c" ? "-3" : "SegmentFormatError";
      const foreign = language === "c" ? "-2" : "SegmentFormatError";
      assertEquals(answers, [
        ...new Array(6).fill(foreign),
        died,
        died,
        corrupt,
        corrupt,
      ]);
    });

    it(`${language} opens nothing that is not in /dev/shm or a process's descriptor`, () =>
      withName(async (name) => {
        Segment.create(name, { byteLength: 2 ** 16 }).close();
        const elsewhere = ["/proc/self/root/dev/shm", "/proc/self/fd/x/../../root/dev/shm", "/../shm"];
        const answers = await Promise.all(elsewhere.map(async (folder) => {
          const peer = startPeer(language, "open", folder + name), answer = await peer.next<string>();
          await peer.succeeded();
          return answer;
        }));
        assertEquals(answers, elsewhere.map(() => language === "c" ? "-1" : "ValueError"));
      }));

    it(`${language} opens nothing but files: neither follows a link to a segment, nor waits for a FIFO`, () =>
      withNoSegments(async (names) => {
        const foreign = language === "c" ? "-2" : "SegmentFormatError";
        const answers = await Promise.all(
          Object.values(names).map(async (name) => {
            const peer = startPeer(language, "open", name), answer = await peer.next<string>();
            await peer.succeeded();
            return answer;
          }),
        );
        const expected = Object.fromEntries(Object.keys(names).map((kind) => [kind, foreign]));
        assertEquals(Object.fromEntries(Object.keys(names).map((kind, i) => [kind, answers[i]])), expected);
      }));

    it(`${language} waits a moment for a slot that another process is about to take`, () =>
      withName(async (name) => {
        Segment.create(name, { byteLength: 2 ** 16, maxParticipants: 1 }).close();
        leaveByEnded(name, 0);
        const doing = { action: "hold", path: name }, fd = system.shmOpen(doing, name, linux.O_RDWR, 0);
        const joiner = HEADER_BYTES + JOINER_LOCK_OFFSET,
          [refused, joined] = language === "c" ? ["-8", "1"] : [FULL, ""];
        assert(tryLockByte(doing, fd, joiner));
        const start = performance.now(), late = startPeer(language, "open", name);
        assertEquals(await late.next(), refused);
        assertGreaterOrEqual(performance.now() - start, 1000);
        await late.succeeded();
        // Freed while it waits, if the machine lets this process do so in time.
        for (let tried = 0, answer = refused; answer !== joined; tried++) {
          assert(tryLockByte(doing, fd, joiner));
          const peer = startPeer(language, "open", name);
          await new Promise((resolve) => setTimeout(resolve, 300));
          unlockByte(fd, joiner);
          answer = await peer.next();
          await peer.succeeded();
          assert(answer === joined || (answer === refused && tried < 10), answer);
        }
        system.close(fd);
      }));

    it(`${language} joins an anonymous segment, and takes no epoch that some word still names`, async () => {
      using segment = Segment.anonymous({ byteLength: 2 ** 16, maxParticipants: 2 });
      const notes = new Int32Array(segment.create("notes", Notes, {}).buffer), slot = 1;
      // Slot 1 was taken so often that epochs come back; words name the next two, one of them marked.
      const fd = openSync(segment.name.split("#")[0], "r+");
      const joins = EPOCH_LIMIT + 5, at = HEADER_BYTES + slot * SLOT_BYTES + JOINS_OFFSET;
      writeSync(fd, new Uint8Array(new Uint32Array([joins]).buffer), 0, 4, at);
      closeSync(fd);
      notes[100] = 6 << SLOT_BITS | slot;
      notes[101] = 7 << SLOT_BITS | slot | 0x8000_0000;
      const peer = startPeer(language, "open", segment.name, 1);
      assertEquals(await peer.next(), language === "c" ? "1" : "");
      assertEquals(segment.participants().map(({ id, role, pid }) => [id, role, pid]).at(-1), [
        8 << SLOT_BITS | slot,
        "open",
        peer.pid,
      ]);
      // And a third is refused.
      const third = startPeer(language, "open", segment.name);
      assertEquals(await third.next(), language === "c" ? "-7" : FULL);
      peer.send("leave");
      await Promise.all([peer.succeeded(), third.succeeded()]);
      assertEquals(segment.participants().length, 1);
    });
  }
});
