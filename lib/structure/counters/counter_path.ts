import type { WordAccess } from "../../atomic/internal.ts";

/** What counting needs. */
export interface CounterPorts {
  readonly words: WordAccess;
  readonly doubles: Float64Array;
  /** The version of the value. */
  readonly versionWord: number;
  /** The first of its two doubles. */
  readonly firstDouble: number;
  /** The largest value, and with the sign changed the smallest. */
  readonly most: number;
  /**
   * Whether the processor keeps stores in order. Where it does not, the owner loads the version that it alone writes
   * atomically: after that load, no store into the next double is seen before the version published last.
   */
  readonly isOrdered: boolean;
  /** Throws, as a value is not allowed. */
  readonly refuseValue: (value: number) => never;
  /** Throws the reason why the counter cannot be used. */
  readonly refuseUse: () => never;
}

/** The methods of a counter's owner. */
export interface CounterPath {
  add(count?: number): void;
  set(value: number): void;
  value(): number;
  /** From now on, all refuse. */
  close(): void;
}

/** Makes the methods of a counter's owner. */
export function makeCounterPath(ports: CounterPorts): CounterPath {
  const { words: { load, peek, release }, doubles, versionWord, firstDouble, most, refuseValue, refuseUse } = ports;
  const loadOwn = ports.isOrdered ? peek : load;
  let isOpen = true;

  const currentVersion = (): number => {
    const version = loadOwn(versionWord);
    if (version === undefined || !isOpen) refuseUse();
    return version;
  };

  const publish = (version: number, value: number): void => {
    if (!(value <= most && value >= -most) || Math.floor(value) !== value) refuseValue(value);
    doubles[firstDouble + ((version + 1) & 1)] = value;
    release(versionWord, (version + 1) | 0); // pairs: counter version
  };

  return {
    add(count = 1) {
      const version = currentVersion();
      publish(version, doubles[firstDouble + (version & 1)] + count);
    },
    set: (value) => publish(currentVersion(), value),
    value: () => doubles[firstDouble + (currentVersion() & 1)],
    close() {
      isOpen = false;
    },
  };
}
