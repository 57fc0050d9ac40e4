import { readdirSync } from "node:fs";
import { ShmkitError } from "../../errors.ts";
import { anonymousName, SegmentObserver } from "../../memory/internal.ts";
import { lookAtOpenFiles, type NamelessFile } from "./open_files.ts";
import { lookAtSegment, type SegmentLook } from "./observed_segment.ts";

/** Looks at all shared memory of this machine: what is in `/dev/shm`, and what has no name and is open. */
export function findSegments(): SegmentLook[] {
  const named = listSharedMemory().map((file) => lookAtSegment(`/${file}`, `/dev/shm/${file}`, "named"));
  const nameless = lookAtOpenFiles().nameless.map(lookAtNameless);
  return [...named, ...nameless].filter((look) => look !== undefined).sort((a, b) => a.name < b.name ? -1 : 1);
}

/**
 * The files in `/dev/shm`; none where there is no such folder.
 *
 * @throws {ShmkitError} If it cannot be read.
 */
export function listSharedMemory(): string[] {
  try {
    return readdirSync("/dev/shm");
  } catch (error) {
    const { code = "UNREADABLE", message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return [];
    throw new ShmkitError(code, `Cannot list shared memory as /dev/shm must be readable: ${message}`);
  }
}

/** Looks at a file of shared memory without a name; undefined if it has gone, or is another program's. */
export function lookAtNameless({ formerName, paths }: NamelessFile): SegmentLook | undefined {
  for (const { path } of paths) {
    const { name, isSegment } = nameOf(path, paths);
    const look = lookAtSegment(name, path, formerName === undefined ? "anonymous" : "unlinked", path);
    if (look === undefined) continue;
    // Other programs' memory without a name is nobody's business here.
    if (formerName !== undefined && !isSegment) return undefined;
    return formerName === undefined ? look : { ...look, reason: look.reason ?? `its name was ${formerName}` };
  }
  return undefined;
}

/** The name by which a program would open it: by its creator's descriptor, if it still has one. */
function nameOf(path: string, paths: NamelessFile["paths"]): { name: string; isSegment: boolean } {
  try {
    using observer = SegmentObserver.open(path);
    const { creatorPid, createdNs } = observer.header;
    const best = paths.find(({ pid }) => pid === creatorPid)?.path ?? path;
    return { name: anonymousName(best, createdNs), isSegment: true };
  } catch (error) {
    if (!(error instanceof ShmkitError)) throw error;
    return { name: path, isSegment: false };
  }
}
