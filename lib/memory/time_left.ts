/**
 * What is left of a time limit.
 *
 * @param timeoutMs The limit; undefined for none.
 * @param start When its time began, by `performance.now`.
 */
export function timeLeft(timeoutMs: number | undefined, start: number): number | undefined {
  return timeoutMs === undefined ? undefined : Math.max(0, timeoutMs - (performance.now() - start));
}
