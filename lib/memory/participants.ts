import { ESRCH } from "../../ffi/linux.ts";
import { libc } from "../../ffi/mod.ts";
import * as system from "../../ffi/system.ts";
import { load, sleep, store } from "../atomic/mod.ts";
import { SegmentStateError } from "../errors.ts";
import { isKnownAttachment } from "./attachments.ts";
import { getChars, getU53, setChars, setU53 } from "./bytes.ts";
import type { Header } from "./header.ts";
import type { Mapping } from "./mapping.ts";
import { closeLockedFile } from "./locked_file.ts";
import { isByteFree, isByteLocked, isByteReadLocked, READ_LOCKED, tryLockByte, unlockByte } from "./ofd_lock.ts";
import {
  ATTACHED_OFFSET,
  EPOCH_LIMIT,
  JOINER_LOCK_OFFSET,
  JOINS_OFFSET,
  NAMESPACE_OFFSET,
  PID_OFFSET,
  ROLE_BYTES,
  ROLE_OFFSET,
  SLOT_BITS,
  SLOT_BYTES,
  SLOT_LIMIT,
  SLOT_LOCK_OFFSET,
  START_OFFSET,
  TID_OFFSET,
} from "./participants_format.ts";
import type { Party } from "./party.ts";
import { processIdentity } from "./process_identity.ts";
import { staleEpochs } from "./stale_epochs.ts";

/** How long a process that joins waits at most for a slot that another is about to take, which may be stopped. */
const JOIN_TIMEOUT_MS = 1_000;

/** One attachment to a segment, from the segment's table. */
export interface Participant {
  /** The id that lock and role words hold. */
  readonly id: number;
  /** Index of the slot. */
  readonly slot: number;
  /** Process id, in the pid namespace of that process. */
  readonly pid: number;
  /** Thread id. */
  readonly tid: number;
  /** When its process started, in clock ticks since boot. */
  readonly startTime: number;
  /** When it attached. */
  readonly attachedAt: Date;
  /** Its role, of its own choice. */
  readonly role: string;
}

/** The last holder of a slot, alive or not. */
export interface SlotHolder extends Participant {
  /** Whether it is still attached. If not, it died, or its thread did, without closing the segment. */
  readonly isAlive: boolean;
  /** The pid namespace in which its ids mean something: the inode of its `/proc/self/ns/pid`; 0 if it did not know. */
  readonly pidNamespace: number;
}

/**
 * The attachments to a segment. An attachment holds the lock of its slot; the kernel drops it when the process dies, so
 * there is no heartbeat, and a reused pid cannot deceive.
 */
export class Participants implements Party {
  /** The kernel drops the lock of a dead holder's slot. */
  readonly seesDeaths = true;
  readonly #name: string;
  readonly #mapping: Mapping;
  readonly #geometry: Header;
  readonly #record: DataView;
  readonly #words: Uint32Array;
  readonly #objects: () => Int32Array;
  /** The slots that this attachment cannot have, as there are words with all their ids. */
  readonly #worn = new Set<number>();
  #slot = -1;
  #id = 0;

  /** @param objects All words of all objects, in which ids may lie. */
  constructor(name: string, mapping: Mapping, geometry: Header, objects: () => Int32Array) {
    this.#objects = objects;
    this.#name = name;
    this.#mapping = mapping;
    this.#geometry = geometry;
    const { participantsOffset, participantSlots } = geometry;
    this.#record = new DataView(mapping.buffer, participantsOffset, participantSlots * SLOT_BYTES);
    this.#words = new Uint32Array(mapping.buffer, participantsOffset, participantSlots * SLOT_BYTES / 4);
  }

  /** This attachment's id; 0 for one that only observes. */
  get id(): number {
    return this.#id;
  }

