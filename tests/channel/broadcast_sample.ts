/** Makes a broadcast look as if that many records had gone through it; offsets as in broadcast/format.ts. */
export function startBroadcastAt(words: Uint32Array, position: number): void {
  words[128 / 4] = position % 2 ** 32;
  words[132 / 4] = Math.floor(position / 2 ** 30);
}
