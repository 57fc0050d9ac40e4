import { ESRCH } from "../../ffi/linux.ts";
import { libc } from "../../ffi/mod.ts";
import * as system from "../../ffi/system.ts";
import { load, store } from "../atomic/mod.ts";
import { SegmentStateError } from "../errors.ts";
import { getChars, getU53, setChars, setU53 } from "./bytes.ts";
import type { Geometry } from "./geometry.ts";
import type { Mapping } from "./mapping.ts";
import { closeLockedFile } from "./locked_file.ts";
import { isByteLocked, tryLockByte, unlockByte } from "./ofd_lock.ts";
import {
  ATTACHED_OFFSET,
  EPOCH_LIMIT,
  EPOCH_OFFSET,
  JOINER_LOCK_OFFSET,
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

/** One attachment to a segment, as the segment's table tells it. */
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
  /** What it calls itself. */
  readonly role: string;
}

/**
 * Who is attached to a segment. To be attached is to hold the lock of one's slot; the kernel drops it when the process
 * dies, so nobody needs a heartbeat and no reused pid can deceive.
 */
export class Participants implements Party {
  /** The kernel drops the lock of a dead one's slot. */
  readonly seesDeaths = true;
  readonly #name: string;
  readonly #mapping: Mapping;
  readonly #geometry: Geometry;
  readonly #record: DataView;
  readonly #words: Uint32Array;
  #slot = -1;
  #id = 0;

  constructor(name: string, mapping: Mapping, geometry: Geometry) {
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
   * Takes a slot.
   *
   * @throws {SegmentStateError} `FULL` if every slot is held by someone alive.
   */
  join(role: string): void {
    const { participantSlots } = this.#geometry;
    let gone = 0;
    for (let slot = 0; slot < participantSlots; slot++) {
      if (this.#tryTake(slot, role)) return;
      if (this.#isThreadGone(slot)) gone++;
    }
    const terminated = gone === 0
      ? ""
      : `, ${gone} of them by Workers that were terminated, whose slots are free once their process ends`;
    throw new SegmentStateError(
      "FULL",
      `Cannot attach to segment '${this.#name}' as at most ${participantSlots} may be attached at once${terminated}; create it with a larger maxParticipants`,
    );
  }

  /** Gives the slot back. Called before the mapping closes, which would drop the lock anyway. */
  leave(): void {
    if (this.#slot === -1) return;
    if (!this.#mapping.buffer.detached) this.#record.setUint32(this.#slot * SLOT_BYTES + PID_OFFSET, 0, true);
    unlockByte(this.#mapping.fd, this.#lockByte(this.#slot));
    this.#slot = -1;
  }

  /**
   * Whether the holder of an id is still attached: its slot is locked and was not taken anew. A Worker that was terminated
   * keeps its slot locked until its process ends; where its thread's id can be asked about, it counts as dead all the same.
   */
  isAlive(id: number): boolean {
    const slot = id & (SLOT_LIMIT - 1);
    if (slot >= this.#geometry.participantSlots) return false;
    const word = (slot * SLOT_BYTES + EPOCH_OFFSET) / 4, epoch = id >>> SLOT_BITS;
    if (load(this.#words, word) !== epoch) return false; // pairs with the store in #takeEpoch
    if (slot === this.#slot) return true;
    if (!this.#isHeld(slot)) return false;
    // Once more, now that the slot was seen held: the next holder moves the epoch on before it takes the slot.
    return load(this.#words, word) === epoch;
  }

  /** Whether the holder of an id, which lives, is an attachment of this very thread. */
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

  /** Everybody attached now, this attachment included; without Workers that are known to have been terminated. */
  list(): Participant[] {
    const alive: Participant[] = [];
    for (let slot = 0; slot < this.#geometry.participantSlots; slot++) {
      if (slot !== this.#slot && !this.#isHeld(slot)) continue;
      alive.push(this.#read(slot));
    }
    return alive;
  }

  /** Takes a slot that nobody holds. */
  #tryTake(slot: number, role: string): boolean {
    const doing = { action: "attach to segment", path: this.#name };
    const { fd } = this.#mapping, lockByte = this.#lockByte(slot), joinerByte = lockByte + JOINER_LOCK_OFFSET;
    if (isByteLocked(fd, lockByte) && !this.#isOwnThreadGone(slot)) return false;
    // Somebody else is about to take it.
    if (!tryLockByte(doing, fd, joinerByte)) return false;
    try {
      if (isByteLocked(fd, lockByte) && !(this.#isOwnThreadGone(slot) && closeLockedFile(fd, lockByte))) return false;
      // All this before the slot is held: a joiner that is stopped here must not make the last holder look alive.
      const id = (this.#takeEpoch(slot) << SLOT_BITS) | slot;
      this.#write(slot, role);
      if (!tryLockByte(doing, fd, lockByte)) return false;
      this.#slot = slot;
      this.#id = id;
      return true;
    } finally {
      unlockByte(fd, joinerByte);
    }
  }

  #lockByte(slot: number): number {
    return this.#geometry.participantsOffset + slot * SLOT_BYTES + SLOT_LOCK_OFFSET;
  }

  /** Whether somebody else holds a slot, as far as can be known. */
  #isHeld(slot: number): boolean {
    return isByteLocked(this.#mapping.fd, this.#lockByte(slot)) && !this.#isThreadGone(slot);
  }

  /** A new epoch makes every id that the slot's earlier holders left in lock words a dead one. */
  #takeEpoch(slot: number): number {
    const word = (slot * SLOT_BYTES + EPOCH_OFFSET) / 4;
    const next = (load(this.#words, word) + 1) % EPOCH_LIMIT;
    const epoch = next === 0 ? 1 : next;
    store(this.#words, word, epoch); // pairs with the load in isAlive
    return epoch;
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
    return libc().kill(tid, 0) === -1 && libc().errno() === ESRCH;
  }

  /** The same for a thread of this process, which can then free the slot. */
  #isOwnThreadGone(slot: number): boolean {
    const pid = this.#record.getUint32(slot * SLOT_BYTES + PID_OFFSET, true);
    return pid === processIdentity().pid && this.#isThreadGone(slot);
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
      id: (load(this.#words, (at + EPOCH_OFFSET) / 4) << SLOT_BITS) | slot,
      slot,
      pid: this.#record.getUint32(at + PID_OFFSET, true),
      tid: this.#record.getUint32(at + TID_OFFSET, true),
      startTime: getU53(this.#record, at + START_OFFSET),
      attachedAt: new Date(getU53(this.#record, at + ATTACHED_OFFSET)),
      role: getChars(this.#record, at + ROLE_OFFSET, ROLE_BYTES),
    };
  }
}
