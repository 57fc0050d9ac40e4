import { assert, assertEquals, assertGreaterOrEqual, assertLess, assertMatch, assertThrows } from "@std/assert";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { SystemError } from "@shmkit/shmkit";
import * as linux from "../../ffi/linux.ts";
import { libc } from "../../ffi/mod.ts";
import * as system from "../../ffi/system.ts";
import { isByteFree, isByteLocked, tryLockByte, unlockByte } from "../../lib/memory/ofd_lock.ts";
import { replacing } from "../memory/faults.ts";
import { readLock } from "../memory/read_lock.ts";
import { hasCompiler } from "../../support/machine.ts";

const doing = { action: "try", path: "/it" };

describe("constants", () => {
  it("are those of the system's C headers", { skip: hasCompiler ? false : "no C compiler" }, () => {
    const folder = mkdtempSync(join(tmpdir(), "shmkit-"));
    try {
      const { SYSCALLS: _, SC_PAGESIZE, ...values } = linux as unknown as Record<string, number>;
      // Newer than some headers, and checked by the calls that use them.
      const optional = new Set(["MADV_POPULATE_READ", "MADV_POPULATE_WRITE", "FUTEX2_SIZE_U32", "FUTEX_WAITV_MAX"]);
      const names = Object.keys(values);
      const print = (name: string) =>
        optional.has(name)
          ? `#ifdef ${name}\n  printf("${name} %lld\\n", (long long)(${name}));\n#endif`
          : `  printf("${name} %lld\\n", (long long)(${name}));`;
      const source = `#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <linux/futex.h>
#include <linux/membarrier.h>
int main(void) {
${names.map(print).join("\n")}
  printf("SC_PAGESIZE %d\\n", _SC_PAGESIZE);
  printf("SYS_futex %ld\\n", (long)SYS_futex);
  printf("SYS_statx %ld\\n", (long)SYS_statx);
  printf("SYS_getdents64 %ld\\n", (long)SYS_getdents64);
  printf("SYS_membarrier %ld\\n", (long)SYS_membarrier);
#ifdef SYS_futex_waitv
  printf("SYS_futex_waitv %ld\\n", (long)SYS_futex_waitv);
#endif
  return 0;
}`;
      writeFileSync(join(folder, "c.c"), source);
      const compiled = spawnSync("cc", ["-o", join(folder, "c"), join(folder, "c.c")]);
      assertEquals(compiled.status, 0, String(compiled.stderr));
      const found = new Map(
        String(spawnSync(join(folder, "c")).stdout).trim().split("\n").map((line) =>
          line.split(" ") as [string, string]
        ),
      );
      for (const name of names) {
        if (!found.has(name) && optional.has(name)) continue;
        assertEquals(Number(found.get(name)) | 0, values[name] | 0, name);
      }
      const { futex, futex_waitv, getdents64, membarrier, statx } = linux.SYSCALLS[process.arch as "x64" | "arm64"];
      assertEquals(Number(found.get("SYS_futex")), futex);
      assertEquals(Number(found.get("SYS_getdents64")), getdents64);
      assertEquals(Number(found.get("SYS_statx")), statx);
      assertEquals(Number(found.get("SYS_membarrier")), membarrier);
      if (found.has("SYS_futex_waitv")) assertEquals(Number(found.get("SYS_futex_waitv")), futex_waitv);
      assertEquals(Number(found.get("SC_PAGESIZE")), SC_PAGESIZE);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("a failed call", () => {
  const cases: [code: string, call: () => unknown, syscall: string, says: RegExp][] = [
    ["ENOENT", () => system.shmOpen(doing, "/none", 0, 0), "shm_open", /does not exist/],
    ["ENOENT", () => system.open(doing, "/none", 0), "open", /does not exist/],
    ["EBADF", () => system.fileStatus(doing, 9999), "statx", /not open/],
    ["EBADF", () => system.allocate(doing, 9999, 4096), "ftruncate", /not open/],
    ["EBADF", () => system.mmap(doing, 4096, 3, 1, 9999), "mmap", /not open/],
    ["EINVAL", () => system.mmap(doing, 0, 3, 1, -1), "mmap", /invalid|not open/],
    ["ENAMETOOLONG", () => system.open(doing, "/" + "x".repeat(300), 0), "open", /too long/],
  ];
  for (const [code, call, syscall, says] of cases) {
    it(`of ${syscall} says ${code}`, () => {
      const error = assertThrows(call, SystemError);
      if (syscall !== "mmap") assertEquals(error.code, code);
      assertEquals([error.syscall, error.path, error.name], [syscall, "/it", "SystemError"]);
      assert(error.errno > 0);
      assertMatch(error.message, says);
      assertMatch(error.message, new RegExp(`^Cannot try '/it' as ${syscall} failed: ${error.code}, `));
    });
  }

  it("with an unknown number is still an error of that number", () => {
    const error = new SystemError(133, { ...doing, syscall: "open" });
    assertEquals([error.code, error.errno], ["E133", 133]);
  });

  it("leaves its reason for the very next check, 100,000 times in a row but for the engine's own calls", () => {
    let wrong = 0;
    for (let i = 0; i < 100_000; i++) {
      libc().close(-1);
      if (libc().errno() !== 9) wrong++;
      libc().kill(1 << 30, 0);
      if (libc().errno() !== 3) wrong++;
    }
    assertLess(wrong, 100);
  });
});

describe("system", () => {
  it("reads processes, directories, files and clocks as they are", () => {
    assertEquals(libc().getpid(), process.pid);
    assertEquals(libc().geteuid(), process.geteuid!());
    assertEquals(system.readText("/proc/sys/kernel/ostype"), "Linux\n");
    assert(system.readDirectory("/proc/self").includes("status"));
    const many = system.readDirectory("/proc/sys/kernel");
    assertEquals(new Set(many).size, many.length);
    assertGreaterOrEqual(many.length, 50);
    const [earliest, now, latest] = [Date.now(), system.realtimeMs(), Date.now()];
    assert(earliest - 1000 < now && now < latest + 1000, `${[earliest, now, latest]}`);
    const before = system.monotonicNs();
    assertGreaterOrEqual(system.monotonicNs(), before);
    const uptime = Number(readFileSync("/proc/uptime", "utf8").split(" ")[0]);
    assert(Math.abs(before / 1e9 - uptime) < 3600, "the monotonic clock is far from the uptime");
  });

  it("does not interrupt a sealed file: what cannot be allocated is an error", () => {
    const fd = system.memfdCreate(doing, "test", linux.MFD_CLOEXEC | linux.MFD_ALLOW_SEALING);
    system.allocate(doing, fd, 4096);
    system.fcntl(doing, fd, linux.F_ADD_SEALS, linux.F_SEAL_GROW);
    assertEquals(assertThrows(() => system.allocate(doing, fd, 8192), SystemError).code, "EPERM");
    system.close(fd);
  });
});

describe("reserving memory that signals interrupt", () => {
  const page = 4096;
  /**
   * A kernel in which a signal comes whenever so many pages were reserved, and what its call had reserved is given
   * back.
   */
  function reserving(pages: number, use: () => void): { calls: number; reserved: Set<number> } {
    const reserved = new Set<number>();
    let calls = 0, sinceSignal = 0;
    replacing("posix_fallocate", () => (_fd, byteOffset, byteLength) => {
      calls++;
      const added: number[] = [];
      for (let at = byteOffset; at < byteOffset + byteLength; at += page) {
        if (sinceSignal === pages) {
          sinceSignal = 0;
          for (const each of added) reserved.delete(each);
          return linux.EINTR;
        }
        sinceSignal++;
        if (!reserved.has(at)) added.push(at);
        reserved.add(at);
      }
      return 0;
    }, use);
    return { calls, reserved };
  }

  for (const pages of [1, 2, 3, 7, 100, 1000, Infinity]) {
    it(`ends, and has reserved every page: a signal every ${pages} pages`, () => {
      const fd = system.memfdCreate(doing, "test", linux.MFD_CLOEXEC);
      const { calls, reserved } = reserving(pages, () => system.allocate(doing, fd, 256 * page));
      assertEquals([...reserved].sort((a, b) => a - b), Array.from({ length: 256 }, (_, i) => i * page));
      assert(calls < 2000, `${calls} calls`);
      if (pages === Infinity) assertEquals(calls, 1);
      system.close(fd);
    });
  }
});

describe("membarrier", () => {
  it("works where the kernel says that it knows the commands, and is refused where not", () => {
    const { MEMBARRIER_CMD_GLOBAL_EXPEDITED, MEMBARRIER_CMD_QUERY, MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED } = linux;
    const known = Math.max(0, libc().membarrier(MEMBARRIER_CMD_QUERY)); // −1: the call itself is refused
    assertEquals(system.registerMembarrier(), (known & MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED) !== 0);
    assertEquals(system.registerMembarrier(), (known & MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED) !== 0);
    assertEquals(system.membarrier(), (known & MEMBARRIER_CMD_GLOBAL_EXPEDITED) !== 0);
    assertEquals([libc().membarrier(1 << 30), libc().errno()], [-1, linux.EINVAL]);
  });
});

describe("OFD locks", () => {
  it("exclude other descriptions, not their own, at offsets beyond 2^32 too", () => {
    const one = system.memfdCreate(doing, "test", linux.MFD_CLOEXEC);
    const two = system.open(doing, `/proc/self/fd/${one}`, linux.O_RDWR);
    const reader = system.open(doing, `/proc/self/fd/${one}`, linux.O_RDONLY);
    for (const byte of [0, 1, 2 ** 31, 2 ** 32, 2 ** 40]) {
      assertEquals([isByteLocked(one, byte), isByteLocked(two, byte), isByteLocked(reader, byte)], [
        false,
        false,
        false,
      ]);
      assertEquals([tryLockByte(doing, one, byte), tryLockByte(doing, two, byte)], [true, false]);
      assertEquals([isByteLocked(one, byte), isByteLocked(two, byte), isByteLocked(reader, byte)], [false, true, true]);
      assertEquals(isByteLocked(two, byte + 1), false);
      unlockByte(one, byte);
      assertEquals(tryLockByte(doing, two, byte), true);
      unlockByte(two, byte);
    }
    assertEquals(tryLockByte(doing, one, 7), true);
    system.close(one);
    assertEquals(isByteLocked(two, 7), false);
    system.close(two);
    system.close(reader);
  });

  it("of readers mean nothing, and keep others from taking one", () => {
    const owner = system.memfdCreate(doing, "test", linux.MFD_CLOEXEC), path = `/proc/self/fd/${owner}`;
    const other = system.open(doing, path, linux.O_RDWR), reader = system.open(doing, path, linux.O_RDONLY);
    for (const byte of [0, 2 ** 33]) {
      readLock(reader, byte);
      for (const fd of [owner, other]) {
        assertEquals([isByteLocked(fd, byte), isByteFree(fd, byte), tryLockByte(doing, fd, byte)], [
          false,
          false,
          false,
        ]);
      }
      unlockByte(reader, byte);
      assertEquals([isByteFree(owner, byte), tryLockByte(doing, owner, byte)], [true, true]);
      assertEquals([isByteLocked(other, byte), isByteFree(other, byte), isByteLocked(reader, byte)], [
        true,
        false,
        true,
      ]);
    }
    for (const fd of [owner, other, reader]) system.close(fd);
  });
});
