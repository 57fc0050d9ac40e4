import { readFileSync, unlinkSync, writeFileSync } from "node:fs";
import process from "node:process";
import { run } from "../../lib/cli/main.ts";
import { PARTICIPANT_SLOTS_OFFSET, PARTICIPANTS_OFFSET_OFFSET } from "../../lib/memory/header_format.ts";
import { ATTACHED_OFFSET, SLOT_BYTES } from "../../lib/memory/participants_format.ts";
import { peerArgs } from "../../support/in_peer.ts";
import { Random } from "../../support/random.ts";

/*
 * Damages a segment's bytes again and again, and calls the command on what came of it. Reports what it must not do.
 */
const [model, seed, rounds, objects] = [peerArgs[0], Number(peerArgs[1]), Number(peerArgs[2]), peerArgs.slice(3)];
const whole = readFileSync(`/dev/shm${model}`), name = `${model}-damaged`, path = `/dev/shm${name}`;
const random = new Random(seed), faults: string[] = [], calls: Record<string, number> = {};
const used = Array.from({ length: whole.length / 4 }, (_, i) => i * 4).filter((at) => whole.readUInt32LE(at) !== 0);
const EXTREMES = [0, 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, whole.length];

/** Flips a bit, or changes a byte, or a word, of those that are not zero, mostly. */
function damage(bytes: Uint8Array): void {
  const words = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let left = 1 << random.below(6); left > 0; left--) {
    const word = random.below(5) === 0 ? random.below(bytes.length / 4) * 4 : used[random.below(used.length)];
    const at = word + random.below(4), how = random.below(4);
    if (how === 0) bytes[at] ^= 1 << random.below(8);
    else if (how === 1) bytes[at] = random.below(256);
    else words.setUint32(word, how === 2 ? random.u32() : EXTREMES[random.below(EXTREMES.length)], true);
  }
}

/** A time that is none in all participants, and texts that move the cursor. */
function injure(bytes: Buffer): void {
  const start = bytes.readUInt32LE(PARTICIPANTS_OFFSET_OFFSET), slots = bytes.readUInt32LE(PARTICIPANT_SLOTS_OFFSET);
  for (let slot = 0; slot < slots; slot++) {
    bytes.writeUIntLE(2 ** 47, start + slot * SLOT_BYTES + ATTACHED_OFFSET + 2, 6); // 2^63 milliseconds
  }
  for (const text of ["book", "feed"]) {
    for (let at = 0; (at = bytes.indexOf(text, at)) >= 0; at++) bytes.write("\x1b\u009b", at);
  }
}

let written = "";
const { stdout, stderr } = process, writes = [stdout.write, stderr.write];
for (const stream of [stdout, stderr]) stream.write = (text: string | Uint8Array) => Boolean(written += text);

/** Calls the command, and notes what is wrong with how it ends. */
async function call(args: readonly string[], bytes: Uint8Array, round: number): Promise<void> {
  written = "";
  const fault = (what: string) => faults.push(`round ${round}, ${args.join(" ")}: ${what}`);
  try {
    const code = await run(args);
    if (code > 1) fault(`ends with ${code}`);
    calls[args[0]] = (calls[args[0]] ?? 0) + 1;
  } catch (error) {
    fault(error instanceof Error ? error.stack! : String(error));
  }
  // deno-lint-ignore no-control-regex -- it is what must not be there
  const control = /[^\n]{0,30}[\x00-\x09\x0b-\x1f\x7f-\x9f]/.exec(written);
  if (control !== null) fault(`writes ${JSON.stringify(control[0])}`);
  if (args.includes("--json") && !written.startsWith("shmkit: ")) {
    try {
      JSON.parse(written);
    } catch {
      fault(`is no JSON: ${written.slice(0, 200)}`);
    }
  }
  if (!readFileSync(path).equals(bytes)) fault("changes the segment");
}

for (let round = 0; round < rounds; round++) {
  const bytes = Buffer.from(whole);
  if (round === 0) injure(bytes);
  else damage(bytes);
  writeFileSync(path, bytes);
  const json = round % 2 === 0 ? [] : ["--json"], object = objects[random.below(objects.length)];
  await call(["list", ...json], bytes, round);
  if (round === 0) await call(["top", name, "--interval", "1"], bytes, round);
  if (round % 4 < 2) await call(["inspect", name, "--rows", "20", ...json], bytes, round);
  else await call(["top", name, "--interval", "1", ...json], bytes, round);
  await call(["clean", name, "--dry-run", ...json], bytes, round);
  await call(["schema", name, object, ["--c", "--python", "--typescript"][round % 3], ...json], bytes, round);
}
unlinkSync(path);
[stdout.write, stderr.write] = writes;
process.stdout.write(JSON.stringify({ faults, calls }) + "\n", () => process.exit(0));
