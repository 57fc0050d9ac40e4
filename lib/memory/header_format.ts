/*
 * The first bytes of every segment. Little-endian, as everything.
 *
 *     offset  bytes  field
 *          0      8  magic "SHMKIT\r\n"; its first byte is also the lock byte of the process that initialises it
 *          8      4  format version
 *         12      4  state: 0 nothing yet, 1 ready; stored last, once
 *         16      8  byte length of the whole file
 *         24      4  participant slots
 *         28      4  catalog entries
 *         32      8  offset of the participants
 *         40      8  offset of the catalog
 *         48      8  offset of the objects
 *         56      4  creator: process id
 *         60      4  creator: user id
 *         64      8  creator: process start time, clock ticks since boot
 *         72     16  creator: boot id
 *         88      8  created at: seconds on the monotonic clock
 *         96      8  created at: nanoseconds within the second
 *        104     24  zero
 */
export const MAGIC_OFFSET = 0;
export const VERSION_OFFSET = 8;
export const STATE_OFFSET = 12;
export const BYTE_LENGTH_OFFSET = 16;
export const PARTICIPANT_SLOTS_OFFSET = 24;
export const CATALOG_ENTRIES_OFFSET = 28;
export const PARTICIPANTS_OFFSET_OFFSET = 32;
export const CATALOG_OFFSET_OFFSET = 40;
export const OBJECTS_OFFSET_OFFSET = 48;
export const CREATOR_PID_OFFSET = 56;
export const CREATOR_UID_OFFSET = 60;
export const CREATOR_START_OFFSET = 64;
export const CREATOR_BOOT_OFFSET = 72;
export const CREATED_SECONDS_OFFSET = 88;
export const CREATED_NANOSECONDS_OFFSET = 96;
export const HEADER_BYTES = 128;

/** The line end shows a copy that went through a text conversion. */
export const MAGIC: readonly number[] = [0x4b4d4853, /* "SHMK" */ 0x0a0d5449 /* "IT\r\n" */];
export const MAGIC_BYTES = 8;
export const FORMAT_VERSION = 1;

export const STATE_WORD: number = STATE_OFFSET / 4;
export const STATE_READY = 1;

/** The byte of the file whose lock the initialiser holds. */
export const INITIALISER_LOCK_BYTE: number = MAGIC_OFFSET;
