import { AT_FDCWD, STATX_BASIC_STATS } from "../../ffi/linux.ts";
import { libc } from "../../ffi/mod.ts";
import * as system from "../../ffi/system.ts";

/** The identity of this process, beyond a pid that the kernel will one day give to another. */
export interface ProcessIdentity {
  /** The process id, as seen in this pid namespace. */
  readonly pid: number;
  /** When the process started, in clock ticks since boot; 0 where `/proc` is not mounted. */
  readonly startTime: number;
  /** The inode of this process's pid namespace; 0 where `/proc` is not mounted. */
  readonly pidNamespace: number;
  /** The kernel's id of this boot, 16 bytes; zeros where `/proc` is not mounted. */
  readonly bootId: Uint8Array;
}

let identity: ProcessIdentity | undefined;

/** This process's identity, read once. */
export function processIdentity(): ProcessIdentity {
  return identity ??= {
    pid: libc().getpid(),
    startTime: readStartTime(),
    pidNamespace: readPidNamespace(),
    bootId: readBootId(),
  };
}

function readStartTime(): number {
  // Field 22 of proc(5)'s stat; the second field, the program's name, may itself hold spaces and brackets.
  const stat = system.readTextOr("", "/proc/self/stat");
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? 0);
}

function readPidNamespace(): number {
  const bytes = new Uint8Array(256), path = system.cString("/proc/self/ns/pid");
  if (libc().statx(AT_FDCWD, path, 0, STATX_BASIC_STATS, bytes) !== 0) return 0;
  // struct statx: stx_ino u64 at 32; the kernel counts in 32 bits
  return new DataView(bytes.buffer).getUint32(32, true);
}

function readBootId(): Uint8Array {
  const digits = system.readTextOr("", "/proc/sys/kernel/random/boot_id").replace(/[^0-9a-f]/g, "");
  return Uint8Array.from({ length: 16 }, (_, i) => parseInt(digits.slice(2 * i, 2 * i + 2) || "0", 16));
}

/** Bytes as digits, two each. */
export function hexadecimal(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
