import { libc, SystemError } from "../../ffi/mod.ts";
import * as linux from "../../ffi/linux.ts";
import * as system from "../../ffi/system.ts";
import { load, sleep, store } from "../atomic/mod.ts";
import { SegmentFormatError, SegmentStateError } from "../errors.ts";
import type { Geometry } from "./geometry.ts";
import { type Header, isReady, readHeader, requireInitialisable, writeHeader } from "./header.ts";
import { HEADER_BYTES, INITIALISER_LOCK_BYTE, MAGIC_BYTES, STATE_READY, STATE_WORD } from "./header_descriptor.ts";
import { Mapping, type MappingOptions } from "./mapping.ts";
import { isByteLocked, tryLockByte, unlockByte } from "./ofd_lock.ts";
import { isDescriptorPath } from "./segment_name.ts";

const { EEXIST, ENOENT, O_CREAT, O_EXCL, O_NONBLOCK, O_RDONLY, O_RDWR, S_IFMT, S_IFREG } = linux;

/** How long an opener waits for an initialiser, if not told otherwise. */
const INITIALISER_TIMEOUT_MS = 5_000;

/** A file that is a valid segment, and its memory. */
export interface SegmentFile {
  readonly mapping: Mapping;
  readonly header: Header;
}

/** What `openSegmentFile` is told. */
export interface OpenRequest extends MappingOptions {
  /** How long to wait for the segment to exist and be ready. */
  readonly timeoutMs?: number;
  /** Whose segments are trusted besides one's own and root's. */
  readonly owner?: number | "any";
}

/** What a creator is told. */
export interface CreateRequest extends OpenRequest {
  readonly geometry: Geometry;
  readonly mode: number;
}

/*
 * Who may initialise a file is decided by the kernel lock on its first byte. Whoever holds it while the file is not
 * ready initialises it; a death gives the lock back. So there is no moment at which a death leaves a file that nobody
 * may finish, and none at which two write.
 */

/** Makes a segment that did not exist. */
export function createSegmentFile(name: string, request: CreateRequest): SegmentFile {
  const doing = { action: "create segment", path: name };
  const fd = system.shmOpen(doing, name, O_RDWR | O_CREAT | O_EXCL, request.mode);
  const file = closingOnError(fd, () => settle(name, fd, request, "create"));
  // Between the two calls above another process may have found the empty file and initialised it.
  if (file === "ready" || file === "unlinked") {
    system.close(fd);
    throw new SystemError(EEXIST, { ...doing, syscall: "shm_open" });
  }
  return file;
}

/** Attaches to a segment, or makes it: of any number of callers, one makes it and all get the same. */
export function openOrCreateSegmentFile(name: string, request: CreateRequest): SegmentFile {
  const doing = { action: "open or create segment", path: name };
  while (true) {
    const fd = unless(ENOENT, () => system.shmOpen(doing, name, O_RDWR | O_NONBLOCK, 0)) ??
      unless(EEXIST, () => system.shmOpen(doing, name, O_RDWR | O_CREAT | O_EXCL, request.mode));
    if (fd === undefined) continue; // it went or came between the two calls
    const file = closingOnError(fd, () => {
      requireOwner(name, fd, request.owner);
      const settled = settle(name, fd, request, "open or create");
      return settled === "ready" ? attach(name, fd, request) : settled;
    });
    if (file !== "unlinked") return file;
    system.close(fd);
  }
}

/** Attaches to a segment that another process makes or has made. */
export function openSegmentFile(name: string, request: OpenRequest): SegmentFile {
  const doing = { action: "open segment", path: name };
  // O_NONBLOCK: a FIFO of that name must not make us wait for its other end.
  const flags = (request.readOnly ? O_RDONLY : O_RDWR) | O_NONBLOCK;
  const openFd = isDescriptorPath(name)
    ? () => system.open(doing, name, flags)
    : () => system.shmOpen(doing, name, flags, 0);
  const start = performance.now();
  const waitedMs = () => performance.now() - start;

  let fd = request.timeoutMs === undefined ? openFd() : unless(ENOENT, openFd);
  while (fd === undefined) {
    sleep(1);
    fd = waitedMs() < request.timeoutMs! ? unless(ENOENT, openFd) : openFd();
  }
  const opened = fd;
  return closingOnError(opened, () => {
    requireOwner(name, opened, request.owner);
    while (!isReady(readStart(name, opened))) {
      requireInitialisable(name, readStart(name, opened));
      if (waitedMs() >= (request.timeoutMs ?? INITIALISER_TIMEOUT_MS)) throw notReady(name, opened, waitedMs());
      sleep(1);
    }
    return attach(name, opened, request);
  });
}

/** Makes a segment without a name. It lives as long as somebody is attached. */
export function createAnonymousFile(request: CreateRequest): { name: string; file: SegmentFile } {
  const doing = { action: "create segment", path: "anonymous" };
  const fd = system.memfdCreate(doing, "shmkit", linux.MFD_CLOEXEC | linux.MFD_ALLOW_SEALING);
  const name = `/proc/${libc().getpid()}/fd/${fd}`;
  const file = closingOnError(fd, () => {
    const file = initialise(name, fd, request);
    // Nobody can then shorten the file under the others' feet, which would crash them.
    const seals = linux.F_SEAL_SHRINK | linux.F_SEAL_GROW | linux.F_SEAL_SEAL;
    system.fcntl({ action: "seal segment", path: name }, fd, linux.F_ADD_SEALS, seals);
    return file;
  });
  return { name, file };
}

