import { libc, SystemError } from "../../ffi/mod.ts";
import * as linux from "../../ffi/linux.ts";
import * as system from "../../ffi/system.ts";
import { load, sleep, store } from "../atomic/mod.ts";
import { SegmentStateError } from "../errors.ts";
import { requireBlank } from "./blank_file.ts";
import type { Geometry } from "./geometry.ts";
import {
  type Header,
  isReady,
  readCreatedNs,
  readHeader,
  readStart,
  requireInitialisable,
  writeHeader,
} from "./header.ts";
import { HEADER_BYTES, INITIALISER_LOCK_BYTE, MAGIC_BYTES, STATE_READY, STATE_WORD } from "./header_format.ts";
import { Mapping, type MappingOptions } from "./mapping.ts";
import { isByteLocked, isByteReadLocked, READ_LOCKED, tryLockByte, unlockByte } from "./ofd_lock.ts";
import { OpenFile } from "./open_file.ts";
import { isRegular, requireRegular } from "./regular_file.ts";
import { anonymousName, parseAnonymousName, stampOf } from "./segment_name.ts";

const { EEXIST, ENOENT, O_CREAT, O_EXCL, O_NONBLOCK, O_RDONLY, O_RDWR } = linux;

/** How long an opener waits by default for an initialiser. */
const INITIALISER_TIMEOUT_MS = 5_000;

/** A file that is a valid segment, and its memory. */
export interface SegmentFile {
  readonly mapping: Mapping;
  readonly header: Header;
}

/** The options of `openSegmentFile`. */
export interface OpenRequest extends MappingOptions {
  /** How long to wait for the segment to exist and be ready. */
  readonly timeoutMs?: number;
  /** The user whose segments are trusted, besides one's own and root's. */
  readonly owner?: number | "any";
}

/** The options of a creator. */
export interface CreateRequest extends OpenRequest {
  readonly geometry: Geometry;
  readonly mode: number;
}

/*
 * The kernel lock on a file's first byte decides who may initialise it: the process that holds it while the file is not
 * ready. A death releases the lock. So a death never leaves a file that no process may finish, and two processes never
 * write at once.
 */

/** Makes a segment that did not exist. */
export function createSegmentFile(name: string, request: CreateRequest): SegmentFile {
  const doing = { action: "create segment", path: name }, start = performance.now();
  while (true) {
    const opened = new OpenFile(system.shmOpen(doing, name, O_RDWR | O_CREAT | O_EXCL, request.mode));
    const file = opened.closingOnError(() => settle(name, opened, request, "create", start));
    if (file !== "ready" && file !== "unlinked") return file;
    opened.close();
    // Before it was locked another process may have found the empty file, and initialised it or removed its name.
    if (file === "ready") throw new SystemError(EEXIST, { ...doing, syscall: "shm_open" });
  }
}

/** Attaches to a segment, or makes it: of any number of callers, one makes it and all get the same. */
export function openOrCreateSegmentFile(name: string, request: CreateRequest): SegmentFile {
  const doing = { action: "open or create segment", path: name }, start = performance.now();
  while (true) {
    const fd = unless(ENOENT, () => system.shmOpen(doing, name, O_RDWR | O_NONBLOCK, 0)) ??
      unless(EEXIST, () => system.shmOpen(doing, name, O_RDWR | O_CREAT | O_EXCL, request.mode));
    if (fd === undefined) continue; // it was removed or made between the two calls
    const opened = new OpenFile(fd);
    const file = opened.closingOnError(() => {
      requireOwner(name, opened.fd, request.owner);
      const settled = settle(name, opened, request, "open or create", start);
      return settled === "ready" ? attach(name, opened, request) : settled;
    });
    if (file !== "unlinked") return file;
    opened.close();
  }
}

