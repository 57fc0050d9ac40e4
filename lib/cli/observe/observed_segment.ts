import { closeSync, constants, fstatSync, lstatSync, openSync, readSync, type Stats, statSync } from "node:fs";
import { type SegmentFormatCode, SegmentFormatError, SegmentStateError, ShmkitError } from "../../errors.ts";
import * as system from "../../../ffi/system.ts";
import { hexadecimal, kindOfFile, processIdentity, SegmentObserver, type SlotHolder } from "../../memory/internal.ts";
import { readProcess } from "./processes.ts";
import { userName } from "./users.ts";

/** What a file in `/dev/shm`, or one without a name, is. */
export type Status =
  | "ready"
  | "initialising"
  | "half-made"
  | "blank"
  | "foreign"
  | "other version"
  | "cut short"
  | "corrupt"
  | "unreadable";

/** An attachment, as tools show it. */
export interface ObservedParticipant {
  readonly id: number;
  readonly slot: number;
  readonly pid: number;
  readonly role: string;
  readonly state: "alive" | "stopped" | "dead";
  /** Where its process can be inspected: it is in this pid namespace. */
  readonly runtime: string | undefined;
  readonly cpuMs: number | undefined;
  /** Undefined where what stands for it is no time. */
  readonly attachedAt: string | undefined;
}

/** What is known of a segment without its objects. */
export interface ObservedSegment {
  readonly name: string;
  /** "unlinked" is one whose name was removed while a process has it open. */
  readonly reach: "named" | "anonymous" | "unlinked";
  readonly status: Status;
  /** Why it is not ready, or what is wrong with its catalog. */
  readonly reason: string | undefined;
  readonly inode: number;
  readonly byteLength: number;
  readonly memoryBytes: number;
  readonly uid: number;
  readonly owner: string;
  readonly mode: string;
  /** Since it was created; of what is not ready, since it was changed. */
  readonly ageMs: number;
  readonly creator: { readonly pid: number; readonly state: "alive" | "gone" | "unknown" } | undefined;
  readonly participants: readonly ObservedParticipant[];
  readonly alive: number;
  readonly dead: number;
  readonly slots: number;
  readonly objects: number;
}

const STATUS_OF_CODE: Readonly<Record<SegmentFormatCode, Status>> = {
  FOREIGN: "foreign",
  VERSION: "other version",
  TRUNCATED: "cut short",
  HEADER: "corrupt",
  CATALOG: "corrupt",
  OBJECT: "corrupt",
};

/** Whether a status is something wrong, rather than something else. */
export function isFault({ status }: Pick<ObservedSegment, "status">): boolean {
  return status === "corrupt" || status === "cut short";
}

/**
 * Observes a file of shared memory.
 *
 * @param name What to call it.
 * @param path Where it lies.
 * @param reach How it is reached.
 * @param openName What to open it by.
 * @returns Undefined if there is none.
 */
export function observeSegment(
  name: string,
  path: string,
  reach: ObservedSegment["reach"],
  openName: string = name,
): ObservedSegment | undefined {
  let file: Stats;
  try {
    // What a symbolic link leads to is not open under its name.
    file = reach === "named" ? lstatSync(path) : statSync(path);
  } catch {
    return undefined;
  }
  const { size: byteLength, blocks, uid, mode, mtimeMs: modifiedMs, ino: inode } = file;
  const nothing = emptySegment(name, reach, { byteLength, allocatedBytes: blocks * 512, uid, mode, modifiedMs, inode });
  const failed = (status: Status, reason: string) => ({ ...nothing, status, reason });
  if (!file.isFile()) return failed("foreign", `it is ${kindOfFile(mode)}`);
  try {
    using observer = SegmentObserver.open(openName);
    const participants = observer.participants().map(observeParticipant), { header } = observer;
    const { entries, error } = observer.objects();
    const alive = participants.filter(({ state }) => state !== "dead").length;
    return {
      ...nothing,
      status: error === undefined ? "ready" : "corrupt",
      reason: error?.message,
      ageMs: observer.ageNs / 1e6,
      creator: { pid: header.creatorPid, state: creatorState(observer) },
      participants,
      alive,
      dead: participants.length - alive,
      slots: header.participantSlots,
      objects: entries.length,
    };
  } catch (error) {
    if (!(error instanceof ShmkitError)) throw error;
    if (error instanceof SegmentFormatError) return failed(STATUS_OF_CODE[error.code], error.message);
    if (error instanceof SegmentStateError && error.code === "NOT_FOUND") return undefined;
    if (error.code === "ENOENT") return undefined;
    if (!(error instanceof SegmentStateError)) return failed("unreadable", error.message);
    if (error.code === "INITIALISING" && byteLength > 0) return failed("initialising", error.message);
    // A file of zeros may be any program's. One that an initialiser has begun shows that.
    return startsAsSegment(path, reach) ? failed("half-made", "its creator died while initialising it") : failed(
      "blank",
      "it holds nothing yet: a segment whose creator died or has just begun, or another program's memory",
    );
  }
}

