/**
 * Runs the tests of the lower floors on arm64 under emulation: `bun run test:arm64 [bun|deno] [path …]`. It needs
 * `qemu-aarch64-static` and arm64's C and C++ libraries (of Debian: qemu-user-static, libc6-arm64-cross,
 * libstdc++6-arm64-cross, libgcc-s1-arm64-cross); `QEMU_LD_PREFIX` says where those lie, if not in
 * /usr/aarch64-linux-gnu. Processes that a test starts are the machine's own, so that arm64 and x86-64 share segments;
 * emulated, they would take minutes.
 *
 * An x86-64 processor that emulates arm64 keeps more order than arm64 does: this shows that the code of arm64 runs, not
 * that its fences suffice.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { existsSync, globSync, mkdirSync } from "node:fs";
import process from "node:process";
import packageJson from "../package.json" with { type: "json" };
import { root } from "./project.ts";

const QEMU = "qemu-aarch64-static", SYSROOT = process.env.QEMU_LD_PREFIX ?? "/usr/aarch64-linux-gnu";
const HOME = `${root}node_modules/.arm64`;

const { bun, deno } = packageJson.devDependencies;
const RUNTIMES = {
  bun: { package: `@oven/bun-linux-aarch64@${bun}`, binary: "@oven/bun-linux-aarch64/bin/bun" },
  deno: { package: `@deno/linux-arm64-glibc@${deno}`, binary: "@deno/linux-arm64-glibc/deno" },
} as const;

/** Tests that cannot run under emulation, and why. Bun joins the names of a test by spaces, Deno keeps them apart. */
const CANNOT: readonly [test: string, reason: string][] = [
  ["constants.*are those of the system's C headers", "the compiler at hand is that of the host"],
  ["is reported for a wait that is impossible", "the emulator has no futex_waitv"],
  ["mapping options.*(hugePages|prefault)", "the emulator shows the host's maps, at other addresses"],
];
/** Files that cannot, and why; perhaps only under one runtime. */
const LEFT_OUT: readonly { path: string; reason: string; under?: "deno" }[] = [
  { path: "tests/memory/fuzz.test.ts", reason: "it takes too long" },
  { path: "tests/memory/races.test.ts", reason: "it takes too long" },
  { path: "tests/atomic/litmus.test.ts", reason: "it takes too long, and the processor keeps the host's order" },
  { path: "tests/layout/schema.test.ts", reason: "it judges how soon something is refused", under: "deno" },
];
/** Files whose processes of the same runtime are emulated, too: what they run shows itself in optimised code alone. */
const EMULATED_PEERS = ["./tests/memory/options.test.ts"];
/** Which floors run where: emulated, Deno takes many times as long as Bun. */
const FLOORS = { bun: ["layout", "ffi", "atomic", "memory"], deno: ["layout"] } as const;

const [first, ...rest] = process.argv.slice(2);
const chosen = first === "bun" || first === "deno" ? [first] as const : ["bun", "deno"] as const;
const paths = first === undefined || first === chosen[0] && chosen.length === 1 ? rest : [first, ...rest];

if (spawnSync(QEMU, ["--version"]).status !== 0 || !existsSync(SYSROOT)) {
  console.error(
    `Cannot emulate arm64 as ${QEMU} and libraries in ${SYSROOT} are needed: install qemu-user-static, libc6-arm64-cross, ` +
      "libstdc++6-arm64-cross and libgcc-s1-arm64-cross",
  );
  process.exit(2);
}
install();
for (const [test, reason] of CANNOT) console.log(`Left out: ${test}: ${reason}`);
for (const { path, reason, under } of LEFT_OUT) {
  console.log(`Left out${under === undefined ? "" : ` under ${under}`}: ${path}: ${reason}`);
}
const failed = chosen.filter((runtime) => !test(runtime));
console.log(failed.length === 0 ? "arm64: all passed" : `arm64: failed under ${failed.join(" and ")}`);
process.exit(failed.length === 0 ? 0 : 1);

/** Fetches the runtimes' builds for arm64, once. */
function install(): void {
  if (chosen.every((runtime) => existsSync(`${HOME}/node_modules/${RUNTIMES[runtime].binary}`))) return;
  mkdirSync(HOME, { recursive: true });
  const flags = ["--force", "--cpu=arm64", "--os=linux", "--libc=glibc", "--ignore-scripts", "--no-audit", "--no-fund"];
  const packages = Object.values(RUNTIMES).map((runtime) => runtime.package);
  const { status } = spawnSync("npm", ["install", "--no-save", "--prefix", HOME, ...flags, ...packages], {
    stdio: "inherit",
  });
  if (status !== 0) throw new Error(`Cannot fetch ${packages.join(" and ")}: npm ended with ${status}`);
}

function test(runtime: keyof typeof RUNTIMES): boolean {
  const all = FLOORS[runtime].flatMap((floor) => globSync(`tests/${floor}/*.test.ts`, { cwd: root })).sort();
  const isLeftOut = (file: string) =>
    LEFT_OUT.some(({ path, under }) => path === file && (under === undefined || under === runtime));
  const files = (paths.length === 0 ? all : paths).filter((file) => !isLeftOut(file)).map((file) => `./${file}`);
  const flags = runtime === "bun"
    ? ["test", "--timeout=240000", "--test-name-pattern", `^(?!.*(${CANNOT.map(([test]) => test).join("|")}))`]
    : ["test", "--allow-all", "--no-check"];
  const binary = `${HOME}/node_modules/${RUNTIMES[runtime].binary}`;
  console.log(`\n── ${runtime} on arm64`);
  const common = { ...process.env, QEMU_LD_PREFIX: SYSROOT, DENO_NO_UPDATE_CHECK: "1" };
  const run = (some: string[], env: Record<string, string | undefined>) =>
    some.length === 0 ||
    spawnSync(QEMU, [binary, ...flags, ...some], { cwd: root, env, stdio: "inherit" }).status === 0;
  const isEmulated = (file: string) => EMULATED_PEERS.includes(file);
  const passed = [
    run(files.filter((file) => !isEmulated(file)), common),
    run(files.filter(isEmulated), { ...common, SHMKIT_EMULATOR: QEMU, SHMKIT_EMULATED: binary }),
  ];
  return passed.every(Boolean);
}
