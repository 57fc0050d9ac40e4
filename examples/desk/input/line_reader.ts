import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { pipeline, type Readable } from "node:stream";
import { createGunzip } from "node:zlib";

const NEWLINE = 0x0a;
const GZIP_MAGIC: readonly number[] = [0x1f, 0x8b];
/** A mark of the byte order, which UTF-8 does not need. */
const BOM: readonly number[] = [0xef, 0xbb, 0xbf];
/** How files begin that are not read. */
const FOREIGN: readonly (readonly [what: string, magic: readonly number[]])[] = [
  ["packed by zstd; unpack it first", [0x28, 0xb5, 0x2f, 0xfd]],
  ["packed by bzip2; unpack it first", [0x42, 0x5a, 0x68]],
  ["packed by xz; unpack it first", [0xfd, 0x37, 0x7a, 0x58, 0x5a]],
  ["packed by zip; unpack it first", [0x50, 0x4b, 0x03, 0x04]],
  ["in UTF-16; make it UTF-8 first", [0xff, 0xfe]],
  ["in UTF-16; make it UTF-8 first", [0xfe, 0xff]],
];
const MAGIC_BYTES = 8;
const CHUNK_BYTES = 2 ** 18;

/** Bytes that consist of whole lines, each with its line feed. */
export type Lines = Uint8Array;

/** What is wrong with a file as a whole, in words. */
export class FileFault extends Error {
  override readonly name = "FileFault";
}

/**
 * Reads the lines of a file, packed by gzip or plain (its first bytes say which), a piece at a time: memory is needed
 * for the longest line only. The last line may lack its line feed. A mark of the byte order is left out, and reported.
 *
 * @param onRemark Called with everything unusual.
 * @throws {FileFault} If its packing is broken or cut off, or of another kind; the lines before that come first.
 * @throws {Error} If the file cannot be read.
 */
export async function* readLines(path: string, onRemark: (remark: string) => void = () => {}): AsyncGenerator<Lines> {
  const magic = await firstBytes(path), isPacked = startsWith(magic, GZIP_MAGIC);
  const foreign = FOREIGN.find(([, bytes]) => startsWith(magic, bytes));
  if (foreign !== undefined) throw new FileFault(`the file is ${foreign[0]}`);
  const file = createReadStream(path, { highWaterMark: CHUNK_BYTES });
  // Failures of the file come out of the last stream of a pipeline.
  const stream: Readable = isPacked ? pipeline(file, createGunzip({ chunkSize: CHUNK_BYTES }), () => {}) : file;
  let rest: Uint8Array[] = [], isFirst = true;
  try {
    for await (let chunk of stream as AsyncIterable<Uint8Array>) {
      if (isFirst && startsWith(chunk, BOM)) {
        onRemark("the file begins with a byte order mark (BOM), which is left out");
        chunk = chunk.subarray(BOM.length);
      }
      isFirst = false;
      const end = chunk.lastIndexOf(NEWLINE) + 1;
      if (end > 0) {
        yield join([...rest, chunk.subarray(0, end)]);
        rest = [];
      }
      if (end < chunk.length) rest.push(chunk.slice(end));
    }
  } catch (error) {
    throw packingFault(error as NodeJS.ErrnoException) ?? error;
  }
  if (rest.length > 0) yield join([...rest, Uint8Array.of(NEWLINE)]);
}

/** What is wrong with a gzip, in words. */
function packingFault({ code, message }: NodeJS.ErrnoException): FileFault | undefined {
  if (code === "Z_BUF_ERROR") {
    return new FileFault("the gzip ends too early: the file was cut off, and its last lines are missing");
  }
  return code?.startsWith("Z_") ? new FileFault(`the gzip is broken from here on: ${message}`) : undefined;
}

async function firstBytes(path: string): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const { bytesRead, buffer } = await file.read(new Uint8Array(MAGIC_BYTES), 0, MAGIC_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

function startsWith(bytes: Uint8Array, magic: readonly number[]): boolean {
  return magic.every((byte, i) => bytes[i] === byte);
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0];
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
