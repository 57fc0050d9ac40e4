import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, symlinkSync } from "node:fs";
import { createServer } from "node:net";
import { Segment } from "@shmkit/shmkit";
import { uniqueName } from "./segments.ts";

/** What is in `/dev/shm` and no file, by its kind: names. */
export type NoSegments = Readonly<Record<"FIFO" | "socket" | "directory" | "symbolic link", string>>;

/** Runs with one of each; the symbolic link leads to a segment that nobody is attached to. */
export async function withNoSegments(use: (names: NoSegments) => Promise<void>): Promise<void> {
  const target = uniqueName(), server = createServer();
  const names = { FIFO: uniqueName(), socket: uniqueName(), directory: uniqueName(), "symbolic link": uniqueName() };
  const pathOf = (name: string) => `/dev/shm${name}`;
  try {
    Segment.create(target, { byteLength: 65_536 }).close();
    mkdirSync(pathOf(names.directory));
    symlinkSync(target.slice(1), pathOf(names["symbolic link"]));
    const { status, stderr } = spawnSync("mkfifo", [pathOf(names.FIFO)], { encoding: "utf8" });
    if (status !== 0) throw new Error(`Cannot make a FIFO: ${stderr}`);
    await new Promise<void>((resolve) => server.listen(pathOf(names.socket), resolve));
    await use(names);
  } finally {
    await new Promise((resolve) => server.close(resolve));
    for (const name of [target, ...Object.values(names)]) rmSync(pathOf(name), { recursive: true, force: true });
  }
}
