// deno-lint-ignore-file require-await -- async functions are here to be refused
import type { Once, SeqLock } from "@shmkit/shmkit";

/** What must compile and what must not: `deno check` is the test. Never called. */
export function functionsThatMustHaveEnded(record: SeqLock, once: Once): void {
  // @ts-expect-error: a promise
  record.read(async ({ f64 }) => f64[0]);
  // @ts-expect-error: a promise
  record.tryRead(({ f64 }) => Promise.resolve(f64[0]));
  // @ts-expect-error: a promise
  record.write(async ({ f64 }) => void (f64[0] = 1));
  // @ts-expect-error: a promise
  once.run(async () => {});

  const sum: number = record.read(({ f64 }) => f64[0] + f64[1]);
  const both: number[] = record.read(({ f64 }) => [f64[0], f64[1]]);
  const found: string | undefined = record.tryRead(({ u8 }) => String(u8[0]));
  record.write(({ f64 }) => f64[0] = sum);
  record.write(({ f64 }) => void f64.set(both));
  once.run(() => found);
  const work: (ownerDied: boolean) => void = () => {};
  once.run(work, { timeoutMs: 5 });
}
