import { membarrier, registerMembarrier } from "../../ffi/mod.ts";
import type { Words } from "./atomics.ts";

/**
 * Who publishes a word and then looks whether somebody sleeps, and who announces its sleep and then looks at the word,
 * need a fence each between the two: else neither might see the other. Publishing is frequent and going to sleep is
 * not, so in mapped memory the sleeper makes both fences, its own and, through the kernel, that of every publisher.
 * Sources: membarrier(2), liburcu, folly's asymmetric barriers.
 *
 * @param words Where this process is going to publish.
 * @returns Whether sleepers will fence this process, so that `release` is enough to publish with; else it takes
 * `store`.
 */
export function isFenced(words: Words): boolean {
  return !isLocal(words) && registerMembarrier();
}

/**
 * Fences every process in which `isFenced` was true: what they published before is seen after this, or they see what
 * this thread wrote before. One or two microseconds.
 *
 * @param words Where something was announced.
 * @returns False if the kernel refused: then look again soon.
 */
export function fence(words: Words): boolean {
  return isLocal(words) || membarrier();
}

/** Threads of one process share this memory: no kernel, and perhaps no permission to call it. */
function isLocal(words: Words): boolean {
  return words.buffer instanceof SharedArrayBuffer;
}
