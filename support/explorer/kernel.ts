/**
 * The kernel of the explored world, as far as segments need one: files with names, descriptors, and locks of bytes.
 *
 * @module
 */
import { EEXIST, ENOENT, O_CREAT } from "../../ffi/linux.ts";

/** How long a file may be. */
export const FILE_BYTES = 1280;
/** How many files may be made in a run; none is used twice. */
const FILES = 4;
const NAMES = 2;
/** Owners of descriptors: the process that prepares and checks, and the actors. */
const OWNERS = 5;
/** How many files an owner may have open. */
const OPEN_FILES = 4;
/** How many ranges of a file may be locked. */
const LOCKS = 8;

/** Descriptors begin behind those that every process has. */
const FIRST_FD = 3;

// Words: names, each with the number of its file, from 1; files; descriptors; locks.
const FIRST_FILE = NAMES;
const FILE_WORDS = 2 + LOCKS;
const LINKS = 0;
const LENGTH = 1;
const FIRST_LOCK = 2;
const FIRST_DESCRIPTION = FIRST_FILE + FILES * FILE_WORDS;
const WORDS = FIRST_DESCRIPTION + OWNERS * OPEN_FILES;

// An open file description: the number of its file, and what keeps it.
const FILE_MASK = 0xf;
const HAS_FD = 0x10;
const IS_MAPPED = 0x20;

// A locked range: its first byte, the byte behind its last, and the description that holds it, from 1.
const END_SHIFT = 11;
const HOLDER_SHIFT = 22;
const PLACE_MASK = 2 ** END_SHIFT - 1;

/** What the kernel needs of the world. */
export interface Machine {
  /** Takes a part of the memory. */
  allot(byteLength: number, name: string): number;
  /** What a word is, for all. */
  wordAt(word: number): number;
  /** Changes a word, for all. */
  setWordAt(word: number, value: number): void;
  /** Whether an owner is alive, which may die at this very moment. */
  livesOn(owner: number): boolean;
}

/**
 * Its tables lie in the world's memory, so they belong to its state. Each call takes effect at once; the caller makes a
 * step of it.
 *
 * A call is a fence, on arm64 too. There the architecture does not say so of a system call, but Linux's do what is
 * relied on: all calls that take, release or ask about a lock of a file take one spinlock of the file, so that what
 * comes before one of two such calls is seen after the other; and each read takes a reference to its page by an
 * exchange that is fully ordered. Not explored is what a process finds that makes no call, while stores from before and
 * after another one's call pass each other.
 */
export class Kernel {
  readonly #machine: Machine;
  /** The word where its tables begin; −1 if this run does without. */
  #at = -1;
  /** Where the first file's bytes begin. */
  #content = 0;
  /** Names in the order in which any run used them. */
  readonly #names = new Map<string, number>();

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  /** A run begins, which may do without. */
  reset(): void {
    this.#at = -1;
  }

  /** Whether this run uses it. */
  get isUsed(): boolean {
    return this.#at >= 0;
  }

  /** This run uses it: to be called before the actors begin, as it takes memory. */
  boot(): void {
    this.#at = this.#machine.allot(WORDS * 4, "kernel") / 4;
    this.#content = this.#machine.allot(FILE_BYTES, "file1");
    for (let i = 2; i <= FILES; i++) this.#machine.allot(FILE_BYTES, `file${i}`);
  }

