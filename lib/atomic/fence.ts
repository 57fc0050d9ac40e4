import { membarrier, registerMembarrier } from "../../ffi/mod.ts";
import type { Words } from "./atomics.ts";

/**
 * A publisher stores a word and then checks for sleepers; a sleeper announces itself and then checks the word. Both
 * need a fence between the two steps, or neither may see the other. Publishing is frequent and going to sleep is not,
 * so in mapped memory the sleeper makes both fences, its own and, through the kernel, that of every publisher. Sources:
 * membarrier(2), liburcu, folly's asymmetric barriers.
 *
 * @param words The words in which this process is going to publish.
 * @returns Whether sleepers will fence this process, so that `release` suffices for publishing; otherwise it takes
 * `store`.
 */
export function isFenced(words: Words): boolean {
  return !isLocal(words) && registerMembarrier();
}

/**
 * Fences every process in which `isFenced` was true: for each of them, either this thread now sees what it published
 * before, or it sees what this thread wrote before. One or two microseconds.
 *
 * @param words The words in which this thread has announced itself.
 * @returns False if the kernel refused: then check again soon.
 */
export function fence(words: Words): boolean {
  return isLocal(words) || membarrier();
}

/** Threads of one process share this memory: no kernel, and perhaps no permission to call it. */
function isLocal(words: Words): boolean {
  return words.buffer instanceof SharedArrayBuffer;
}
