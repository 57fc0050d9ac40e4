import type { Memory } from "./libc.ts";

/**
 * What C functions take and give: whole numbers of so many bits, memory that a view names, and addresses. A view goes
 * over as the address of its first byte; null, as either, as that of nothing.
 */
export type Kind = "i32" | "u32" | "i64" | "u64" | "memory" | "address";

/** What they give: never memory, of which no length is known. */
export type GivenKind = Exclude<Kind, "memory">;

/** A C function as an FFI must know it. */
export interface CSignature {
  readonly takes: readonly Kind[];
  readonly gives: GivenKind;
  /** The C name, where it is not the name in the table: one function stands there twice with other argument types. */
  readonly symbol?: string;
}

/** Every C function shmkit calls, in the order of `Libc`. */
export const SIGNATURES = {
  shm_open: {
    takes: ["memory", /* const char *name */ "i32", /* int oflag */ "u32" /* mode_t mode */],
    gives: "i32",
  },
  shm_unlink: { takes: ["memory" /* const char *name */], gives: "i32" },
  memfd_create: { takes: ["memory", /* const char *name */ "u32" /* unsigned flags */], gives: "i32" },
  open: { takes: ["memory", /* const char *path */ "i32", /* int flags */ "u32" /* mode_t mode */], gives: "i32" },
  close: { takes: ["i32" /* int fd */], gives: "i32" },
  pread: {
    takes: ["i32", /* int fd */ "memory", /* void *buf */ "u64", /* size_t count */ "i64" /* off_t offset */],
    gives: "i64",
  },
  ftruncate: { takes: ["i32", /* int fd */ "i64" /* off_t length */], gives: "i32" },
  posix_fallocate: { takes: ["i32", /* int fd */ "i64", /* off_t offset */ "i64" /* off_t len */], gives: "i32" },
  fchmod: { takes: ["i32", /* int fd */ "u32" /* mode_t mode */], gives: "i32" },
  statx: {
    symbol: "syscall",
    takes: [
      "i32", /* long number */
      "i32", /* int dirfd */
      "memory", /* const char *path */
      "i32", /* int flags */
      "u32", /* unsigned mask */
      "memory", /* struct statx *buf */
    ],
    gives: "i32",
  },
  getdents64: {
    symbol: "syscall",
    takes: ["i32", /* long number */ "i32", /* unsigned fd */ "memory", /* void *dirp */ "u32" /* unsigned count */],
    gives: "i32",
  },
  fcntl: { takes: ["i32", /* int fd */ "i32", /* int cmd */ "i32" /* int arg */], gives: "i32" },
  fcntl_flock: {
    symbol: "fcntl",
    takes: ["i32", /* int fd */ "i32", /* int cmd */ "memory" /* struct flock *lock */],
    gives: "i32",
  },
  mmap: {
    takes: [
      "address", /* void *addr */
      "u64", /* size_t length */
      "i32", /* int prot */
      "i32", /* int flags */
      "i32", /* int fd */
      "i64", /* off_t offset */
    ],
    gives: "address",
  },
  munmap: { takes: ["address", /* void *addr */ "u64" /* size_t length */], gives: "i32" },
  mprotect: { takes: ["address", /* void *addr */ "u64", /* size_t len */ "i32" /* int prot */], gives: "i32" },
  madvise: { takes: ["address", /* void *addr */ "u64", /* size_t length */ "i32" /* int advice */], gives: "i32" },
  mlock: { takes: ["address", /* const void *addr */ "u64" /* size_t len */], gives: "i32" },
  msync: { takes: ["address", /* void *addr */ "u64", /* size_t length */ "i32" /* int flags */], gives: "i32" },
  futex: {
    symbol: "syscall",
    takes: [
      "i32", /* long number */
      "memory", /* uint32_t *word */
      "i32", /* int op */
      "i32", /* uint32_t value */
      "memory", /* struct timespec *timeout */
      "i32", /* uint32_t *word2, unused */
      "i32", /* uint32_t value3 */
    ],
    gives: "i32",
  },
  futex_waitv: {
    symbol: "syscall",
    takes: [
      "i32", /* long number */
      "memory", /* struct futex_waitv *waiters */
      "u32", /* unsigned count */
      "u32", /* unsigned flags */
      "memory", /* struct timespec *timeout */
      "i32", /* clockid_t clock */
    ],
    gives: "i32",
  },
  membarrier: {
    symbol: "syscall",
    takes: ["i32", /* long number */ "i32", /* int cmd */ "u32", /* unsigned flags */ "i32" /* int cpu_id */],
    gives: "i32",
  },
  sched_yield: { takes: [], gives: "i32" },
  getpid: { takes: [], gives: "i32" },
  gettid: { takes: [], gives: "i32" },
  geteuid: { takes: [], gives: "u32" },
  kill: { takes: ["i32", /* pid_t pid */ "i32" /* int sig */], gives: "i32" },
  clock_gettime: { takes: ["i32", /* clockid_t clock */ "memory" /* struct timespec *tp */], gives: "i32" },
  sysconf: { takes: ["i32" /* int name */], gives: "i64" },
  errno_location: { symbol: "__errno_location", takes: [], gives: "address" },
} as const satisfies Record<string, CSignature>;

/** A function's name in the table. */
export type CName = keyof typeof SIGNATURES;

/** What a runtime calls each kind, as an argument and as a result. */
export interface KindNames {
  readonly takes: Readonly<Record<Kind, string>>;
  readonly gives: Readonly<Record<GivenKind, string>>;
}

/** The value of a kind where 64-bit numbers and addresses have these types. */
type ValueOf<K extends Kind, Long, Address> = K extends "i32" | "u32" ? number
  : K extends "i64" | "u64" ? Long
  : K extends "address" ? Address
  : Memory | null;

type ValuesOf<Kinds extends readonly Kind[], Long, Address> = {
  -readonly [I in keyof Kinds]: ValueOf<Kinds[I], Long, Address>;
};

/** The functions of the table as a runtime calls them, whose 64-bit numbers and addresses have these types. */
export type CFunctions<Long, Address> = {
  readonly [Name in CName]: (
    ...values: ValuesOf<typeof SIGNATURES[Name]["takes"], Long, Address>
  ) => ValueOf<typeof SIGNATURES[Name]["gives"], Long, Address>;
};

/** The table in a runtime's words. */
export function signaturesFor<Signature>(
  names: KindNames,
  make: (takes: string[], gives: string, symbol: string) => Signature,
): Record<CName, Signature> {
  const entries = Object.entries<CSignature>(SIGNATURES).map(([name, { takes, gives, symbol = name }]) =>
    [name, make(takes.map((kind) => names.takes[kind]), names.gives[gives], symbol)] as const
  );
  return Object.fromEntries(entries) as Record<CName, Signature>;
}

/**
 * Opens a library in a runtime that takes one signature a name each time: once for all functions that the table has
 * under C's name, and once more for each of the others.
 */
export function openEach<Signature, Long, Address>(
  signatures: Record<CName, Signature>,
  open: (some: Record<string, Signature>) => Record<string, unknown>,
): CFunctions<Long, Address> {
  const names = Object.keys(signatures) as CName[];
  const symbolOf = (name: CName): string => (SIGNATURES[name] as CSignature).symbol ?? name;
  const plain = names.filter((name) => symbolOf(name) === name).map((name) => [name, signatures[name]]);
  const functions = { ...open(Object.fromEntries(plain)) };
  for (const name of names) {
    const symbol = symbolOf(name);
    if (symbol !== name) functions[name] = open({ [symbol]: signatures[name] })[symbol];
  }
  return functions as CFunctions<Long, Address>;
}