/** Attaches to a segment that another process makes or has made. */
export function openSegmentFile(name: string, request: OpenRequest): SegmentFile {
  const doing = { action: "open segment", path: name };
  // O_NONBLOCK: a FIFO of that name must not block this process until its other end is opened.
  const flags = (request.readOnly ? O_RDONLY : O_RDWR) | O_NONBLOCK;
  const anonymous = parseAnonymousName(name);
  const openFd = anonymous !== undefined
    ? () => system.open(doing, anonymous.path, flags)
    : () => system.shmOpen(doing, name, flags, 0);
  const start = performance.now();
  const waitedMs = () => performance.now() - start;

  while (true) {
    let fd = request.timeoutMs === undefined ? openFd() : unless(ENOENT, openFd);
    while (fd === undefined) {
      sleep(1);
      fd = waitedMs() < request.timeoutMs! ? unless(ENOENT, openFd) : openFd();
    }
    const opened = new OpenFile(fd);
    const file = opened.closingOnError(() => {
      if (anonymous?.stamp !== undefined) requireSame(name, opened.fd, anonymous.stamp);
      requireOwner(name, opened.fd, request.owner);
      const timeoutMs = request.timeoutMs ?? INITIALISER_TIMEOUT_MS;
      const isThere = waitUntilReady(name, opened.fd, anonymous === undefined, timeoutMs, waitedMs);
      return isThere ? attach(name, opened, request) : undefined;
    });
    if (file !== undefined) return file;
    opened.close(); // it lost its name unfinished; another file may have it by now
  }
}

/** Makes a segment without a name. It lives as long as a process is attached. */
export function createAnonymousFile(request: CreateRequest): { name: string; file: SegmentFile } {
  const doing = { action: "create segment", path: "anonymous" };
  const opened = new OpenFile(system.memfdCreate(doing, "shmkit", linux.MFD_CLOEXEC | linux.MFD_ALLOW_SEALING));
  const path = `/proc/${libc().getpid()}/fd/${opened.fd}`;
  const file = opened.closingOnError(() => initialise(path, opened, request));
  try {
    // Then no process can shorten the file while others use it, which would crash them.
    const seals = linux.F_SEAL_SHRINK | linux.F_SEAL_GROW | linux.F_SEAL_SEAL;
    system.fcntl({ action: "seal segment", path }, opened.fd, linux.F_ADD_SEALS, seals);
  } catch (error) {
    file.mapping.discard();
    throw error;
  }
  return { name: anonymousName(path, file.header.createdNs), file };
}

/**
 * Waits until the file is ready or initialises it; reports whether it lost its name meanwhile.
 *
 * @param start When its time began, by `performance.now`.
 */
function settle(
  name: string,
  opened: OpenFile,
  request: CreateRequest,
  action: string,
  start: number,
): SegmentFile | "ready" | "unlinked" {
  const doing = { action: `${action} segment`, path: name };
  const { fd } = opened;
  while (!isReady(readStart(name, fd))) {
    requireInitialisable(name, readStart(name, fd), () => readStart(name, fd));
    if (tryLockByte(doing, fd, INITIALISER_LOCK_BYTE)) {
      // Only now is the answer sure: the last holder may have finished, or failed and removed the name.
      const { links } = system.fileStatus(doing, fd);
      const isStillOurs = links > 0 && !isReady(readStart(name, fd));
      if (isStillOurs) {
        requireBlank(name, fd);
        return initialise(name, opened, request);
      }
      unlockByte(fd, INITIALISER_LOCK_BYTE);
      if (links === 0) return "unlinked";
      continue;
    }
    const waitedMs = performance.now() - start;
    if (waitedMs >= (request.timeoutMs ?? INITIALISER_TIMEOUT_MS)) {
      if (isByteReadLocked(fd, INITIALISER_LOCK_BYTE)) {
        throw new SegmentStateError(
          "BUSY",
          `Cannot ${doing.action} '${name}' as no process initialises it, but ${READ_LOCKED}`,
        );
      }
      if (isByteLocked(fd, INITIALISER_LOCK_BYTE)) throw notReady(name, waitedMs, STILL_AT_WORK);
      // It was released just now: the file may be ready, or be had.
    }
    sleep(1);
  }
  return "ready";
}

