import { readdirSync, readlinkSync, statSync } from "node:fs";

/** A file of shared memory that no name in `/dev/shm` leads to. */
export interface NamelessFile {
  /** Anonymous from the start, or its name was removed: then what that was. */
  readonly formerName: string | undefined;
  /** The descriptors that lead to it. */
  readonly paths: { readonly pid: number; readonly path: string }[];
}

/** The open files of the processes that this user may inspect. */
export interface OpenFiles {
  readonly nameless: readonly NamelessFile[];
  /** Which processes have a file of `/dev/shm` open, by its inode: also those that only read it. */
  readonly openers: ReadonlyMap<number, readonly number[]>;
}

/** How links to anonymous segments and to files that have lost their name end. */
const ANONYMOUS = "/memfd:shmkit (deleted)", FOLDER = "/dev/shm/", DELETED = " (deleted)";

/** Reads `/proc`. */
export function readOpenFiles(): OpenFiles {
  const nameless = new Map<string, NamelessFile>(), openers = new Map<number, number[]>();
  for (const pid of listOr("/proc")) {
    if (!/^[0-9]+$/.test(pid)) continue;
    for (const fd of listOr(`/proc/${pid}/fd`)) {
      const path = `/proc/${pid}/fd/${fd}`;
      try {
        const target = readlinkSync(path);
        if (target !== ANONYMOUS && !target.startsWith(FOLDER)) continue;
        const { dev, ino } = statSync(path);
        if (target === ANONYMOUS || target.endsWith(DELETED)) {
          const key = `${dev}:${ino}`;
          const formerName = target === ANONYMOUS ? undefined : target.slice(FOLDER.length - 1, -DELETED.length);
          const file = nameless.get(key) ?? { formerName, paths: [] };
          file.paths.push({ pid: Number(pid), path });
          nameless.set(key, file);
        } else openers.set(ino, [...new Set([...openers.get(ino) ?? [], Number(pid)])]);
      } catch {
        // It was closed meanwhile.
      }
    }
  }
  return { nameless: [...nameless.values()], openers };
}

/** What is in a folder; nothing where that is not there, or not this user's to see. */
function listOr(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
