import * as system from "../../ffi/system.ts";
import { SegmentFormatError } from "../errors.ts";
import { HEADER_BYTES } from "./header_format.ts";

/** How much is read at once. */
const CHUNK_BYTES = 2 ** 20;

/**
 * Refuses a file that holds anything after its header: an initialiser that died has written nothing there, so the file
 * is not a segment. The caller holds the initialiser's lock. It reads the whole file, which has content only after a
 * death; a gigabyte takes half a second.
 *
 * @param name The segment's name, for messages.
 * @param fd The file.
 * @throws {SegmentFormatError} `FOREIGN`; nothing was changed.
 */
export function requireBlank(name: string, fd: number): void {
  const doing = { action: "inspect segment", path: name };
  const words = new Uint32Array(CHUNK_BYTES / 4), bytes = new Uint8Array(words.buffer);
  for (let at = HEADER_BYTES, count = 0; (count = system.readAt(doing, fd, bytes, at)) > 0; at += count) {
    bytes.fill(0, count);
    const found = firstOther(words);
    if (found === -1) continue;
    throw new SegmentFormatError(
      "FOREIGN",
      `Cannot open or create segment '${name}' as it was not made by shmkit: after ${HEADER_BYTES} bytes of header a segment whose creator died must hold zeros: found others at ${
        at + found * 4
      }`,
    );
  }
}

/** The index of the first word that is not 0; −1 if there is none. */
function firstOther(words: Uint32Array): number {
  for (let i = 0; i < words.length; i++) if (words[i] !== 0) return i;
  return -1;
}