  /** Opens or makes a file. Returns a descriptor, or the negated number of an error. */
  open(owner: number, name: string, flags: number): number {
    const place = this.#nameOf(name);
    let file = this.#get(place);
    if (file !== 0 && (flags & O_CREAT) !== 0) return -EEXIST;
    if (file === 0) {
      if ((flags & O_CREAT) === 0) return -ENOENT;
      file = this.#newFile();
      this.#set(place, file);
    }
    for (let i = 0; i < OPEN_FILES; i++) {
      const description = owner * OPEN_FILES + i;
      if (this.#get(FIRST_DESCRIPTION + description) !== 0) continue;
      this.#set(FIRST_DESCRIPTION + description, file | HAS_FD);
      return FIRST_FD + description;
    }
    throw new Error(`Cannot open more than ${OPEN_FILES} files at once in the explored world`);
  }

  /** The number of the file that has a name; 0 if there is none. */
  fileNamed(name: string): number {
    return this.#get(this.#nameOf(name));
  }

  /** Closes a descriptor. What is mapped keeps its locks. */
  close(fd: number): void {
    this.#drop(fd - FIRST_FD, HAS_FD);
  }

  /** Removes a name. Returns whether there was one. */
  unlink(name: string): boolean {
    const place = this.#nameOf(name), file = this.#get(place);
    if (file === 0) return false;
    this.#set(place, 0);
    this.#set(this.#fileWord(file, LINKS), LINKLESS);
    return true;
  }

  /** Sets a file's length. */
  truncate(fd: number, byteLength: number): void {
    if (byteLength > FILE_BYTES) throw new RangeError(`Cannot make a file longer than ${FILE_BYTES}: ${byteLength}`);
    const file = this.#fileOf(fd), first = this.contentOf(fd) / 4, old = this.#get(this.#fileWord(file, LENGTH));
    for (let i = byteLength / 4; i < old / 4; i++) this.#machine.setWordAt(first + i, 0);
    this.#set(this.#fileWord(file, LENGTH), byteLength);
  }

  /** What is known of a file. */
  status(fd: number): { inode: number; links: number; byteLength: number } {
    const inode = this.#fileOf(fd);
    const links = this.#get(this.#fileWord(inode, LINKS)) === LINKED ? 1 : 0;
    return { inode, links, byteLength: this.#get(this.#fileWord(inode, LENGTH)) };
  }

  /** Where a file's bytes begin in the world's memory. */
  contentOf(fd: number): number {
    return this.#content + (this.#fileOf(fd) - 1) * FILE_BYTES;
  }

  /** Maps a file. */
  map(fd: number): void {
    const at = FIRST_DESCRIPTION + fd - FIRST_FD;
    this.#set(at, this.#get(at) | IS_MAPPED);
  }

  /** Unmaps it. */
  unmap(fd: number): void {
    this.#drop(fd - FIRST_FD, IS_MAPPED);
  }

  /** Locks a range, if no other description holds a byte of it. */
  lock(fd: number, start: number, byteLength: number): boolean {
    const file = this.#fileOf(fd), end = start + byteLength, holder = fd - FIRST_FD;
    if (this.isLocked(fd, start, byteLength)) return false;
    this.#unlock(file, holder, start, end);
    for (let i = 0; i < LOCKS; i++) {
      const word = this.#fileWord(file, FIRST_LOCK + i);
      if (this.#get(word) !== 0) continue;
      this.#set(word, start | end << END_SHIFT | (holder + 1) << HOLDER_SHIFT);
      return true;
    }
    throw new Error(`Cannot lock more than ${LOCKS} ranges in the explored world`);
  }

  /** Gives back what the descriptor's description holds in a range. */
  unlock(fd: number, start: number, end: number): void {
    this.#unlock(this.#fileOf(fd), fd - FIRST_FD, start, end);
  }

  /** Whether another description holds a byte of a range. Its owner may die at this very moment. */
  isLocked(fd: number, start: number, byteLength: number): boolean {
    const file = this.#fileOf(fd), own = fd - FIRST_FD;
    for (let i = 0; i < LOCKS; i++) {
      const lock = this.#get(this.#fileWord(file, FIRST_LOCK + i));
      if (lock === 0) continue;
      const holder = (lock >>> HOLDER_SHIFT) - 1;
      if (holder === own || startOf(lock) >= start + byteLength || endOf(lock) <= start) continue;
      if (this.#machine.livesOn(Math.floor(holder / OPEN_FILES))) return true;
    }
    return false;
  }

  /** A process has ended: whatever it had open is closed, and its locks are gone. */
  exit(owner: number): void {
    if (!this.isUsed) return;
    for (let i = 0; i < OPEN_FILES; i++) this.#drop(owner * OPEN_FILES + i, HAS_FD | IS_MAPPED);
  }

  #drop(description: number, what: number): void {
    const word = FIRST_DESCRIPTION + description, old = this.#get(word), file = old & FILE_MASK;
    if (file === 0) return;
    const left = old & ~what;
    if (left !== file) return this.#set(word, left);
    this.#set(word, 0);
    this.#unlock(file, description, 0, FILE_BYTES);
  }

  #unlock(file: number, holder: number, start: number, end: number): void {
    for (let i = 0; i < LOCKS; i++) {
      const word = this.#fileWord(file, FIRST_LOCK + i), lock = this.#get(word);
      if (lock === 0 || (lock >>> HOLDER_SHIFT) - 1 !== holder) continue;
      if (startOf(lock) >= end || endOf(lock) <= start) continue;
      if (startOf(lock) < start || endOf(lock) > end) {
        throw new Error("Cannot unlock a part of a locked range in the explored world");
      }
      this.#set(word, 0);
    }
  }

  #newFile(): number {
    for (let file = 1; file <= FILES; file++) {
      const word = this.#fileWord(file, LINKS);
      if (this.#get(word) !== 0) continue;
      this.#set(word, LINKED);
      return file;
    }
    throw new Error(`Cannot make more than ${FILES} files in the explored world`);
  }

  #fileOf(fd: number): number {
    const description = this.#get(FIRST_DESCRIPTION + fd - FIRST_FD);
    if (!(description & HAS_FD)) throw new Error(`Cannot use descriptor ${fd} as it is not open`);
    return description & FILE_MASK;
  }

  #fileWord(file: number, field: number): number {
    return FIRST_FILE + (file - 1) * FILE_WORDS + field;
  }

  #nameOf(name: string): number {
    let place = this.#names.get(name);
    if (place === undefined) this.#names.set(name, place = this.#names.size);
    if (place >= NAMES) throw new Error(`Cannot use more than ${NAMES} names in the explored world`);
    return place;
  }

  #get(word: number): number {
    return this.#machine.wordAt(this.#at + word);
  }

  #set(word: number, value: number): void {
    this.#machine.setWordAt(this.#at + word, value);
  }
}

/** What `LINKS` says of a file: it has its name, or has lost it. 0 is no file. */
const LINKED = 1;
const LINKLESS = 2;

function startOf(lock: number): number {
  return lock & PLACE_MASK;
}

function endOf(lock: number): number {
  return lock >>> END_SHIFT & PLACE_MASK;
}