/**
 * Waits for the initialiser of a file, which holds its lock while it works.
 *
 * @returns False if the file lost its name meanwhile, if it has one.
 * @throws {SegmentStateError} `CREATOR_DIED` as soon as that is sure, `INITIALISING` once the time is up.
 */
function waitUntilReady(
  name: string,
  fd: number,
  hasName: boolean,
  timeoutMs: number,
  waitedMs: () => number,
): boolean {
  const doing = { action: "open segment", path: name };
  let wasLocked = false;
  while (!isReady(readStart(name, fd))) {
    // The order of the checks decides. A file has a length only once it was locked: then a free lock was released.
    wasLocked ||= system.fileStatus(doing, fd).byteLength > 0;
    const isLocked = isByteLocked(fd, INITIALISER_LOCK_BYTE);
    // And the process that released it had finished, or failed and removed the name, or died.
    const start = readStart(name, fd);
    if (isReady(start)) return true;
    requireInitialisable(name, start, () => readStart(name, fd));
    if (hasName && system.fileStatus(doing, fd).links === 0) return false;
    if (wasLocked && !isLocked) {
      throw new SegmentStateError(
        "CREATOR_DIED",
        `Cannot open segment '${name}' as its creator died while initialising it, seen after ${
          Math.round(waitedMs())
        } ms; unlink it, or use openOrCreate, which finishes it`,
      );
    }
    if (waitedMs() >= timeoutMs) throw notReady(name, waitedMs(), isLocked ? STILL_AT_WORK : NOT_BEGUN);
    wasLocked ||= isLocked;
    sleep(1);
  }
  return true;
}

/** Fills a file of which the caller holds the initialiser's lock, or which has no name. On failure the name goes. */
function initialise(name: string, opened: OpenFile, request: CreateRequest): SegmentFile {
  const { geometry, mode } = request;
  const { fd } = opened;
  const doing = { action: "create segment", path: name };
  let mapping: Mapping | undefined;
  try {
    system.chmod(doing, fd, mode);
    system.allocate(doing, fd, geometry.byteLength);
    mapping = new Mapping(name, opened, geometry.byteLength, request);
    const record = new DataView(mapping.buffer, 0, HEADER_BYTES);
    // A dead initialiser may have left anything here and in the parts after it.
    new Uint8Array(mapping.buffer, MAGIC_BYTES, geometry.objectsOffset - MAGIC_BYTES).fill(0);
    writeHeader(record, geometry);
    const header = readHeader(name, record, geometry.byteLength);
    // Publishes everything above; pairs: segment state. From here on nothing fails.
    store(new Int32Array(mapping.buffer, 0, HEADER_BYTES / 4), STATE_WORD, STATE_READY);
    unlockByte(fd, INITIALISER_LOCK_BYTE);
    return { mapping, header };
  } catch (error) {
    removeName(name, fd);
    mapping?.discard();
    throw error;
  }
}

/**
 * Removes the name of a file that could not be initialised. If that fails too, the first error says more.
 *
 * The kernel removes a name, whatever file has it. That it is still this file's is sure as long as the initialiser's
 * lock is held: a process that unlinks a file that is not ready waits for that lock, so the name cannot have gone to
 * another one since the check.
 */
function removeName(name: string, fd: number): void {
  const doing = { action: "remove segment", path: name };
  try {
    if (parseAnonymousName(name) === undefined && system.fileStatus(doing, fd).links > 0) system.shmUnlink(doing, name);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
  }
}

/**
 * Removes a segment's name.
 *
 * @returns Whether there was one.
 */
