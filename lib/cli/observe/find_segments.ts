import { SystemError } from "../../../ffi/mod.ts";
import { type DirectoryEntry, readEntries } from "../../../ffi/system.ts";
import { ShmkitError } from "../../errors.ts";
import { anonymousName, SegmentObserver } from "../../memory/internal.ts";
import { type NamelessFile, readOpenFiles } from "./open_files.ts";
import { type ObservedSegment, observeSegment, observeUnnamed } from "./observed_segment.ts";

/** Where shared memory has its names. */
const FOLDER = "/dev/shm";

/** Observes all shared memory of this machine: the files in `/dev/shm`, and the open ones without a name. */
export function findSegments(): ObservedSegment[] {
  const named = listSharedMemory().map(observeEntry);
  const nameless = readOpenFiles().nameless.map(observeNameless);
  return [...named, ...nameless].filter((observed) => observed !== undefined).sort((a, b) => a.name < b.name ? -1 : 1);
}

/**
 * The files in `/dev/shm`, of whatever kind; none where there is no such folder. The runtimes themselves do not report
 * names that are not UTF-8 as they are.
 *
 * @throws {ShmkitError} If it cannot be read.
 */
export function listSharedMemory(): DirectoryEntry[] {
  try {
    return readEntries(FOLDER);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    if (error.code === "ENOENT") return [];
    throw new ShmkitError(error.code, `Cannot list shared memory as ${FOLDER} must be readable: ${error.code}`);
  }
}

/** Observes a file in `/dev/shm`; undefined if it has gone. */
export function observeEntry(entry: DirectoryEntry): ObservedSegment | undefined {
  const { name, isText } = entry;
  return isText ? observeSegment(`/${name}`, `${FOLDER}/${name}`, "named") : observeUnnamed(FOLDER, entry);
}

/** Observes a file of shared memory without a name; undefined if it has gone, or is another program's. */
export function observeNameless({ formerName, paths }: NamelessFile): ObservedSegment | undefined {
  for (const { path } of paths) {
    const { name, isSegment } = nameOf(path, paths);
    const observed = observeSegment(name, path, formerName === undefined ? "anonymous" : "unlinked", path);
    if (observed === undefined) continue;
    // Other programs' memory without a name is not shown.
    if (formerName !== undefined && !isSegment) return undefined;
    return formerName === undefined
      ? observed
      : { ...observed, reason: observed.reason ?? `its name was ${formerName}` };
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