  /**
   * Takes a slot. Waits while another process is about to take one, has just released one, or removes the segment's
   * name, for which it holds all slots for a moment.
   *
   * @param timeoutMs How long to wait; a second at most.
   * @throws {SegmentStateError} `FULL` if live attachments hold every slot, `BUSY` if read locks keep the free ones
   * from being taken, or other processes have been about to take them all that time.
   */
  join(role: string, timeoutMs = JOIN_TIMEOUT_MS): void {
    const { participantSlots } = this.#geometry, start = performance.now();
    const limitMs = Math.min(timeoutMs, JOIN_TIMEOUT_MS);
    for (let slot = 0; slot < participantSlots; slot++) this.#freeIfOwnAndGone(slot);
    while (true) {
      let gone = 0, blocked = 0, moving = 0;
      for (let slot = 0; slot < participantSlots; slot++) {
        if (this.#tryTake(slot, role)) return;
        if (this.#worn.has(slot)) continue;
        const { fd } = this.#mapping, lockByte = this.#lockByte(slot);
        if (isByteLocked(fd, lockByte + JOINER_LOCK_OFFSET)) moving++;
        else if (isByteLocked(fd, lockByte)) gone += Number(this.#isThreadGone(slot));
        else if (this.#isBlocked(slot)) blocked++;
        else moving++;
      }
      const waitedMs = performance.now() - start;
      if (moving === 0 || waitedMs >= limitMs) throw this.#refusal(gone, blocked, moving, limitMs);
      sleep(1);
    }
  }

  #refusal(gone: number, blocked: number, moving: number, limitMs: number): SegmentStateError {
    const { participantSlots } = this.#geometry, doing = `attach to segment '${this.#name}'`;
    if (blocked > 0) {
      return new SegmentStateError(
        "BUSY",
        `Cannot ${doing} as none of its ${participantSlots} slots can be taken: ${blocked} are free, but ${READ_LOCKED}`,
      );
    }
    if (moving > 0) {
      return new SegmentStateError(
        "BUSY",
        `Cannot ${doing} as none of its ${participantSlots} slots could be taken within ${
          Math.round(limitMs)
        } ms: other processes, which may be stopped, are taking ${moving} of them or removing its name; try again`,
      );
    }
    const terminated = gone === 0
      ? ""
      : `, ${gone} of them by Workers that were terminated, whose slots are free once their process ends`;
    const worn = this.#worn.size === 0 ? "" : `; words of its objects hold all ids of ${this.#worn.size} free slots`;
    return new SegmentStateError(
      "FULL",
      `Cannot ${doing} as at most ${participantSlots} may be attached at once${terminated}${worn}; create it with a larger maxParticipants`,
    );
  }

  /** Releases the slot. Called before the mapping closes, which would drop the lock anyway. */
  leave(): void {
    if (this.#slot === -1) return;
    if (!this.#mapping.buffer.detached) this.#record.setUint32(this.#slot * SLOT_BYTES + PID_OFFSET, 0, true);
    unlockByte(this.#mapping.fd, this.#lockByte(this.#slot));
    this.#slot = -1;
  }

  /**
   * Whether the holder of an id is still attached: its slot is locked and was not taken anew. A Worker that was
   * terminated keeps its slot locked until its process ends; where its thread's id can be asked about, it counts as
   * dead all the same.
   */
  isAlive(id: number): boolean {
    const slot = id & (SLOT_LIMIT - 1);
    if (slot >= this.#geometry.participantSlots) return false;
    if (this.#idOf(slot) !== id) return false;
    if (slot === this.#slot) return true;
    if (!this.#isHeld(slot)) return false;
    // Once more, now that the slot was seen held: the next holder moves the epoch on before it takes the slot.
    return this.#idOf(slot) === id;
  }

  /** Whether the holder of an id, which is alive, is an attachment of this very thread. */
  isOfThisThread(id: number): boolean {
    const slot = id & (SLOT_LIMIT - 1), at = slot * SLOT_BYTES;
    if (slot >= this.#geometry.participantSlots) return false;
    const { pid, startTime, pidNamespace } = processIdentity();
    return this.#record.getUint32(at + PID_OFFSET, true) === pid &&
      this.#record.getUint32(at + TID_OFFSET, true) === libc().gettid() &&
      this.#record.getUint32(at + NAMESPACE_OFFSET, true) === pidNamespace &&
      getU53(this.#record, at + START_OFFSET) === startTime;
  }

  /** An id in words. */
  describe(id: number): string {
    const slot = id & (SLOT_LIMIT - 1);
    if (slot >= this.#geometry.participantSlots) return `participant ${id}`;
    const { pid, role } = this.#read(slot);
    return `process ${pid}${role === "" ? "" : ` (${role})`}`;
  }

  /** All living attachments, this one included; without Workers that are known to have been terminated. */
  list(): Participant[] {
    const alive: Participant[] = [];
    for (let slot = 0; slot < this.#geometry.participantSlots; slot++) {
      if (slot !== this.#slot && !this.#isHeld(slot)) continue;
      alive.push(this.#read(slot));
    }
    return alive;
  }

  /** All living attachments, and those that died attached and whose slot was not taken since. */
  holders(): SlotHolder[] {
    const found: SlotHolder[] = [];
    for (let slot = 0; slot < this.#geometry.participantSlots; slot++) {
      const holder = this.#read(slot);
      // The slot was never taken, or its last holder has left, and cleared its process id before it released the lock.
      if (holder.pid === 0) continue;
      const isAlive = slot === this.#slot || this.#isHeld(slot);
      const pidNamespace = this.#record.getUint32(slot * SLOT_BYTES + NAMESPACE_OFFSET, true);
      found.push({ ...holder, isAlive, pidNamespace });
    }
    return found;
  }

  /** The pid namespaces of the last holders of all slots, as far as they knew theirs. */
  namespaces(): Set<number> {
    const found = new Set<number>();
    for (let slot = 0; slot < this.#geometry.participantSlots; slot++) {
      found.add(this.#record.getUint32(slot * SLOT_BYTES + NAMESPACE_OFFSET, true));
    }
    found.delete(0);
    return found;
  }

  /** Takes a slot that is not held. */
  #tryTake(slot: number, role: string): boolean {
    const doing = { action: "attach to segment", path: this.#name };
    const { fd } = this.#mapping, lockByte = this.#lockByte(slot), joinerByte = lockByte + JOINER_LOCK_OFFSET;
    if (!isByteFree(fd, lockByte)) return false;
    // Another process is about to take it.
    if (!tryLockByte(doing, fd, joinerByte)) return false;
    try {
      if (!isByteFree(fd, lockByte)) return false;
      // All this before the slot is held: a joiner that is stopped here must not make the last holder look alive.
      if (!this.#takeEpoch(slot)) return false;
      this.#write(slot, role);
      if (!tryLockByte(doing, fd, lockByte)) return false;
      this.#slot = slot;
      this.#id = this.#idOf(slot);
      return true;
    } finally {
      unlockByte(fd, joinerByte);
    }
  }

  /** Whether a read lock keeps a slot from being taken. */
  #isBlocked(slot: number): boolean {
    const { fd } = this.#mapping, lockByte = this.#lockByte(slot);
    return isByteReadLocked(fd, lockByte) || isByteReadLocked(fd, lockByte + JOINER_LOCK_OFFSET);
  }

  /** Frees a slot that this process holds for a thread, or for globals, that are gone. No other process can. */
  #freeIfOwnAndGone(slot: number): void {
    if (!this.#isOwnAndGone(slot)) return;
    const { fd } = this.#mapping, lockByte = this.#lockByte(slot), joinerByte = lockByte + JOINER_LOCK_OFFSET;
    if (!tryLockByte({ action: "attach to segment", path: this.#name }, fd, joinerByte)) return;
    try {
      if (isByteLocked(fd, lockByte) && this.#isOwnAndGone(slot)) closeLockedFile(fd, lockByte);
    } finally {
      unlockByte(fd, joinerByte);
    }
  }

  #lockByte(slot: number): number {
    return this.#geometry.participantsOffset + slot * SLOT_BYTES + SLOT_LOCK_OFFSET;
  }

  /** Whether another attachment holds a slot, as far as can be known. */
  #isHeld(slot: number): boolean {
    return isByteLocked(this.#mapping.fd, this.#lockByte(slot)) && !this.#isThreadGone(slot) && !this.#isReloaded(slot);
  }

  /**
   * Begins a new epoch: every id that the slot's earlier holders left in lock words then counts as dead.
   *
   * @returns False if all epochs were used, and there is an id of each.
   */
  #takeEpoch(slot: number): boolean {
    const word = (slot * SLOT_BYTES + JOINS_OFFSET) / 4, last = load(this.#words, word); // pairs: slot joins
    let joins = joinsAfter(last);
    if (joins > EPOCH_LIMIT) {
      if (this.#worn.has(slot)) return false;
      const isStale = staleEpochs(this.#objects(), slot);
      for (let tried = 0; isStale(joins % EPOCH_LIMIT); tried++) {
        if (tried === EPOCH_LIMIT) {
          this.#worn.add(slot);
          return false;
        }
        joins = joinsAfter(joins);
      }
    }
    store(this.#words, word, joins); // pairs: slot joins
    return true;
  }

  /** The id of a slot's last holder. */
  #idOf(slot: number): number {
    const joins = load(this.#words, (slot * SLOT_BYTES + JOINS_OFFSET) / 4); // pairs: slot joins
    return ((joins % EPOCH_LIMIT) << SLOT_BITS) | slot;
  }

  /**
   * Whether a slot's thread, other than its process's first, has ended. Thread ids mean something only within a pid
   * namespace; one that the kernel has given to a new thread counts as alive.
   */
  #isThreadGone(slot: number): boolean {
    const at = slot * SLOT_BYTES, tid = this.#record.getUint32(at + TID_OFFSET, true);
    if (tid === 0 || tid === this.#record.getUint32(at + PID_OFFSET, true)) return false;
    const namespace = this.#record.getUint32(at + NAMESPACE_OFFSET, true);
    if (namespace === 0 || namespace !== processIdentity().pidNamespace) return false;
    return system.resultOf(() => libc().kill(tid, 0)) === -ESRCH;
  }

  /** Whether a slot is this thread's, and was taken with globals that a reload has replaced. */
  #isReloaded(slot: number): boolean {
    const at = slot * SLOT_BYTES, { pid, pidNamespace, startTime } = processIdentity();
    return pidNamespace !== 0 && this.#record.getUint32(at + NAMESPACE_OFFSET, true) === pidNamespace &&
      this.#record.getUint32(at + PID_OFFSET, true) === pid && getU53(this.#record, at + START_OFFSET) === startTime &&
      this.#record.getUint32(at + TID_OFFSET, true) === libc().gettid() &&
      !isKnownAttachment(this.#geometry.createdNs, this.#idOf(slot));
  }

  /** Whether this process holds a slot for a thread or globals that are gone, and so can free it. */
  #isOwnAndGone(slot: number): boolean {
    const pid = this.#record.getUint32(slot * SLOT_BYTES + PID_OFFSET, true);
    return pid === processIdentity().pid && (this.#isThreadGone(slot) || this.#isReloaded(slot));
  }

  #write(slot: number, role: string): void {
    const at = slot * SLOT_BYTES;
    const { pid, startTime, pidNamespace } = processIdentity();
    this.#record.setUint32(at + NAMESPACE_OFFSET, pidNamespace, true);
    this.#record.setUint32(at + PID_OFFSET, pid, true);
    this.#record.setUint32(at + TID_OFFSET, libc().gettid(), true);
    setU53(this.#record, at + START_OFFSET, startTime);
    setU53(this.#record, at + ATTACHED_OFFSET, system.realtimeMs());
    setChars(this.#record, at + ROLE_OFFSET, ROLE_BYTES, role);
  }

  #read(slot: number): Participant {
    const at = slot * SLOT_BYTES;
    return {
      id: this.#idOf(slot),
      slot,
      pid: this.#record.getUint32(at + PID_OFFSET, true),
      tid: this.#record.getUint32(at + TID_OFFSET, true),
      startTime: getU53(this.#record, at + START_OFFSET),
      attachedAt: new Date(getU53(this.#record, at + ATTACHED_OFFSET)),
      role: getChars(this.#record, at + ROLE_OFFSET, ROLE_BYTES),
    };
  }
}

/** The next count of joins: its epoch is not 0, and from 2^21 joins on the count stays at 2^21 or more. */
function joinsAfter(joins: number): number {
  const next = joins < 2 ** 32 - 1 ? joins + 1 : EPOCH_LIMIT;
  return next % EPOCH_LIMIT === 0 ? next + 1 : next;
}
