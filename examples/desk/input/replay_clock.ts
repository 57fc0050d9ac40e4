/**
 * Says when an event is due. The first event's time is now; the others follow at their distance from it, divided by the
 * speed. A time that runs backwards is due at once.
 */
export class ReplayClock {
  readonly #speed: number;
  readonly #now: () => number;
  #firstUs = NaN;
  #startMs: number | undefined;

  /**
   * Starts with the first event.
   *
   * @param speed 1 is real time, 10 ten times as fast, Infinity as fast as it goes.
   * @param now A clock in milliseconds.
   * @param startMs When the first event was due, by that clock, if another process began the replay.
   * @throws {RangeError} If the speed is not above 0.
   */
  constructor(speed: number, now: () => number = () => performance.now(), startMs?: number) {
    if (!(speed > 0)) throw new RangeError(`Cannot replay as the speed must be above 0: received ${speed}`);
    this.#speed = speed;
    this.#now = now;
    this.#startMs = startMs;
  }

  /** Milliseconds until an event is due; 0 or less if it is. */
  dueInMs(timeUs: number): number {
    if (this.#speed === Infinity) return 0;
    if (this.#firstUs !== this.#firstUs) {
      this.#firstUs = timeUs;
      this.#startMs ??= this.#now();
    }
    return (this.#startMs ?? 0) + (timeUs - this.#firstUs) / 1000 / this.#speed - this.#now();
  }
}
