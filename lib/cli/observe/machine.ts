import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, readFileSync, statfsSync, statSync } from "node:fs";
import os from "node:os";
import { delimiter, join } from "node:path";
import process from "node:process";
import { libc, OLDEST } from "../../../ffi/mod.ts";
import * as system from "../../../ffi/system.ts";
import { processIdentity, SegmentObserver } from "../../memory/internal.ts";
import { Segment } from "../../memory/mod.ts";
import { bytes, plural } from "../view/figures.ts";

/** Something about this machine. */
export interface Finding {
  readonly what: string;
  /** A "note" costs nothing, unless it is asked for. */
  readonly verdict: "good" | "note" | "slow" | "fails";
  readonly found: string;
  /** What mends it. */
  readonly advice?: string;
}

/** The inode of the pid namespace in which a machine starts (PROC_PID_INIT_INO). */
const FIRST_PID_NAMESPACE = 0xeffffffc;

/** The least that `/dev/shm` should have free: containers are often given 64 MiB in all. */
const LITTLE_MEMORY = 64 * 2 ** 20;

const MEMLOCK_ADVICE = "only matters for { mlock: true }: ulimit -l unlimited, LimitMEMLOCK=infinity, or CAP_IPC_LOCK";

/** Checks all that matters to shared memory. */
export function examine(): Finding[] {
  const first = [kernel(), ...sharedMemory(), permission()];
  // What follows asks libc.
  const calls = canCall() ? [trial(), futexWaitv(), membarrier()] : [];
  return [...first, ...calls, hugePages(), ...limits(), container(), cores(), ...runtimes()];
}

function canCall(): boolean {
  try {
    libc();
    return true;
  } catch {
    return false;
  }
}

function kernel(): Finding {
  const release = os.release(), found = `${os.type()} ${release} on ${os.arch()}`, what = "kernel";
  const [major, minor] = release.split(".").map(Number), isNew = major > 5 || (major === 5 && minor >= 16);
  if (os.type() !== "Linux" || !["x64", "arm64"].includes(os.arch())) {
    return { what, verdict: "fails", found, advice: "segments need Linux on x86-64 or arm64" };
  }
  if (!isNew) return { what, verdict: "slow", found, advice: "Linux 5.16 or newer lets a wait be for several words" };
  return { what, verdict: "good", found };
}

function sharedMemory(): Finding[] {
  const what = "/dev/shm";
  try {
    const { bsize, blocks, bavail, type } = statfsSync("/dev/shm"), size = bsize * blocks, free = bsize * bavail;
    const found = `${bytes(size)}, ${bytes(free)} free${type === 0x01021994 ? "" : ", not on tmpfs"}`;
    accessSync("/dev/shm", constants.W_OK);
    if (free < 2 ** 20) {
      const advice = "shmkit clean removes what nobody uses; mount -o remount,size=2G /dev/shm makes room";
      return [{ what, verdict: "fails", found, advice }];
    }
    if (free < LITTLE_MEMORY) {
      const advice = "little room for segments: mount -o remount,size=2G /dev/shm; in Docker, --shm-size=2g";
      return [{ what, verdict: "note", found, advice }];
    }
    return [{ what, verdict: "good", found }];
  } catch (error) {
    const advice = "mount -t tmpfs tmpfs /dev/shm, and chmod 1777 /dev/shm; or use Segment.anonymous";
    return [{ what, verdict: "fails", found: (error as Error).message, advice }];
  }
}

/** Whether this very process may call libc. */
function permission(): Finding {
  const what = "libc, from here";
  try {
    return { what, verdict: "good", found: libc().source().library };
  } catch (error) {
    return { what, verdict: "fails", found: (error as Error).message, advice: "the message says what is needed" };
  }
}

/** Makes a segment, and observes it from outside. */
function trial(): Finding {
  const what = "a segment";
  try {
    using segment = Segment.anonymous({ byteLength: 65_536, role: "doctor" });
    using observer = SegmentObserver.open(segment.name);
    const holds = observer.participants().some(({ role, isAlive }) => role === "doctor" && isAlive);
    if (holds) return { what, verdict: "good", found: "can be made, mapped and locked" };
    const advice = "a sandbox may forbid open-file-description locks (fcntl F_OFD_SETLK)";
    return { what, verdict: "fails", found: "its slot's lock is not seen", advice };
  } catch (error) {
    const advice = "a sandbox may forbid memfd_create, mmap or fcntl; is /proc mounted?";
    return { what, verdict: "fails", found: (error as Error).message, advice };
  }
}

function futexWaitv(): Finding {
  const what = "futex_waitv";
  if (system.canWaitForMany()) return { what, verdict: "good", found: "waits in the event loop are woken at once" };
  const advice = "Linux 5.16 or newer, and a seccomp profile that lets it pass (Docker 20.10.24 or newer)";
  return { what, verdict: "slow", found: "missing: waits in the event loop check every few milliseconds", advice };
}

function membarrier(): Finding {
  const what = "membarrier";
  if (system.registerMembarrier()) return { what, verdict: "good", found: "publishing needs no fence" };
  const advice = "Linux 4.16 or newer, and a seccomp profile that lets membarrier pass";
  return { what, verdict: "slow", found: "missing: publishing takes a fence each time", advice };
}