/** Waits until the file is ready or initialises it; says if it lost its name meanwhile. */
function settle(name: string, fd: number, request: CreateRequest, action: string): SegmentFile | "ready" | "unlinked" {
  const doing = { action: `${action} segment`, path: name };
  const start = performance.now();
  while (!isReady(readStart(name, fd))) {
    requireInitialisable(name, readStart(name, fd));
    if (tryLockByte(doing, fd, INITIALISER_LOCK_BYTE)) {
      // Only now is the answer sure: the last holder may have finished, or failed and removed the name.
      const { links } = system.fileStatus(doing, fd);
      const isStillOurs = links > 0 && !isReady(readStart(name, fd));
      if (isStillOurs) return initialise(name, fd, request);
      unlockByte(fd, INITIALISER_LOCK_BYTE);
      if (links === 0) return "unlinked";
      continue;
    }
    const waitedMs = performance.now() - start;
    if (waitedMs >= (request.timeoutMs ?? INITIALISER_TIMEOUT_MS)) throw notReady(name, fd, waitedMs);
    sleep(1);
  }
  return "ready";
}

/** Fills a file of which the caller holds the initialiser's lock, or which has no name. On failure the name goes. */
function initialise(name: string, fd: number, request: CreateRequest): SegmentFile {
  const { geometry, mode } = request;
  const doing = { action: "create segment", path: name };
  try {
    system.chmod(doing, fd, mode);
    system.allocate(doing, fd, geometry.byteLength);
    const mapping = new Mapping(name, fd, geometry.byteLength, request);
    const record = new DataView(mapping.buffer, 0, HEADER_BYTES);
    // A dead initialiser may have left anything here and in the parts behind it.
    new Uint8Array(mapping.buffer, MAGIC_BYTES, geometry.objectsOffset - MAGIC_BYTES).fill(0);
    writeHeader(record, geometry);
    // Publishes everything above; pairs with the load in attach.
    store(new Int32Array(mapping.buffer, 0, HEADER_BYTES / 4), STATE_WORD, STATE_READY);
    unlockByte(fd, INITIALISER_LOCK_BYTE);
    return { mapping, header: readHeader(name, record, geometry.byteLength) };
  } catch (error) {
    if (!isDescriptorPath(name) && system.fileStatus(doing, fd).links > 0) system.shmUnlink(doing, name);
    throw error;
  }
}

/** Checks the header of a ready file and maps it. */
function attach(name: string, fd: number, request: MappingOptions): SegmentFile {
  const { byteLength } = system.fileStatus({ action: "open segment", path: name }, fd);
  // Read anew, as the bytes read along with the state may be older. And read before mapping: touching a page behind the end of a cut file would crash the process.
  const header = readHeader(name, readStart(name, fd), byteLength);
  const mapping = new Mapping(name, fd, byteLength, request);
  load(new Int32Array(mapping.buffer, 0, HEADER_BYTES / 4), STATE_WORD); // pairs with the store in initialise
  return { mapping, header };
}

function readStart(name: string, fd: number): DataView {
  const bytes = new Uint8Array(HEADER_BYTES);
  return new DataView(bytes.buffer, 0, system.readAt({ action: "open segment", path: name }, fd, bytes, 0));
}

function requireOwner(name: string, fd: number, owner: number | "any" | undefined): void {
  const { mode, uid } = system.fileStatus({ action: "open segment", path: name }, fd);
  if ((mode & S_IFMT) !== S_IFREG) {
    throw new SegmentFormatError(
      "FOREIGN",
      `Cannot open segment '${name}' as it must be a regular file: found mode 0${mode.toString(8)}`,
    );
  }
  const me = libc().geteuid();
  if (uid === me || uid === 0 || owner === "any" || owner === uid) return;
  throw new SegmentStateError(
    "FOREIGN_OWNER",
    `Cannot open segment '${name}' as its owner must be user ${me} or root: found user ${uid}; pass owner: ${uid} to trust it`,
  );
}

function notReady(name: string, fd: number, waitedMs: number): SegmentStateError {
  const waited = `after ${Math.round(waitedMs)} ms`;
  return isByteLocked(fd, INITIALISER_LOCK_BYTE)
    ? new SegmentStateError(
      "INITIALISING",
      `Cannot open segment '${name}' as its creator is still initialising it ${waited}; wait longer with timeoutMs`,
    )
    : new SegmentStateError(
      "CREATOR_DIED",
      `Cannot open segment '${name}' as its creator died while initialising it, seen ${waited}; unlink it, or use openOrCreate, which finishes it`,
    );
}

/** The result of a call, or undefined if it failed with this one error. */
function unless<T>(errno: number, call: () => T): T | undefined {
  try {
    return call();
  } catch (error) {
    if (error instanceof SystemError && error.errno === errno) return undefined;
    throw error;
  }
}

function closingOnError<T>(fd: number, use: () => T): T {
  try {
    return use();
  } catch (error) {
    system.close(fd);
    throw error;
  }
}
