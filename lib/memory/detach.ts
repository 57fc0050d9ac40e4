/** The first pause before buffers that could not be detached are tried again, in milliseconds. */
const FIRST_PAUSE_MS = 1;

/** The longest. */
const LONGEST_PAUSE_MS = 1000;

/**
 * An attempt that fails copies the buffer. The pause that follows is this many times as long, so that trying costs next
 * to nothing.
 */
const PAUSE_FOR_TRIAL = 50;

/**
 * Detaches buffers, all at once where the runtime allows it. JavaScriptCore does not detach a buffer that an
 * asynchronous operation is using, but copies it instead; then the buffer is tried again until the operation has ended.
 * That does not keep the process alive.
 *
 * @param buffers The buffers. Their memory stays where it is.
 * @param pauseMs How long to wait before the remaining ones are tried again.
 */
export function detach(buffers: readonly ArrayBuffer[], pauseMs: number = FIRST_PAUSE_MS): void {
  const start = performance.now();
  const left = buffers.filter((buffer) => !isDetached(buffer));
  if (left.length === 0) return;
  const nextMs = Math.max(pauseMs, (performance.now() - start) * PAUSE_FOR_TRIAL);
  const timer: unknown = setTimeout(() => detach(left, Math.min(nextMs * 2, LONGEST_PAUSE_MS)), nextMs);
  (timer as { unref?(): void }).unref?.();
}

function isDetached(buffer: ArrayBuffer): boolean {
  if (buffer.detached) return true;
  try {
    buffer.transfer(0);
  } catch {
    // No memory for the copy, or the runtime refuses with an error: it is tried again.
  }
  return buffer.detached;
}