/** A file whose name leads nowhere, as it is not UTF-8; undefined if it has gone. */
export function observeUnnamed(folder: string, entry: system.DirectoryEntry): ObservedSegment | undefined {
  try {
    const nothing = emptySegment(`/${entry.name}`, "named", system.entryStatus(folder, entry));
    return { ...nothing, status: "unreadable", reason: "its name is not UTF-8: nothing can open it by that name" };
  } catch (error) {
    if (error instanceof ShmkitError) return undefined;
    throw error;
  }
}

/** A file of which nothing but its status is known. */
function emptySegment(
  name: string,
  reach: ObservedSegment["reach"],
  { byteLength, allocatedBytes, uid, mode, modifiedMs, inode }: Omit<system.EntryStatus, "device" | "links">,
): Omit<ObservedSegment, "status" | "reason"> {
  return {
    name,
    reach,
    inode,
    byteLength,
    memoryBytes: allocatedBytes,
    uid,
    owner: userName(uid),
    mode: `0${(mode & 0o7777).toString(8).padStart(3, "0")}`,
    ageMs: Math.max(0, Date.now() - modifiedMs),
    creator: undefined,
    participants: [],
    alive: 0,
    dead: 0,
    slots: 0,
    objects: 0,
  };
}

/** Whether its creator's process is there. Ids of another pid namespace mean nothing in this one. */
function creatorState(observer: SegmentObserver): "alive" | "gone" | "unknown" {
  const { creatorPid, creatorStartTime, creatorBootId } = observer.header;
  const { bootId, pidNamespace } = processIdentity();
  if (/[^0]/.test(creatorBootId) && bootId.some((byte) => byte !== 0) && creatorBootId !== hexadecimal(bootId)) {
    return "gone";
  }
  if (creatorStartTime !== 0 && readProcess(creatorPid)?.startTime === creatorStartTime) return "alive";
  const namespaces = observer.namespaces();
  namespaces.delete(pidNamespace);
  return creatorStartTime === 0 || pidNamespace === 0 || namespaces.size > 0 ? "unknown" : "gone";
}

/** An attachment, with what `/proc` shows of its process. */
export function observeParticipant(holder: SlotHolder): ObservedParticipant {
  const { id, slot, pid, role, isAlive, startTime, attachedAt, pidNamespace } = holder;
  const process = pidNamespace === processIdentity().pidNamespace ? readProcess(pid) : undefined;
  const own = process?.startTime === startTime ? process : undefined;
  return {
    id,
    slot,
    pid,
    role,
    state: !isAlive ? "dead" : own?.isStopped === true ? "stopped" : "alive",
    runtime: own?.runtime,
    cpuMs: own?.cpuMs,
    attachedAt: Number.isNaN(attachedAt.getTime()) ? undefined : attachedAt.toISOString(),
  };
}

/** Whether a file begins as segments do. */
function startsAsSegment(path: string, reach: ObservedSegment["reach"]): boolean {
  let fd: number | undefined;
  try {
    const noFollow = reach === "named" ? constants.O_NOFOLLOW : 0;
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | noFollow);
    if (!fstatSync(fd).isFile()) return false;
    const bytes = new Uint8Array(8);
    readSync(fd, bytes, 0, bytes.length, 0);
    return new TextDecoder().decode(bytes) === "SHMKIT\r\n";
  } catch {
    return false;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}
