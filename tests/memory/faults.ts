import { type Libc, libc } from "../../ffi/mod.ts";

/** The names of C functions. */
type FunctionName = Exclude<keyof Libc, "source">;

/** Puts something in the place of a C function of this thread while a test runs. */
export function replacing<K extends FunctionName, T>(name: K, make: (original: Libc[K]) => Libc[K], use: () => T): T {
  const functions = libc(), original = functions[name];
  functions[name] = make(original);
  try {
    return use();
  } finally {
    functions[name] = original;
  }
}

/** Lets a C function fail with an error number while a test runs. */
export function failing<T>(name: FunctionName, errno: number, use: () => T): T {
  return replacing("errno", (original) => () => (hasFailed ? (hasFailed = false, errno) : original()), () => {
    return replacing(name, () => (() => (hasFailed = true, name === "mmap" ? undefined : -1)) as never, use);
  });
}

let hasFailed = false;

/** Does something once, just before a C function is called that `when` selects. */
export function before<K extends FunctionName, T>(
  name: K,
  when: (...args: Parameters<Libc[K]>) => boolean,
  act: () => void,
  use: () => T,
): T {
  let isDone = false;
  return replacing(name, (original) =>
    ((...args: Parameters<Libc[K]>) => {
      if (!isDone && when(...args)) {
        isDone = true;
        // Records for the kernel are used again by each call, also by those that `act` makes.
        const records = args.filter((each): each is Uint8Array<ArrayBuffer> => ArrayBuffer.isView(each));
        const copies = records.map((record) => record.slice());
        act();
        records.forEach((record, i) => record.set(copies[i]));
      }
      return (original as (...args: Parameters<Libc[K]>) => unknown)(...args);
    }) as Libc[K], use);
}