function hugePages(): Finding {
  const what = "huge pages", path = "/sys/kernel/mm/transparent_hugepage/shmem_enabled";
  const chosen = /\[(\w+)\]/.exec(readOr(path))?.[1];
  if (chosen === undefined) return { what, verdict: "note", found: "the kernel has none for shared memory" };
  if (chosen !== "never" && chosen !== "deny") return { what, verdict: "good", found: `shmem_enabled is ${chosen}` };
  const advice = `only matters for { hugePages: true }: echo advise > ${path}`;
  return { what, verdict: "note", found: `shmem_enabled is ${chosen}`, advice };
}

function limits(): Finding[] {
  const all = readOr("/proc/self/limits");
  const limitOf = (name: string) => {
    const soft = new RegExp(`^${name} +(\\S+)`, "m").exec(all)?.[1];
    return soft === undefined || soft === "unlimited" ? Infinity : Number(soft);
  };
  const memlock = limitOf("Max locked memory"), files = limitOf("Max open files");
  return [
    memlock === Infinity
      ? { what: "memlock", verdict: "good", found: "unlimited" }
      : { what: "memlock", verdict: "note", found: bytes(memlock), advice: MEMLOCK_ADVICE },
    files >= 1024
      ? { what: "open files", verdict: "good", found: files === Infinity ? "unlimited" : plural(files, "file") }
      : {
        what: "open files",
        verdict: "slow",
        found: plural(files, "file"),
        advice: "each attachment takes a descriptor: ulimit -n 4096",
      },
  ];
}

function container(): Finding {
  const { pidNamespace } = processIdentitySafely(), what = "container";
  if (pidNamespace === 0) {
    const advice = "mount -t proc proc /proc: Workers that were terminated are not noticed without";
    return { what, verdict: "slow", found: "/proc is not mounted", advice };
  }
  const kind = existsSync("/.dockerenv") ? "Docker" : existsSync("/run/.containerenv") ? "Podman" : undefined;
  const isFirst = pidNamespace === FIRST_PID_NAMESPACE;
  const found = `${kind ?? (isFirst ? "none" : "of some kind")}, pid namespace ${pidNamespace}`;
  if (isFirst && kind === undefined) return { what, verdict: "good", found };
  const advice =
    "processes of several containers share segments by one /dev/shm: --ipc=shareable, --ipc=container:NAME";
  return { what, verdict: "note", found, advice };
}

function processIdentitySafely(): { readonly pidNamespace: number } {
  try {
    return processIdentity();
  } catch {
    return { pidNamespace: existsSync("/proc/self/ns/pid") ? statSync("/proc/self/ns/pid").ino : 0 };
  }
}

function cores(): Finding {
  const what = "cores", all = os.cpus(), count = os.availableParallelism();
  const smt = readOr("/sys/devices/system/cpu/smt/active").trim(), quota = readOr("/sys/fs/cgroup/cpu.max").split(" ");
  const limited = Number(quota[0]) / Number(quota[1]), isLimited = limited > 0 && limited < count;
  const model = all[0]?.model.trim() || "unknown model";
  const threads = smt === "1" ? ", two threads a core (SMT)" : smt === "0" ? ", one thread a core" : "";
  const found = `${count} of ${model}${threads}${isLimited ? `, limited to ${limited.toFixed(1)} of them` : ""}`;
  if (count < 2 || (isLimited && limited < 2)) {
    const advice = "a spinning thread keeps the one it waits for from running: use the forms that block, or two cores";
    return { what, verdict: "slow", found, advice };
  }
  if (smt !== "1") return { what, verdict: "good", found };
  return {
    what,
    verdict: "note",
    found,
    advice: "two processes that spin for each other are faster on cores of their own",
  };
}

/** The runtimes along the path, and this one. */
function runtimes(): Finding[] {
  return (["bun", "deno", "node"] as const).map((name) => {
    const what = name,
      path = (process.env.PATH ?? "").split(delimiter).map((folder) => join(folder, name)).find(isProgram);
    if (path === undefined) return { what, verdict: "note", found: "not along the path" };
    const { version, found } = versionOf(path);
    if (version === undefined) return { what, verdict: "note", found };
    const oldest: string | undefined = (OLDEST as Record<string, string>)[name];
    if (oldest === undefined || !isAtLeast(version, oldest)) {
      const advice = oldest === undefined
        ? "it shares no memory between processes"
        : `${oldest} or newer shares memory`;
      return { what, verdict: "note", found: `${version}, ${path}`, advice };
    }
    const needs = name === "deno" ? "; programs run with --allow-ffi" : "";
    return { what, verdict: "good", found: `${version}, ${path}${needs}` };
  });
}

/** What a program says its version is; or why it is not known. */
function versionOf(path: string): { version?: string; found: string } {
  try {
    const { stdout } = spawnSync(path, ["--version"], { encoding: "utf8", timeout: 10_000 });
    return { version: /\d+\.\d+\.\d+/.exec(stdout ?? "")?.[0], found: `${path} does not report its version` };
  } catch {
    return { found: `${path}, which this process has no permission to start` };
  }
}

function isAtLeast(version: string, oldest: string): boolean {
  const [major, minor] = version.split(".").map(Number), [least, leastMinor] = oldest.split(".").map(Number);
  return major > least || (major === least && minor >= leastMinor);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function readOr(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
