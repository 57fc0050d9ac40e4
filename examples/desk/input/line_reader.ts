import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { pipeline, type Readable } from "node:stream";
import { createGunzip } from "node:zlib";

const NEWLINE = 0x0a;
const GZIP_MAGIC: readonly number[] = [0x1f, 0x8b];
const CHUNK_BYTES = 2 ** 18;

/** Bytes that consist of whole lines, each with its line feed. */
export type Lines = Uint8Array;

/**
 * Reads the lines of a file, packed by gzip or plain (its first bytes tell), a piece at a time: memory is needed for the
 * longest line only. The last line may lack its line feed.
 *
 * @throws {Error} If the file cannot be read, or its packing is broken; the lines before that come first.
 */
export async function* readLines(path: string): AsyncGenerator<Lines> {
  const isPacked = await isGzip(path);
  const file = createReadStream(path, { highWaterMark: CHUNK_BYTES });
  // Failures of the file come out of the last stream of a pipeline.
  const stream: Readable = isPacked ? pipeline(file, createGunzip({ chunkSize: CHUNK_BYTES }), () => {}) : file;
  let rest: Uint8Array[] = [];
  for await (const chunk of stream as AsyncIterable<Uint8Array>) {
    const end = chunk.lastIndexOf(NEWLINE) + 1;
    if (end > 0) {
      yield join([...rest, chunk.subarray(0, end)]);
      rest = [];
    }
    if (end < chunk.length) rest.push(chunk.slice(end));
  }
  if (rest.length > 0) yield join([...rest, Uint8Array.of(NEWLINE)]);
}

async function isGzip(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { bytesRead, buffer } = await file.read(new Uint8Array(GZIP_MAGIC.length), 0, GZIP_MAGIC.length, 0);
    return bytesRead === GZIP_MAGIC.length && GZIP_MAGIC.every((byte, i) => buffer[i] === byte);
  } finally {
    await file.close();
  }
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
