import {
  createReadStream,
  mkdtempSync,
  openSync,
  rmdirSync,
  type Stats,
  statSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";

/** What the standard input is called. */
export const STANDARD_INPUT = "-";

/** Whether a file can be read only once, from its beginning to its end. */
export function isPipe(found: Stats): boolean {
  return found.isFIFO();
}

/**
 * Copies what can be read only once: each start of the feed reads a capture from its beginning. The copies have no
 * names, so nothing is left of them when this process ends, however it does.
 *
 * @param names Files, pipes, and the standard input.
 * @returns Where the copies can be read, by name.
 * @throws {Error} If one cannot be read, or not kept.
 */
export async function spoolPipes(names: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const paths = new Map<string, string>();
  for (const name of new Set(names)) {
    if (name !== STANDARD_INPUT && !isPipe(statSync(name))) continue;
    if (name === STANDARD_INPUT && process.stdin.isTTY) {
      throw new RangeError("Cannot run the desk as the standard input must be a capture: received a terminal");
    }
    const stream = name === STANDARD_INPUT ? process.stdin : createReadStream(name);
    const fd = namelessFile();
    for await (const chunk of stream as AsyncIterable<Uint8Array>) writeAll(fd, chunk, name);
    paths.set(name, `/proc/${process.pid}/fd/${fd}`);
  }
  return paths;
}

function namelessFile(): number {
  const folder = mkdtempSync(join(tmpdir(), "shmkit-desk-")), path = join(folder, "capture");
  const fd = openSync(path, "wx+", 0o600);
  unlinkSync(path);
  rmdirSync(folder);
  return fd;
}

function writeAll(fd: number, chunk: Uint8Array, name: string): void {
  try {
    for (let at = 0; at < chunk.length;) at += writeSync(fd, chunk, at);
  } catch (cause) {
    throw new Error(
      `Cannot keep a copy of ${name} in ${tmpdir()}: ${(cause as Error).message}; save it as a file first`,
      {
        cause,
      },
    );
  }
}