export function unlinkSegmentFile(name: string): boolean {
  const doing = { action: "unlink segment", path: name };
  const opened = openToUnlink(name);
  if (opened === undefined) return system.shmUnlink(doing, name);
  try {
    const start = performance.now();
    // A process that checks that a file has a name and then removes it holds this lock: the initialiser (see
    // removeName), and one that removes an abandoned segment. So the name cannot go to the next file in between, and be
    // removed from that; unless this gives up, as the lock's holder is stopped, or a reader keeps it from being taken.
    while (!tryLockByte(doing, opened.fd, INITIALISER_LOCK_BYTE)) {
      if (performance.now() - start >= INITIALISER_TIMEOUT_MS) break; // the holder is stopped
      // A read lock means nothing, and must not delay the removal of a segment that is ready.
      if (isReady(readStart(name, opened.fd)) && isByteReadLocked(opened.fd, INITIALISER_LOCK_BYTE)) break;
      sleep(1);
    }
    return system.fileStatus(doing, opened.fd).links > 0 && system.shmUnlink(doing, name);
  } finally {
    opened.close();
  }
}

/** The file, if it is one that can be asked about and locked. */
function openToUnlink(name: string): OpenFile | undefined {
  const doing = { action: "unlink segment", path: name };
  let opened: OpenFile | undefined;
  try {
    opened = new OpenFile(system.shmOpen(doing, name, O_RDWR | O_NONBLOCK, 0));
    if (isRegular(system.fileStatus(doing, opened.fd).mode)) return opened;
  } catch (error) {
    // It does not exist, or this user may not write it; whether its name may be removed is another question.
    if (!(error instanceof SystemError)) throw error;
  }
  opened?.close();
  return undefined;
}

/** Checks the header of a ready file and maps it. */
function attach(name: string, opened: OpenFile, request: MappingOptions): SegmentFile {
  const { byteLength } = system.fileStatus({ action: "open segment", path: name }, opened.fd);
  // Read anew, as the bytes read along with the state may be older. And read before mapping: touching a page after the
  // end of a cut file would crash the process.
  const header = readHeader(name, readStart(name, opened.fd), byteLength);
  const mapping = new Mapping(name, opened, byteLength, request);
  load(new Int32Array(mapping.buffer, 0, HEADER_BYTES / 4), STATE_WORD); // pairs: segment state
  return { mapping, header };
}

/** Refuses the file behind an anonymous segment's descriptor, if it is no longer that segment. */
function requireSame(name: string, fd: number, stamp: string): void {
  const { mode } = system.fileStatus({ action: "open segment", path: name }, fd);
  let found = "something else";
  if (isRegular(mode)) {
    const start = readStart(name, fd);
    if (isReady(start)) {
      found = `one of stamp ${stampOf(readCreatedNs(start))}`;
      if (stampOf(readCreatedNs(start)) === stamp) return;
    }
  }
  throw new SegmentStateError(
    "NOT_FOUND",
    `Cannot open segment '${name}' as it is gone: its creator closed it, and the descriptor's number was given to another file: found ${found}`,
  );
}

function requireOwner(name: string, fd: number, owner: number | "any" | undefined): void {
  const doing = { action: "open segment", path: name }, { mode, uid } = system.fileStatus(doing, fd);
  requireRegular(doing, mode);
  const me = libc().geteuid();
  if (uid === me || uid === 0 || owner === "any" || owner === uid) return;
  throw new SegmentStateError(
    "FOREIGN_OWNER",
    `Cannot open segment '${name}' as its owner must be user ${me} or root: found user ${uid}; pass owner: ${uid} to trust it`,
  );
}

const STILL_AT_WORK = "is still initialising it";
/** Between its first two calls a creator leaves an empty file without a lock, whether it is slow, stopped or dead. */
const NOT_BEGUN = "has not begun to initialise it, or died before it did,";

function notReady(name: string, waitedMs: number, what: string): SegmentStateError {
  const waited = `after ${Math.round(waitedMs)} ms`;
  const advice = what === NOT_BEGUN ? ", or use openOrCreate, which makes it" : "";
  return new SegmentStateError(
    "INITIALISING",
    `Cannot open segment '${name}' as its creator ${what} ${waited}; wait longer with timeoutMs${advice}`,
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
