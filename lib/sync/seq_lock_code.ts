/**
 * The hot paths of a seqlock's readers: a piece of code for each attachment, so that its words are constants of it. As
 * methods they took Bun half as long again where a record is written every microsecond.
 *
 * @module
 */
import { INLINE_NAMES } from "../atomic/mod.ts";
import { Source } from "../layout/source.ts";
import { SEQUENCE_WORD, WRITING } from "./seq_lock_format.ts";
import type { SeqLockReader } from "./seq_lock_reader.ts";

/** A reader's methods. */
export interface ReadPaths {
  beginRead(): number;
  validate(sequence: number): boolean;
}

/**
 * @param words With the sequence; empty where loads must be atomic.
 * @param reader Takes over where a write came between, and where `words` does not tell.
 */
export function readPaths(words: Int32Array, reader: SeqLockReader): ReadPaths {
  const code = new Source();
  const names = { words, begin: () => reader.begin(), look: () => reader.look(), ...INLINE_NAMES };
  const use = Object.entries(names).map(([name, value]) => `${name} = ${code.constant(value)}`).join(", ");
  return code.evaluate(`(() => {
const ${use};
return {
beginRead() {
// The first look is plain: if it is stale, validate shows it. Undefined after a close, and where loads must be atomic.
const sequence = words[${SEQUENCE_WORD}];
return sequence === undefined || (sequence & ${WRITING}) !== 0 ? begin() : sequence;
},
validate(sequence) {
// A load, written out. Pairs with the stores in beginWrite and endWrite.
compilerBarrier[0] = sequence;
return words[${SEQUENCE_WORD}] === sequence || look() === sequence;
},
};
})()`) as ReadPaths;
}
