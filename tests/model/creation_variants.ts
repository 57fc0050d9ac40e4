/**
 * Variants of segments, their catalogs and their participants that are known to be wrong: see `variants.ts`.
 *
 * @module
 */
import type { Variant } from "./variants.ts";

function variant(title: string, file: string, scenario: string, ...texts: readonly (readonly string[])[]): Variant {
  const patches = texts.map(([name, from, to]) => ({ file: `lib/memory/${name}.ts`, from, to }));
  return { title, file, scenario, patches };
}

const ABANDONING = "Segment: one opens or creates a name, another removes it if it is abandoned";
const ABANDONED = "Segment: one removes an abandoned name and makes it again";
const TWO_REMOVE = "Segment: one opens or creates an abandoned name, two remove it";
const MAKING = "Segment: two open or create a name", SAME = "Catalog: two make an object of one name";
const SEVERAL = "Catalog: two make an object each", DIFFERING = "Catalog: two make different objects";
const JOINING = "Participants: two join and leave", HEIRS = "Participants: two take over";
const ONE_SLOT = "Participants: two want the one slot", ASKING = "Participants: one leaves, another takes its slot";

export const CREATION_VARIANTS: readonly Variant[] = [
  variant("ready before its header is written", "creation", MAKING, [
    "segment_file",
    "    writeHeader(record, geometry);\n",
    "    store(new Int32Array(mapping.buffer, 0, HEADER_BYTES / 4), STATE_WORD, STATE_READY);\n" +
    "    writeHeader(record, geometry);\n",
  ]),
  variant("does not look again under the initialiser's lock", "creation", MAKING, [
    "segment_file",
    "const isStillOurs = links > 0 && !isReady(readStart(name, fd));",
    "const isStillOurs = links > 0;",
  ]),
  variant("initialises without the lock", "creation", MAKING, [
    "segment_file",
    "if (tryLockByte(doing, fd, INITIALISER_LOCK_BYTE)) {",
    "if (fd >= 0) {",
  ]),
  variant("takes a header for foreign that another is writing", "creation", MAKING, [
    "header",
    "const again = lookAgain();",
    "const again = start;",
  ]),
  variant("believes a header that was read along with the state", "creation", ABANDONING, [
    "abandoned_segment",
    "isReady(start) ? lockSlots(name, fd) :",
    "isReady(start) ? lockSlots(name, fd, start) :",
  ], [
    "abandoned_segment",
    "function lockSlots(name: string, fd: number): boolean {",
    "function lockSlots(name: string, fd: number, start: DataView): boolean {",
  ], [
    "abandoned_segment",
    "readHeader(name, readStart(name, fd, ACTION), byteLength);",
    "readHeader(name, start, byteLength);",
  ]),
  variant("a segment whose name is being removed counts as full", "creation", ABANDONING, [
    "participants",
    "if (isByteLocked(fd, lockByte + JOINER_LOCK_OFFSET)) moving++;\n        else if",
    "if",
  ]),
  variant("removes an abandoned name without the initialiser's lock", "creation", ABANDONED, [
    "abandoned_segment",
    "participantSlots * SLOT_BYTES) &&\n    tryLockByte(doing, fd, INITIALISER_LOCK_BYTE);",
    "participantSlots * SLOT_BYTES);",
  ]),
  variant("removes a name that its file has lost", "creation", TWO_REMOVE, [
    "abandoned_segment",
    "return system.fileStatus(doing, fd).links > 0 && system.shmUnlink(doing, name);",
    "return system.shmUnlink(doing, name);",
  ]),
  variant("a segment that lost its name while it was joined is kept", "creation", ABANDONING, [
    "segment",
    "this.#file.mapping.fd).links > 0) return true;",
    "this.#file.mapping.fd).links >= 0) return true;",
  ]),
  variant("an entry counts before the object is made", "catalog", SEVERAL, [
    "catalog",
    "      init(added);\n",
    "      store(this.#count, 0, this.#entries.size + 1);\n      init(added);\n",
  ]),
  variant("on arm64, an entry is counted plainly", "catalog", SAME, [
    "catalog",
    "store(this.#count, 0, this.#entries.size + 1);",
    "this.#count[0] = this.#entries.size + 1;",
  ]),
  variant("an entry counts before it is written", "catalog", SEVERAL, [
    "catalog",
    "    const at = TABLE_BYTES + index * ENTRY_BYTES;\n    setU53(",
    "    store(this.#count, 0, index + 1);\n    const at = TABLE_BYTES + index * ENTRY_BYTES;\n    setU53(",
  ]),
  variant("does not look for the name again under the lock", "catalog", SAME, [
    "catalog",
    "      const existing = this.find(entry.name);\n      if (existing !== undefined) return { entry: existing, isNew: false };\n",
    "",
  ]),
  variant("adds without the lock", "catalog", SAME, [
    "catalog",
    "while (!tryLockByte(doing, this.#mapping.fd, lockByte)) {",
    "while (doing.action === lockByte as unknown) {",
  ]),
  variant("what a dead adder has written stays", "catalog", DIFFERING, [
    "catalog",
    "if (this.#record.getUint32(ADDING_OFFSET, true) > index) {",
    "if (index < 0) {",
  ]),
  variant("the epoch stays as it is", "participants", HEIRS, [
    "participants",
    "    store(this.#words, word, joins); // pairs: slot joins\n",
    "",
  ]),
  variant("does not look again under the joiner's lock", "participants", JOINING, [
    "participants",
    "      if (!isByteFree(fd, lockByte)) return false;\n      // All this",
    "      // All this",
  ]),
  variant("prepares a slot without the joiner's lock", "participants", JOINING, [
    "participants",
    "    if (!tryLockByte(doing, fd, joinerByte)) return false;\n    try {\n      if (!isByteFree(fd, lockByte)) return false;\n",
    "    try {\n",
  ]),
  variant("holds a slot before its epoch has moved on", "participants", ASKING, [
    "participants",
    "      if (!this.#takeEpoch(slot)) return false;\n      this.#write(slot, role);\n      if (!tryLockByte(doing, fd, lockByte)) return false;\n",
    "      if (!tryLockByte(doing, fd, lockByte)) return false;\n      this.#takeEpoch(slot);\n      this.#write(slot, role);\n",
  ]),
  variant("a slot that another is about to take counts as read-locked", "participants", ONE_SLOT, [
    "participants",
    "return isByteReadLocked(fd, lockByte) || isByteReadLocked(fd, lockByte + JOINER_LOCK_OFFSET);",
    "return !isByteLocked(fd, lockByte);",
  ]),
];
