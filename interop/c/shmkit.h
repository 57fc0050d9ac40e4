/*
 * shmkit.h: shmkit segments from C11 and C++17, on Linux x86-64 and arm64, with gcc or clang. One header, nothing but
 * libc. Include it before other headers, or define _GNU_SOURCE. docs/format.md is the specification that it follows,
 * docs/interop.md explains its use, with an example.
 *
 * Functions return, by default:
 *
 *     1   done, yes
 *     2   done, but the previous holder died while it held this (SHMKIT_OWNER_DIED)
 *     0   not now: empty, full, never written, no such object, or the time ran out
 *     < 0 an error, one of enum shmkit_error; shmkit_error_text(code) puts it into words
 *
 * Times are in milliseconds; a negative time means no limit. An attachment, and everything made from it, may be used by
 * one thread at a time, in one process: after a fork, the child opens the segment itself. It lasts until shmkit_close,
 * or until the process ends, however that happens: its slot, locks and roles are then free for others.
 */
#ifndef SHMKIT_H
#define SHMKIT_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__ || !defined(__LP64__)
#error "shmkit segments are for little-endian machines of 64 bits"
#endif

#if defined(__GLIBC__) && !defined(__USE_GNU)
#error "shmkit.h must come before other headers, or _GNU_SOURCE be defined"
#endif

/* ---------------------------------------------------------------- results */

#define SHMKIT_OWNER_DIED 2

enum shmkit_error {
  SHMKIT_SYSTEM = -1,       /* the kernel refused: see errno */
  SHMKIT_FOREIGN = -2,      /* the file is no segment, or of another version */
  SHMKIT_CORRUPT = -3,      /* a header, the catalog or an object contradicts itself or the file */
  SHMKIT_NOT_READY = -4,    /* the creator is still at work */
  SHMKIT_CREATOR_DIED = -5, /* the creator died before the segment was ready */
  SHMKIT_NOT_MINE = -6,     /* the segment is another user's; SHMKIT_ANY_OWNER trusts it */
  SHMKIT_FULL = -7,         /* all slots of participants are taken */
  SHMKIT_BUSY = -8,         /* slots are free, but a process keeps read locks on them, or is about to take them */
  SHMKIT_OTHER_KIND = -9,   /* the object is of another kind */
  SHMKIT_OTHER_SCHEMA = -10, /* the object's records have another layout */
  SHMKIT_READ_ONLY = -11,   /* attached for reading only */
  SHMKIT_TAKEN = -12,       /* a living attachment holds the role */
  SHMKIT_NOT_OWNER = -13,   /* this attachment does not hold the role or the lock */
  SHMKIT_ALREADY_OWNER = -14, /* this attachment holds the lock already, or is within the write */
  SHMKIT_BROKEN = -15,      /* an owner died, and the next one did not mark the mutex consistent */
  SHMKIT_DEAD_WRITER = -16, /* a writer died within a write, and none has written since */
  SHMKIT_LAPPED = -17,      /* the log of changes was overwritten meanwhile: read all rows */
  SHMKIT_RANGE = -18        /* no such row, reader or position, or too many records are claimed */
};

static inline const char *shmkit_error_text(int code) {
  switch (code) {
    case SHMKIT_SYSTEM: return "the kernel refused";
    case SHMKIT_FOREIGN: return "not a segment of this format";
    case SHMKIT_CORRUPT: return "the segment contradicts itself";
    case SHMKIT_NOT_READY: return "the creator is still initialising the segment";
    case SHMKIT_CREATOR_DIED: return "the creator died while it initialised the segment";
    case SHMKIT_NOT_MINE: return "the segment is another user's";
    case SHMKIT_FULL: return "as many are attached as may be";
    case SHMKIT_BUSY: return "other processes keep read locks on the free slots, or are about to take them";
    case SHMKIT_OTHER_KIND: return "the object is of another kind";
    case SHMKIT_OTHER_SCHEMA: return "the object's records are of another layout";
    case SHMKIT_READ_ONLY: return "attached for reading only";
    case SHMKIT_TAKEN: return "somebody alive holds the role";
    case SHMKIT_NOT_OWNER: return "this attachment does not hold it";
    case SHMKIT_ALREADY_OWNER: return "this attachment holds it already";
    case SHMKIT_BROKEN: return "an owner died, and nobody marked the mutex consistent";
    case SHMKIT_DEAD_WRITER: return "a writer died within a write";
    case SHMKIT_LAPPED: return "the log of changes was overwritten meanwhile";
    case SHMKIT_RANGE: return "no such row, reader or position";
    default: return code >= 0 ? "no error" : "unknown error";
  }
}

/* -------------------------------------------------- words, futex, fences */

/* Records are of the program's types, and are copied as words: the two may alias. */
typedef uint64_t __attribute__((may_alias)) shmkit_i_u64;
typedef uint32_t __attribute__((may_alias)) shmkit_i_u32;
typedef double __attribute__((may_alias)) shmkit_i_f64;

/* A load: acquire, and ordered after an atomic write that this thread made before it (Dekker's way). */
static inline uint32_t shmkit_i_load(const uint32_t *word) { return __atomic_load_n(word, __ATOMIC_SEQ_CST); }
static inline void shmkit_i_store(uint32_t *word, uint32_t value) { __atomic_store_n(word, value, __ATOMIC_SEQ_CST); }
static inline void shmkit_i_release(uint32_t *word, uint32_t value) { __atomic_store_n(word, value, __ATOMIC_RELEASE); }
static inline uint32_t shmkit_i_peek(const uint32_t *word) { return __atomic_load_n(word, __ATOMIC_RELAXED); }
static inline void shmkit_i_poke(uint32_t *word, uint32_t value) { __atomic_store_n(word, value, __ATOMIC_RELAXED); }
static inline int shmkit_i_change(uint32_t *word, uint32_t from, uint32_t to) {
  return __atomic_compare_exchange_n(word, &from, to, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

static inline void shmkit_i_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

/*
 * Copies out of memory that another process may be writing: the caller finds out afterwards, from the word that guards
 * it. The loads made here come before all accesses after the fence.
 */
static inline void shmkit_i_copy_out(void *into, const void *from, size_t bytes) {
  size_t i;
  if (((((uintptr_t)from) | bytes) & 7) == 0) {
    for (i = 0; i < bytes; i += 8) {
      uint64_t word = __atomic_load_n((const shmkit_i_u64 *)(const void *)((const char *)from + i), __ATOMIC_RELAXED);
      memcpy((char *)into + i, &word, 8);
    }
  } else if (((((uintptr_t)from) | bytes) & 3) == 0) {
    for (i = 0; i < bytes; i += 4) {
      uint32_t word = __atomic_load_n((const shmkit_i_u32 *)(const void *)((const char *)from + i), __ATOMIC_RELAXED);
      memcpy((char *)into + i, &word, 4);
    }
  } else {
    for (i = 0; i < bytes; i++) ((char *)into)[i] = __atomic_load_n((const char *)from + i, __ATOMIC_RELAXED);
  }
  __atomic_thread_fence(__ATOMIC_ACQUIRE);
}

/* Copies into memory that others may be reading. A reader that sees any of it sees all stores before the fence. */
static inline void shmkit_i_copy_in(void *into, const void *from, size_t bytes) {
  size_t i;
  __atomic_thread_fence(__ATOMIC_RELEASE);
  if (((((uintptr_t)into) | bytes) & 7) == 0) {
    for (i = 0; i < bytes; i += 8) {
      uint64_t word;
      memcpy(&word, (const char *)from + i, 8);
      __atomic_store_n((shmkit_i_u64 *)(void *)((char *)into + i), word, __ATOMIC_RELAXED);
    }
  } else if (((((uintptr_t)into) | bytes) & 3) == 0) {
    for (i = 0; i < bytes; i += 4) {
      uint32_t word;
      memcpy(&word, (const char *)from + i, 4);
      __atomic_store_n((shmkit_i_u32 *)(void *)((char *)into + i), word, __ATOMIC_RELAXED);
    }
  } else {
    for (i = 0; i < bytes; i++) __atomic_store_n((char *)into + i, ((const char *)from)[i], __ATOMIC_RELAXED);
  }
}

#define SHMKIT_I_FUTEX_WAKE 1
#define SHMKIT_I_FUTEX_WAIT_BITSET 9
#define SHMKIT_I_MEMBARRIER_GLOBAL_EXPEDITED 2
#define SHMKIT_I_MEMBARRIER_REGISTER_GLOBAL_EXPEDITED 4

/* Nanoseconds on the monotonic clock, on which the kernel's waits are too. */
static inline int64_t shmkit_i_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* When a wait ends that begins now; INT64_MAX for never. */
static inline int64_t shmkit_i_deadline(int64_t timeout_ms) {
  if (timeout_ms < 0 || timeout_ms > INT64_MAX / 4000000) return INT64_MAX;
  return shmkit_i_now() + timeout_ms * 1000000;
}

static inline void shmkit_i_sleep(int64_t nanoseconds) {
  struct timespec time;
  time.tv_sec = (time_t)(nanoseconds / 1000000000);
  time.tv_nsec = (long)(nanoseconds % 1000000000);
  nanosleep(&time, NULL);
}

/* Sleeps while the word is as expected. 0 if the deadline has passed; may end early. Never FUTEX_PRIVATE_FLAG. */
static inline int shmkit_i_futex_wait(uint32_t *word, uint32_t expected, int64_t deadline) {
  struct timespec time;
  time.tv_sec = (time_t)(deadline / 1000000000);
  time.tv_nsec = (long)(deadline % 1000000000);
  if (syscall(SYS_futex, word, SHMKIT_I_FUTEX_WAIT_BITSET, expected, deadline == INT64_MAX ? NULL : &time, NULL,
              0xffffffffu) == 0) {
    return 1;
  }
  return errno != ETIMEDOUT;
}

static inline long shmkit_i_futex_wake(uint32_t *word, int count) {
  return syscall(SYS_futex, word, SHMKIT_I_FUTEX_WAKE, count, NULL, NULL, 0);
}

/* Asks that sleepers fence this process. If they do, publishing needs no more than `release`. */
static inline int shmkit_i_is_fenced(void) {
  return syscall(SYS_membarrier, SHMKIT_I_MEMBARRIER_REGISTER_GLOBAL_EXPEDITED, 0, 0) == 0;
}

/* ------------------------------------------------------------ event count */

#define SHMKIT_I_ASLEEP 1u
#define SHMKIT_I_RECHECK_NS 50000000
#define SHMKIT_I_UNFENCED_RECHECK_NS 1000000
#define SHMKIT_I_LIFE_CHECK_NS 40000000
#define SHMKIT_I_LONGEST_DOZE_NS 2000000

/* Wakes all announced sleepers. */
static inline void shmkit_i_notify(uint32_t *event) {
  uint32_t word = shmkit_i_load(event);
  if ((word & SHMKIT_I_ASLEEP) == 0) return;
  while (!shmkit_i_change(event, word, (word + 2) & ~SHMKIT_I_ASLEEP)) word = shmkit_i_load(event);
  shmkit_i_futex_wake(event, INT_MAX);
}

/* Stores a word that others wait for, and wakes them. */
static inline void shmkit_i_publish(uint32_t *word, uint32_t value, uint32_t *event, int is_fenced) {
  shmkit_i_release(word, value);
  /* Dekker's way: the word is stored before the event count is loaded. Sleepers make the fence, or this thread. */
  if (is_fenced) __atomic_signal_fence(__ATOMIC_SEQ_CST);
  else __atomic_thread_fence(__ATOMIC_SEQ_CST);
  if ((shmkit_i_load(event) & SHMKIT_I_ASLEEP) != 0) shmkit_i_notify(event);
}

/*
 * Waits until a condition holds: polls for some microseconds, then sleeps.
 *
 * event_of  The event count that is notified of changes; which of several may depend on what was found last. NULL where
 *           this attachment may not write and so cannot announce itself: it then sleeps in short steps.
 */
static inline int shmkit_i_wait(int (*is_ready)(void *), uint32_t *(*event_of)(void *), void *self,
                                int64_t timeout_ms) {
  int i, j;
  int64_t deadline, doze = 50000;
  if (is_ready(self)) return 1;
  if (timeout_ms == 0) return 0;
  deadline = shmkit_i_deadline(timeout_ms);
  for (i = 0; i < 64; i++) {
    shmkit_i_pause();
    if (is_ready(self)) return 1;
  }
  for (i = 0; i < 6; i++) {
    for (j = 0; j < 1 << i; j++) shmkit_i_pause();
    if (is_ready(self)) return 1;
  }
  for (;;) {
    uint32_t *event = event_of(self);
    int64_t now, until;
    if (event == NULL) {
      shmkit_i_sleep(doze);
      if (doze < SHMKIT_I_LONGEST_DOZE_NS) doze *= 2;
      if (is_ready(self)) return 1;
      if (shmkit_i_now() >= deadline) return 0;
    } else {
      uint32_t seen = __atomic_fetch_or(event, SHMKIT_I_ASLEEP, __ATOMIC_SEQ_CST) | SHMKIT_I_ASLEEP;
      int fenced = syscall(SYS_membarrier, SHMKIT_I_MEMBARRIER_GLOBAL_EXPEDITED, 0, 0) == 0;
      if (is_ready(self)) return 1;
      if (event_of(self) != event) continue; /* what is waited for has changed */
      now = shmkit_i_now();
      if (now >= deadline) return 0;
      /* The process that changed the condition may have died before it woke the sleepers. */
      until = now + (fenced ? SHMKIT_I_RECHECK_NS : SHMKIT_I_UNFENCED_RECHECK_NS);
      shmkit_i_futex_wait(event, seen, until < deadline ? until : deadline);
      if (is_ready(self)) return 1; /* before it is announced anew, which is a system call */
    }
  }
}

/* ----------------------------------------------------------- the segment */

#define SHMKIT_FORMAT_VERSION 1u
#define SHMKIT_I_HEADER_BYTES 128
#define SHMKIT_I_SLOT_BYTES 64
#define SHMKIT_I_TABLE_BYTES 64
#define SHMKIT_I_ENTRY_BYTES 128
#define SHMKIT_I_SLOT_BITS 10
#define SHMKIT_I_SLOT_LIMIT 1024u
#define SHMKIT_I_EPOCH_LIMIT 2097152u
#define SHMKIT_I_ENTRY_LIMIT 65536u
#define SHMKIT_I_SCHEMA_LIMIT 65536u

/* Flags of shmkit_open. */
#define SHMKIT_READ_ONLY_ATTACHMENT 1 /* maps for reading only, and takes no slot */
#define SHMKIT_ANY_OWNER 2            /* trusts segments of other users */

/* An attachment. Its fields are for reading. */
typedef struct shmkit_segment {
  uint8_t *memory;
  uint64_t byte_length;
  int fd;
  int read_only;
  uint32_t slots;
  uint32_t entries;
  uint64_t participants; /* offsets */
  uint64_t catalog;
  uint64_t objects;
  uint64_t created_ns; /* on the monotonic clock */
  uint32_t slot;
  uint32_t id; /* as lock and role words hold it; 0 if read_only */
} shmkit_segment;

/* An object of a segment, as its catalog describes it. */
typedef struct shmkit_object {
  shmkit_segment *segment;
  uint8_t *memory;
  uint64_t byte_length;
  char kind[33];
  char name[65];
  const char *schema; /* not terminated */
  uint32_t schema_length;
} shmkit_object;

#ifndef F_OFD_GETLK
#define F_OFD_GETLK 36
#define F_OFD_SETLK 37
#endif

static inline int shmkit_i_flock(int fd, int command, int type, uint64_t at, uint64_t bytes, int *found) {
  struct flock lock;
  memset(&lock, 0, sizeof lock);
  lock.l_type = (short)type;
  lock.l_whence = SEEK_SET;
  lock.l_start = (off_t)at;
  lock.l_len = (off_t)bytes;
  if (fcntl(fd, command, &lock) != 0) return 0;
  if (found != NULL) *found = lock.l_type;
  return 1;
}

/* Takes the kernel's write lock on one byte, if no other process has a lock on it. */
static inline int shmkit_i_lock_byte(int fd, uint64_t at) {
  return shmkit_i_flock(fd, F_OFD_SETLK, F_WRLCK, at, 1, NULL);
}

static inline void shmkit_i_unlock_bytes(int fd, uint64_t at, uint64_t bytes) {
  shmkit_i_flock(fd, F_OFD_SETLK, F_UNLCK, at, bytes, NULL);
}

/* Whether another open file holds the write lock of a byte; read locks mean nothing. Yes if the kernel refuses. */
static inline int shmkit_i_is_locked(int fd, uint64_t at) {
  int found = F_WRLCK;
  shmkit_i_flock(fd, F_OFD_GETLK, F_RDLCK, at, 1, &found);
  return found != F_UNLCK;
}

/* Whether the write lock of a byte could be taken. */
static inline int shmkit_i_is_free(int fd, uint64_t at) {
  int found = F_WRLCK;
  shmkit_i_flock(fd, F_OFD_GETLK, F_WRLCK, at, 1, &found);
  return found == F_UNLCK;
}

static inline uint32_t shmkit_i_u32_at(const uint8_t *at) {
  uint32_t value;
  memcpy(&value, at, 4);
  return value;
}

static inline uint64_t shmkit_i_u64_at(const uint8_t *at) {
  uint64_t value;
  memcpy(&value, at, 8);
  return value;
}

static inline uint32_t *shmkit_i_word(const uint8_t *memory, uint64_t offset) {
  return (uint32_t *)(void *)(uintptr_t)(memory + offset);
}

static inline uint64_t shmkit_i_align(uint64_t value, uint64_t alignment) {
  return (value + alignment - 1) / alignment * alignment;
}

/* The inode of this process's pid namespace; 0 where /proc is not mounted. */
static inline uint32_t shmkit_i_pid_namespace(void) {
  struct stat status;
  return stat("/proc/self/ns/pid", &status) == 0 ? (uint32_t)status.st_ino : 0;
}

/* When this process started, in clock ticks since boot: field 22 of proc(5)'s stat; 0 where /proc is not mounted. */
static inline uint64_t shmkit_i_start_time(void) {
  char text[1024], *at;
  ssize_t length;
  int field, fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  length = read(fd, text, sizeof text - 1);
  close(fd);
  if (length <= 0) return 0;
  text[length] = 0;
  at = strrchr(text, ')'); /* the program's name may hold spaces and brackets */
  for (field = 2; at != NULL && field < 22; field++) {
    at = strchr(at, ' ');
    if (at != NULL) at++;
  }
  return at == NULL ? 0 : strtoull(at, NULL, 10);
}

static inline uint64_t shmkit_i_slot_at(const shmkit_segment *s, uint32_t slot) {
  return s->participants + (uint64_t)slot * SHMKIT_I_SLOT_BYTES;
}

/* The id of a slot's last holder. */
static inline uint32_t shmkit_i_id_of(const shmkit_segment *s, uint32_t slot) {
  uint32_t joins = shmkit_i_load(shmkit_i_word(s->memory, shmkit_i_slot_at(s, slot))); /* pairs: slot joins */
  return ((joins % SHMKIT_I_EPOCH_LIMIT) << SHMKIT_I_SLOT_BITS) | slot;
}

/* Whether a slot's thread, other than its process's first, has ended. Thread ids mean something in a namespace only. */
static inline int shmkit_i_is_thread_gone(const shmkit_segment *s, uint32_t slot) {
  const uint8_t *at = s->memory + shmkit_i_slot_at(s, slot);
  uint32_t pid = shmkit_i_u32_at(at + 4), tid = shmkit_i_u32_at(at + 8), names = shmkit_i_u32_at(at + 12);
  if (tid == 0 || tid == pid || names == 0 || names != shmkit_i_pid_namespace()) return 0;
  return kill((pid_t)tid, 0) != 0 && errno == ESRCH;
}

/* Whether the holder of an id is still attached: its slot is locked and was not taken anew. Asks the kernel. */
static inline int shmkit_is_alive(const shmkit_segment *s, uint32_t id) {
  uint32_t slot = id & (SHMKIT_I_SLOT_LIMIT - 1);
  if (slot >= s->slots || shmkit_i_id_of(s, slot) != id) return 0;
  if (!s->read_only && slot == s->slot) return 1; /* the kernel does not report a process's own locks to it */
  if (!shmkit_i_is_locked(s->fd, shmkit_i_slot_at(s, slot)) || shmkit_i_is_thread_gone(s, slot)) return 0;
  /* Once more, now that the slot was seen held: the next holder moves the epoch on before it takes the slot. */
  return shmkit_i_id_of(s, slot) == id;
}

static inline int shmkit_i_joins_after(uint32_t joins, uint32_t *next) {
  *next = joins < UINT32_MAX ? joins + 1 : SHMKIT_I_EPOCH_LIMIT;
  if (*next % SHMKIT_I_EPOCH_LIMIT == 0) ++*next;
  return *next > SHMKIT_I_EPOCH_LIMIT;
}

static inline int shmkit_i_objects_end(const shmkit_segment *s, uint64_t *end);

/* Moves a slot's epoch on, to one of which there is no id in any object. Makes all ids of earlier holders dead ones. */
static inline int shmkit_i_take_epoch(const shmkit_segment *s, uint32_t slot) {
  uint32_t *word = shmkit_i_word(s->memory, shmkit_i_slot_at(s, slot)), joins, tried = 0;
  if (shmkit_i_joins_after(shmkit_i_load(word), &joins)) {
    uint64_t at, end;
    int code = shmkit_i_objects_end(s, &end);
    uint8_t *stale = code < 0 ? NULL : (uint8_t *)calloc(SHMKIT_I_EPOCH_LIMIT / 8, 1);
    if (code < 0) return code;
    if (stale == NULL) return SHMKIT_SYSTEM;
    for (at = s->objects; at + 4 <= end; at += 4) {
      uint32_t value = shmkit_i_peek(shmkit_i_word(s->memory, at)), epoch;
      if ((value & (SHMKIT_I_SLOT_LIMIT - 1)) != slot) continue;
      epoch = (value >> SHMKIT_I_SLOT_BITS) & (SHMKIT_I_EPOCH_LIMIT - 1);
      stale[epoch >> 3] = (uint8_t)(stale[epoch >> 3] | 1u << (epoch & 7));
    }
    while (tried < SHMKIT_I_EPOCH_LIMIT) {
      uint32_t epoch = joins % SHMKIT_I_EPOCH_LIMIT;
      if ((stale[epoch >> 3] & 1u << (epoch & 7)) == 0) break;
      shmkit_i_joins_after(joins, &joins);
      tried++;
    }
    free(stale);
    if (tried == SHMKIT_I_EPOCH_LIMIT) return 0;
  }
  shmkit_i_store(word, joins); /* pairs: slot joins */
  return 1;
}

static inline void shmkit_i_write_slot(const shmkit_segment *s, uint32_t slot, const char *role) {
  uint8_t *at = s->memory + shmkit_i_slot_at(s, slot);
  uint32_t pid = (uint32_t)getpid(), tid = 0 /* lasts as long as the process */, names = shmkit_i_pid_namespace();
  uint64_t start = shmkit_i_start_time(), attached;
  size_t length = role == NULL ? 0 : strlen(role);
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  attached = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
  if (length > 32) {
    length = 32;
    while (length > 0 && ((uint8_t)role[length] & 0xc0) == 0x80) length--; /* cut at a character */
  }
  memcpy(at + 12, &names, 4);
  memcpy(at + 4, &pid, 4);
  memcpy(at + 8, &tid, 4);
  memcpy(at + 16, &start, 8);
  memcpy(at + 24, &attached, 8);
  memset(at + 32, 0, 32);
  if (length > 0) memcpy(at + 32, role, length);
}

/* Takes the lowest free slot; `moving`: how many others are about to take, or have just given up. */
static inline int shmkit_i_take_slot(shmkit_segment *s, const char *role, uint32_t *moving) {
  uint32_t slot, blocked = 0;
  for (slot = 0; slot < s->slots; slot++) {
    uint64_t at = shmkit_i_slot_at(s, slot), joiner = at + 1;
    int taken = 0;
    if (shmkit_i_is_free(s->fd, at) && shmkit_i_lock_byte(s->fd, joiner)) {
      /* All this before the slot is held: a joiner that is stopped here must not make the last holder look alive. */
      if (shmkit_i_is_free(s->fd, at)) taken = shmkit_i_take_epoch(s, slot);
      if (taken == 1) {
        shmkit_i_write_slot(s, slot, role);
        taken = shmkit_i_lock_byte(s->fd, at);
      }
      shmkit_i_unlock_bytes(s->fd, joiner, 1);
    }
    if (taken < 0) return taken;
    if (taken == 1) {
      s->slot = slot;
      s->id = shmkit_i_id_of(s, slot);
      return 1;
    }
    if (shmkit_i_is_locked(s->fd, joiner)) ++*moving;
    else if (shmkit_i_is_locked(s->fd, at)) continue;
    else if (!shmkit_i_is_free(s->fd, at) || !shmkit_i_is_free(s->fd, joiner)) blocked++; /* by a read lock */
    else ++*moving;
  }
  return blocked > 0 || *moving > 0 ? SHMKIT_BUSY : SHMKIT_FULL;
}

/* Becomes a participant. Waits a second at most for slots that other processes are about to take. */
static inline int shmkit_i_join(shmkit_segment *s, const char *role) {
  int64_t deadline = shmkit_i_deadline(1000);
  for (;;) {
    uint32_t moving = 0;
    int code = shmkit_i_take_slot(s, role, &moving);
    if (code != SHMKIT_BUSY || moving == 0 || shmkit_i_now() >= deadline) return code;
    shmkit_i_sleep(1000000);
  }
}

/* Whether a file that is not ready is one that a creator has begun: its first words are right or not there yet. */
static inline int shmkit_i_is_begun(const uint8_t *start, ssize_t bytes) {
  static const uint8_t expected[12] = {'S', 'H', 'M', 'K', 'I', 'T', '\r', '\n', 1, 0, 0, 0};
  ssize_t i;
  int word, is_blank = 1;
  if (bytes > 0 && bytes < SHMKIT_I_HEADER_BYTES) return 0;
  for (i = 0; i < bytes; i++) is_blank = is_blank && start[i] == 0;
  if (is_blank) return 1;
  for (word = 0; word < 3; word++) {
    if (shmkit_i_u32_at(start + 4 * word) != 0 && memcmp(start + 4 * word, expected + 4 * word, 4) != 0) return 0;
  }
  return shmkit_i_u32_at(start) != 0;
}

static inline int shmkit_i_is_ready(const uint8_t *start, ssize_t bytes) {
  return bytes >= SHMKIT_I_HEADER_BYTES && shmkit_i_u32_at(start + 12) == 1;
}

/* Waits until the file is ready. 0 if it lost its name meanwhile: another one may have it by now. */
static inline int shmkit_i_await_ready(int fd, int has_name, int64_t deadline) {
  uint8_t start[SHMKIT_I_HEADER_BYTES];
  int was_locked = 0;
  for (;;) {
    struct stat status;
    ssize_t bytes;
    int is_locked;
    if (fstat(fd, &status) != 0) return SHMKIT_SYSTEM;
    /* The order of these reads matters. A file has a length only once it was locked: a free lock was then released. */
    was_locked = was_locked || status.st_size > 0;
    is_locked = shmkit_i_is_locked(fd, 0);
    /* And its holder had finished before, or had failed and removed the name, or died. */
    bytes = pread(fd, start, sizeof start, 0);
    if (bytes < 0) return SHMKIT_SYSTEM;
    if (shmkit_i_is_ready(start, bytes)) return 1;
    if (!shmkit_i_is_begun(start, bytes)) {
      /* A read while the creator writes may miss the magic, which goes first: once more, then. */
      bytes = pread(fd, start, sizeof start, 0);
      if (bytes < 0) return SHMKIT_SYSTEM;
      if (!shmkit_i_is_begun(start, bytes)) return SHMKIT_FOREIGN;
    }
    if (has_name && fstat(fd, &status) == 0 && status.st_nlink == 0) return 0;
    if (was_locked && !is_locked) return SHMKIT_CREATOR_DIED;
    if (shmkit_i_now() >= deadline) return SHMKIT_NOT_READY;
    was_locked = was_locked || is_locked;
    shmkit_i_sleep(1000000);
  }
}

/* Checks a header and takes what it says. */
static inline int shmkit_i_read_header(shmkit_segment *s, uint64_t file_bytes) {
  uint8_t h[SHMKIT_I_HEADER_BYTES];
  uint64_t nanoseconds;
  if (pread(s->fd, h, sizeof h, 0) != (ssize_t)sizeof h) return SHMKIT_FOREIGN;
  if (memcmp(h, "SHMKIT\r\n", 8) != 0 || shmkit_i_u32_at(h + 8) != SHMKIT_FORMAT_VERSION) return SHMKIT_FOREIGN;
  s->byte_length = shmkit_i_u64_at(h + 16);
  s->slots = shmkit_i_u32_at(h + 24);
  s->entries = shmkit_i_u32_at(h + 28);
  s->participants = shmkit_i_u64_at(h + 32);
  s->catalog = shmkit_i_u64_at(h + 40);
  s->objects = shmkit_i_u64_at(h + 48);
  nanoseconds = shmkit_i_u64_at(h + 96);
  s->created_ns = shmkit_i_u64_at(h + 88) * 1000000000u + nanoseconds;
  if (s->byte_length != file_bytes || s->byte_length > UINT64_C(4294967296)) return SHMKIT_CORRUPT;
  if (s->slots < 1 || s->slots > SHMKIT_I_SLOT_LIMIT || s->entries < 1 || s->entries > SHMKIT_I_ENTRY_LIMIT) {
    return SHMKIT_CORRUPT;
  }
  /* Everything follows from three numbers. */
  if (s->participants != SHMKIT_I_HEADER_BYTES ||
      s->catalog != s->participants + (uint64_t)s->slots * SHMKIT_I_SLOT_BYTES ||
      s->objects != shmkit_i_align(s->catalog + SHMKIT_I_TABLE_BYTES + (uint64_t)s->entries * SHMKIT_I_ENTRY_BYTES, 128) ||
      s->objects >= s->byte_length || nanoseconds >= 1000000000u) {
    return SHMKIT_CORRUPT;
  }
  return 1;
}

/* Whether a name is an anonymous segment's: "/proc/4711/fd/19", with a stamp or without. */
static inline int shmkit_i_is_anonymous(const char *name) {
  static const char digits[] = "0123456789";
  size_t length;
  if (strncmp(name, "/proc/", 6) != 0) return 0;
  name += 6;
  length = strncmp(name, "self/", 5) == 0 ? 4 : strspn(name, digits);
  name += length;
  if (length == 0 || strncmp(name, "/fd/", 4) != 0) return 0;
  name += 4;
  length = strspn(name, digits);
  return length > 0 && (name[length] == 0 || name[length] == '#');
}

/*
 * Opens the file of a name: "/md", or "/proc/4711/fd/19#k3…" of an anonymous segment. A symbolic link is followed only
 * there, where the kernel's own leads to the descriptor.
 */
static inline int shmkit_i_open_file(const char *name, int flags) {
  char path[4096];
  const char *stamp = strchr(name, '#');
  size_t length = strlen(name);
  if (shmkit_i_is_anonymous(name)) {
    if (stamp != NULL) length = (size_t)(stamp - name);
    if (length >= sizeof path) return errno = ENAMETOOLONG, -1;
    memcpy(path, name, length);
    path[length] = 0;
  } else {
    if (name[0] != '/' || length < 2 || length > 255 || strchr(name + 1, '/') != NULL || strcmp(name, "/.") == 0 ||
        strcmp(name, "/..") == 0) {
      return errno = EINVAL, -1;
    }
    snprintf(path, sizeof path, "/dev/shm%s", name);
    flags |= O_NOFOLLOW;
  }
  /* O_NONBLOCK: a FIFO of that name must not make us wait for its other end. */
  return open(path, flags | O_NONBLOCK | O_CLOEXEC);
}

/* Whether a file could not be opened as it is a symbolic link, a directory or a socket. */
static inline int shmkit_i_is_no_file(int error) { return error == ELOOP || error == EISDIR || error == ENXIO; }

/* Whether an anonymous segment is the one that its name means: processes and descriptors get numbers anew. */
static inline int shmkit_i_is_stamped(const shmkit_segment *s, const char *name) {
  const char *stamp = shmkit_i_is_anonymous(name) ? strchr(name, '#') : NULL;
  /* As doubles, which the stamp was written from. */
  return stamp == NULL || (double)strtoull(stamp + 1, NULL, 36) == (double)s->created_ns;
}

static inline void shmkit_close(shmkit_segment *s) {
  if (s->memory != NULL) {
    if (s->id != 0) {
      uint32_t nobody = 0;
      memcpy(s->memory + shmkit_i_slot_at(s, s->slot) + 4, &nobody, 4);
    }
    munmap(s->memory, (size_t)s->byte_length);
  }
  if (s->fd >= 0) {
    shmkit_i_unlock_bytes(s->fd, 0, 0);
    close(s->fd);
  }
  memset(s, 0, sizeof *s);
  s->fd = -1;
}

/*
 * Attaches to a segment, and becomes one of its participants unless it only reads.
 *
 * role        The name that this attachment gives itself, up to 32 bytes; NULL for none.
 * timeout_ms  How long to wait until the segment exists and is ready.
 */
static inline int shmkit_open(shmkit_segment *s, const char *name, const char *role, int flags, int64_t timeout_ms) {
  int64_t deadline = shmkit_i_deadline(timeout_ms);
  int code = 0, error;
  memset(s, 0, sizeof *s);
  s->read_only = (flags & SHMKIT_READ_ONLY_ATTACHMENT) != 0;
  do {
    struct stat status;
    while ((s->fd = shmkit_i_open_file(name, s->read_only ? O_RDONLY : O_RDWR)) < 0) {
      if (shmkit_i_is_no_file(errno)) return SHMKIT_FOREIGN;
      if (errno != ENOENT || shmkit_i_now() >= deadline) return SHMKIT_SYSTEM;
      shmkit_i_sleep(1000000);
    }
    if (fstat(s->fd, &status) != 0) code = SHMKIT_SYSTEM;
    else if (!S_ISREG(status.st_mode)) code = SHMKIT_FOREIGN;
    else if (status.st_uid != geteuid() && status.st_uid != 0 && (flags & SHMKIT_ANY_OWNER) == 0) code = SHMKIT_NOT_MINE;
    else code = shmkit_i_await_ready(s->fd, !shmkit_i_is_anonymous(name), deadline);
    if (code == 1) {
      void *memory = MAP_FAILED;
      if (fstat(s->fd, &status) != 0) code = SHMKIT_SYSTEM;
      else code = shmkit_i_read_header(s, (uint64_t)status.st_size);
      if (code == 1 && !shmkit_i_is_stamped(s, name)) errno = ENOENT, code = SHMKIT_SYSTEM;
      if (code == 1) {
        memory = mmap(NULL, (size_t)s->byte_length, s->read_only ? PROT_READ : PROT_READ | PROT_WRITE, MAP_SHARED, s->fd, 0);
        if (memory == MAP_FAILED) code = SHMKIT_SYSTEM;
      }
      if (code == 1) {
        s->memory = (uint8_t *)memory;
        shmkit_i_load(shmkit_i_word(s->memory, 12)); /* pairs: segment state */
        if (!s->read_only) code = shmkit_i_join(s, role);
        /* If it lost its name before it was joined, whoever opens that name gets another one. */
        if (code == 1 && !shmkit_i_is_anonymous(name) && fstat(s->fd, &status) == 0 && status.st_nlink == 0) code = 0;
      }
    }
    if (code == 1) return 1;
    error = errno;
    shmkit_close(s);
    errno = error;
    s->read_only = (flags & SHMKIT_READ_ONLY_ATTACHMENT) != 0;
  } while (code == 0);
  return code;
}

/* Nanoseconds since the segment was created: one clock for all its processes, the library's segment.now(). */
static inline int64_t shmkit_segment_now(const shmkit_segment *s) { return shmkit_i_now() - (int64_t)s->created_ns; }

/* ------------------------------------------------------------ the catalog */

/*
 * Reads an entry of the catalog. Each follows the one before it, so all are read in order.
 *
 * end  In: where the object before it ends. Out: where this one does.
 */
static inline int shmkit_i_read_entry(shmkit_segment *s, uint32_t index, uint64_t *end, shmkit_object *object) {
  const uint8_t *entry = s->memory + s->catalog + SHMKIT_I_TABLE_BYTES + (uint64_t)index * SHMKIT_I_ENTRY_BYTES;
  uint64_t at = shmkit_i_u64_at(entry), bytes = shmkit_i_u64_at(entry + 8), schema = shmkit_i_u64_at(entry + 16);
  uint32_t length = shmkit_i_u32_at(entry + 24);
  if (length > SHMKIT_I_SCHEMA_LIMIT || schema != *end || at != shmkit_i_align(schema + length, 128)) {
    return SHMKIT_CORRUPT;
  }
  if (bytes < 1 || at > s->byte_length || bytes > s->byte_length - at || entry[32] == 0 || entry[64] == 0) {
    return SHMKIT_CORRUPT;
  }
  *end = shmkit_i_align(at + bytes, 128);
  object->segment = s;
  object->memory = s->memory + at;
  object->byte_length = bytes;
  memcpy(object->kind, entry + 32, 32);
  object->kind[32] = 0;
  memcpy(object->name, entry + 64, 64);
  object->name[64] = 0;
  object->schema = (const char *)(s->memory + schema);
  object->schema_length = length;
  return 1;
}

static inline uint32_t shmkit_i_object_count(const shmkit_segment *s) {
  return shmkit_i_load(shmkit_i_word(s->memory, s->catalog)); /* pairs: catalog count */
}

/*
 * Goes through the objects of a segment, in the order in which they were made.
 *
 *     shmkit_object object;
 *     uint64_t at = 0;
 *     for (uint32_t i = 0; shmkit_next_object(&segment, &i, &at, &object) == 1;) puts(object.name);
 */
static inline int shmkit_next_object(shmkit_segment *s, uint32_t *index, uint64_t *at, shmkit_object *object) {
  uint32_t count = shmkit_i_object_count(s);
  if (count > s->entries) return SHMKIT_CORRUPT;
  if (*index >= count) return 0;
  if (*index == 0) *at = s->objects;
  return shmkit_i_read_entry(s, (*index)++, at, object);
}

static inline int shmkit_i_objects_end(const shmkit_segment *s, uint64_t *end) {
  shmkit_segment copy = *s; /* an object leads to its segment; these are not kept */
  shmkit_object object;
  uint32_t index = 0;
  int code;
  *end = s->objects;
  while ((code = shmkit_next_object(&copy, &index, end, &object)) == 1) {
  }
  if (*end > s->byte_length) *end = s->byte_length;
  return code < 0 ? code : 1;
}

/*
 * Finds an object.
 *
 * kind  The kind that it must have, such as "LatestTable"; NULL for any.
 */
static inline int shmkit_find(shmkit_segment *s, const char *name, const char *kind, shmkit_object *object) {
  uint32_t index = 0;
  uint64_t at = 0;
  int code;
  while ((code = shmkit_next_object(s, &index, &at, object)) == 1) {
    if (strcmp(object->name, name) != 0) continue;
    return kind == NULL || strcmp(object->kind, kind) == 0 ? 1 : SHMKIT_OTHER_KIND;
  }
  return code;
}

/* The same, but waits until the object exists. */
static inline int shmkit_find_wait(shmkit_segment *s, const char *name, const char *kind, shmkit_object *object,
                                   int64_t timeout_ms) {
  int64_t deadline = shmkit_i_deadline(timeout_ms);
  for (;;) {
    int code = shmkit_find(s, name, kind, object);
    if (code != 0) return code;
    if (shmkit_i_now() >= deadline) return 0;
    shmkit_i_sleep(1000000);
  }
}

/* FNV-1a, 32 bits, of the schema text: what the headers that shmkit prints call SHMKIT_<struct>_HASH. */
static inline uint32_t shmkit_schema_hash(const shmkit_object *object) {
  uint32_t hash = 0x811c9dc5u, i;
  for (i = 0; i < object->schema_length; i++) hash = (hash ^ (uint8_t)object->schema[i]) * 0x01000193u;
  return hash;
}

/* Refuses an object whose schema has another hash. */
static inline int shmkit_check_hash(const shmkit_object *object, uint32_t hash) {
  return shmkit_schema_hash(object) == hash ? 1 : SHMKIT_OTHER_SCHEMA;
}

/* Refuses an object of another schema, given as its whole text. */
static inline int shmkit_check_schema(const shmkit_object *object, const char *schema) {
  size_t length = strlen(schema);
  return length == object->schema_length && memcmp(schema, object->schema, length) == 0 ? 1 : SHMKIT_OTHER_SCHEMA;
}

/* ------------------------------------------------------------------ roles */

/* Takes a role that no living attachment holds. */
static inline int shmkit_i_take_role(const shmkit_segment *s, uint32_t *word) {
  if (s->read_only) return SHMKIT_READ_ONLY;
  for (;;) {
    uint32_t holder = shmkit_i_load(word); /* pairs: role word */
    if (holder != 0 && shmkit_is_alive(s, holder)) return SHMKIT_TAKEN;
    /* The next holder sees everything that this one wrote before releasing it. */
    if (shmkit_i_change(word, holder, s->id)) return holder == 0 ? 1 : SHMKIT_OWNER_DIED;
  }
}

static inline int shmkit_i_give_role(const shmkit_segment *s, uint32_t *word) {
  return shmkit_i_change(word, s->id, 0) ? 1 : SHMKIT_NOT_OWNER; /* pairs: role word */
}

/* ------------------------------------------------------------ LatestTable */

/*
 * The latest value of each of many rows. One writer at a time, any number of readers, which write nothing.
 */
typedef struct shmkit_table {
  shmkit_segment *segment;
  uint8_t *memory;
  uint32_t rows;
  uint32_t version_mask; /* versions kept of a row, less one */
  uint32_t record_bytes;
  uint32_t slot_bytes;
  uint32_t row_bytes;
  uint64_t log; /* offset of the log of changes */
  uint32_t log_mask;
} shmkit_table;

/* Attaches to a table that shmkit_find found. `record_bytes` is sizeof the struct. */
static inline int shmkit_table_attach(shmkit_table *t, const shmkit_object *object, size_t record_bytes) {
  const uint8_t *h = object->memory;
  uint32_t versions;
  uint64_t entries = 2;
  if (strcmp(object->kind, "LatestTable") != 0) return SHMKIT_OTHER_KIND;
  if (object->byte_length < 256) return SHMKIT_CORRUPT;
  memset(t, 0, sizeof *t);
  t->segment = object->segment;
  t->memory = object->memory;
  t->rows = shmkit_i_u32_at(h);
  versions = shmkit_i_u32_at(h + 4);
  t->row_bytes = shmkit_i_u32_at(h + 8);
  t->record_bytes = shmkit_i_u32_at(h + 12);
  if (t->record_bytes != record_bytes) return SHMKIT_OTHER_SCHEMA;
  if (t->rows < 1 || t->rows > 0x80000000u || versions < 2 || versions > 256 || (versions & (versions - 1)) != 0) {
    return SHMKIT_CORRUPT;
  }
  t->version_mask = versions - 1;
  t->slot_bytes = 8 + (uint32_t)shmkit_i_align(t->record_bytes, 8);
  if (t->row_bytes != shmkit_i_align(8 + (uint64_t)versions * t->slot_bytes, 64)) return SHMKIT_CORRUPT;
  while (entries < t->rows) entries *= 2;
  t->log = 256 + (uint64_t)t->rows * t->row_bytes;
  t->log_mask = (uint32_t)(entries - 1);
  return t->log + entries * 4 <= object->byte_length ? 1 : SHMKIT_CORRUPT;
}

static inline uint8_t *shmkit_i_row(const shmkit_table *t, uint32_t row) {
  return t->memory + 256 + (uint64_t)row * t->row_bytes;
}

static inline uint8_t *shmkit_i_version_slot(const shmkit_table *t, uint8_t *row, uint32_t version) {
  return row + 8 + (uint64_t)(version & t->version_mask) * t->slot_bytes;
}

/* How often a row was written: 0 if never, beyond 2^32 too. */
static inline uint64_t shmkit_table_version(const shmkit_table *t, uint32_t row) {
  uint8_t *at;
  if (row >= t->rows) return 0;
  at = shmkit_i_row(t, row);
  for (;;) {
    uint32_t low = shmkit_i_load(shmkit_i_word(at, 0)); /* pairs: table version */
    uint32_t high = shmkit_i_peek(shmkit_i_word(shmkit_i_version_slot(t, at, low), 4));
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    if (shmkit_i_load(shmkit_i_word(at, 0)) - low < t->version_mask) return (uint64_t)high << 32 | low;
    shmkit_i_pause();
  }
}

/* Copies the latest value of a row: never torn, never blocked by the writer. 0 if the row was never written. */
static inline int shmkit_table_read(const shmkit_table *t, uint32_t row, void *into) {
  uint8_t *at;
  if (row >= t->rows) return SHMKIT_RANGE;
  at = shmkit_i_row(t, row);
  for (;;) {
    uint32_t version = shmkit_i_load(shmkit_i_word(at, 0)); /* pairs: table version */
    if (version == 0 && shmkit_table_version(t, row) == 0) return 0;
    shmkit_i_copy_out(into, shmkit_i_version_slot(t, at, version) + 8, t->record_bytes);
    /* The copy is of this version if its slot was not taken for a newer one meanwhile. */
    if (shmkit_i_load(shmkit_i_word(at, 0)) - version < t->version_mask) return 1;
    shmkit_i_pause();
  }
}

/* The number of changes to all rows together, modulo 2^32: shmkit_table_next_change can begin there. */
static inline uint32_t shmkit_table_changes(const shmkit_table *t) {
  return shmkit_i_load(shmkit_i_word(t->memory, 132)); /* pairs: table changes */
}

/*
 * Finds the next row that changed: returns 1 and the row, and moves `since` on; 0 if there is none yet. SHMKIT_LAPPED
 * if there were more changes than the log holds: `since` is then the latest change, and the caller reads all rows. It
 * may also find a row that a writer was writing when it died.
 */
static inline int shmkit_table_next_change(const shmkit_table *t, uint32_t *since, uint32_t *row) {
  for (;;) {
    uint32_t now = shmkit_table_changes(t), found;
    if (now == *since) return 0;
    found = shmkit_i_peek(shmkit_i_word(t->memory, t->log + (uint64_t)(*since & t->log_mask) * 4));
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    now = shmkit_table_changes(t);
    if (now - *since > t->log_mask) {
      *since = now;
      return SHMKIT_LAPPED;
    }
    ++*since;
    if (found >= t->rows || shmkit_table_version(t, found) == 0) continue;
    *row = found;
    return 1;
  }
}

typedef struct shmkit_i_change_wait {
  const shmkit_table *table;
  uint32_t since;
} shmkit_i_change_wait;

static inline int shmkit_i_has_changed(void *self) {
  const shmkit_i_change_wait *wait = (const shmkit_i_change_wait *)self;
  return shmkit_table_changes(wait->table) != wait->since;
}

static inline uint32_t *shmkit_i_changed_event(void *self) {
  const shmkit_table *t = ((const shmkit_i_change_wait *)self)->table;
  return t->segment->read_only ? NULL : shmkit_i_word(t->memory, 136);
}

/* Waits until the count of changes differs from `since`. */
static inline int shmkit_table_wait(const shmkit_table *t, uint32_t since, int64_t timeout_ms) {
  shmkit_i_change_wait wait;
  wait.table = t;
  wait.since = since;
  return shmkit_i_wait(shmkit_i_has_changed, shmkit_i_changed_event, &wait, timeout_ms);
}

/* The one writer of a table. */
typedef struct shmkit_table_writer {
  const shmkit_table *table; /* which must last as long */
  int is_fenced;
} shmkit_table_writer;

/* Becomes the writer, also in place of a dead one. */
static inline int shmkit_table_writer_take(shmkit_table_writer *w, const shmkit_table *t) {
  int code = shmkit_i_take_role(t->segment, shmkit_i_word(t->memory, 128));
  uint32_t *changes = shmkit_i_word(t->memory, 132);
  if (code < 0) return code;
  w->table = t;
  w->is_fenced = shmkit_i_is_fenced();
  /* A predecessor may have died between publishing a version and counting the change: its entry is in the log. */
  if (code == SHMKIT_OWNER_DIED) shmkit_i_store(changes, shmkit_i_load(changes) + 1);
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  shmkit_i_notify(shmkit_i_word(t->memory, 136)); /* it may also have died before it woke those that sleep */
  return code;
}

/* Writes a row and publishes it. */
static inline int shmkit_table_write(const shmkit_table_writer *w, uint32_t row, const void *record) {
  const shmkit_table *t = w->table;
  uint8_t *at, *slot;
  uint32_t version, high, next, changes;
  if (row >= t->rows) return SHMKIT_RANGE;
  at = shmkit_i_row(t, row);
  version = shmkit_i_peek(shmkit_i_word(at, 0)); /* written by the writer alone, as all that follows */
  high = shmkit_i_peek(shmkit_i_word(shmkit_i_version_slot(t, at, version), 4));
  next = version + 1;
  slot = shmkit_i_version_slot(t, at, next);
  __atomic_thread_fence(__ATOMIC_RELEASE); /* nothing of the next version is seen before the last one is published */
  shmkit_i_poke(shmkit_i_word(slot, 0), next);
  shmkit_i_poke(shmkit_i_word(slot, 4), next == 0 ? high + 1 : high);
  shmkit_i_copy_in(slot + 8, record, t->record_bytes);
  changes = shmkit_i_peek(shmkit_i_word(t->memory, 132));
  shmkit_i_poke(shmkit_i_word(t->memory, t->log + (uint64_t)(changes & t->log_mask) * 4), row);
  shmkit_i_release(shmkit_i_word(at, 0), next); /* pairs: table version */
  /* pairs: table changes, event count */
  shmkit_i_publish(shmkit_i_word(t->memory, 132), changes + 1, shmkit_i_word(t->memory, 136), w->is_fenced);
  return 1;
}

static inline int shmkit_table_writer_give(shmkit_table_writer *w) {
  return shmkit_i_give_role(w->table->segment, shmkit_i_word(w->table->memory, 128));
}

/* --------------------------------------------------------------- SpscRing */

/* A queue of records from one producer to one consumer. */
typedef struct shmkit_ring {
  shmkit_segment *segment;
  uint8_t *memory;
  uint32_t capacity;
  uint32_t slot_mask; /* slots, less one: the next power of two */
  uint32_t record_bytes;
} shmkit_ring;

/* The next power of two, of 2 to 2^30. */
static inline uint32_t shmkit_i_power(uint32_t value) {
  uint32_t power = 2;
  while (power < value) power *= 2;
  return power;
}

static inline int shmkit_ring_attach(shmkit_ring *r, const shmkit_object *object, size_t record_bytes) {
  uint32_t length;
  if (strcmp(object->kind, "SpscRing") != 0) return SHMKIT_OTHER_KIND;
  if (object->byte_length < 896) return SHMKIT_CORRUPT;
  memset(r, 0, sizeof *r);
  r->segment = object->segment;
  r->memory = object->memory;
  r->capacity = shmkit_i_u32_at(r->memory);
  r->record_bytes = shmkit_i_u32_at(r->memory + 4);
  if (r->record_bytes != record_bytes) return SHMKIT_OTHER_SCHEMA;
  if (r->capacity < 2 || r->capacity > 0x40000000u) return SHMKIT_CORRUPT;
  r->slot_mask = shmkit_i_power(r->capacity) - 1;
  if (896 + (uint64_t)(r->slot_mask + 1) * r->record_bytes > object->byte_length) return SHMKIT_CORRUPT;
  for (;;) {
    uint32_t head = shmkit_i_load(shmkit_i_word(r->memory, 256));
    length = shmkit_i_load(shmkit_i_word(r->memory, 128)) - head;
    if (shmkit_i_load(shmkit_i_word(r->memory, 256)) == head) break;
  }
  return length <= r->capacity ? 1 : SHMKIT_CORRUPT;
}

static inline void *shmkit_i_record(uint8_t *records, uint32_t position, uint32_t slot_mask, uint32_t record_bytes) {
  return records + (uint64_t)(position & slot_mask) * record_bytes;
}

typedef struct shmkit_ring_producer {
  const shmkit_ring *ring; /* which must last as long */
  uint32_t next;           /* the position to be claimed next */
  uint32_t tail;           /* the position published up to */
  uint32_t limit;          /* the position at which there was no space, when last checked */
  int is_fenced;
} shmkit_ring_producer;

/* Becomes the producer, also in place of a dead one. */
static inline int shmkit_ring_producer_take(shmkit_ring_producer *p, const shmkit_ring *r) {
  int code = shmkit_i_take_role(r->segment, shmkit_i_word(r->memory, 384));
  if (code < 0) return code;
  p->ring = r;
  p->is_fenced = shmkit_i_is_fenced();
  p->next = p->tail = p->limit = shmkit_i_load(shmkit_i_word(r->memory, 128));
  return code;
}

static inline int shmkit_i_has_space(void *self) {
  shmkit_ring_producer *p = (shmkit_ring_producer *)self;
  if (p->next != p->limit) return 1;
  p->limit = shmkit_i_load(shmkit_i_word(p->ring->memory, 256)) + p->ring->capacity; /* pairs: ring head */
  return p->next != p->limit;
}

static inline uint32_t *shmkit_i_freed_event(void *self) {
  return shmkit_i_word(((shmkit_ring_producer *)self)->ring->memory, 768);
}

/*
 * The next record to fill, after those already claimed and not yet published, with old bytes in it; NULL if the ring
 * is full.
 */
static inline void *shmkit_ring_claim(shmkit_ring_producer *p) {
  const shmkit_ring *r = p->ring;
  if (!shmkit_i_has_space(p)) {
    double *refusals = (double *)(void *)(r->memory + 392); /* statistics: written by the producer alone */
    if (shmkit_i_peek(shmkit_i_word(r->memory, 388)) == 0) shmkit_i_poke(shmkit_i_word(r->memory, 388), 1);
    ++*refusals;
    return NULL;
  }
  return shmkit_i_record(r->memory + 896, p->next++, r->slot_mask, r->record_bytes);
}

/* The same, and waits for space. NULL if the time ran out. */
static inline void *shmkit_ring_claim_wait(shmkit_ring_producer *p, int64_t timeout_ms) {
  if (!shmkit_i_wait(shmkit_i_has_space, shmkit_i_freed_event, p, timeout_ms)) return NULL;
  return shmkit_i_record(p->ring->memory + 896, p->next++, p->ring->slot_mask, p->ring->record_bytes);
}

/* Publishes all that was claimed, in one step. 0 if nothing was. */
static inline int shmkit_ring_publish(shmkit_ring_producer *p) {
  uint8_t *memory = p->ring->memory;
  if (p->next == p->tail) return 0;
  p->tail = p->next;
  /* pairs: ring tail, event count */
  shmkit_i_publish(shmkit_i_word(memory, 128), p->tail, shmkit_i_word(memory, 640), p->is_fenced);
  return 1;
}

/* Copies a record into the ring and publishes it. 0 if the ring is full. */
static inline int shmkit_ring_push(shmkit_ring_producer *p, const void *record) {
  void *slot = shmkit_ring_claim(p);
  if (slot == NULL) return 0;
  memcpy(slot, record, p->ring->record_bytes);
  return shmkit_ring_publish(p);
}

static inline int shmkit_ring_push_wait(shmkit_ring_producer *p, const void *record, int64_t timeout_ms) {
  void *slot = shmkit_ring_claim_wait(p, timeout_ms);
  if (slot == NULL) return 0;
  memcpy(slot, record, p->ring->record_bytes);
  return shmkit_ring_publish(p);
}

/* Releases the role. Records that were claimed and not published are never seen. */
static inline int shmkit_ring_producer_give(shmkit_ring_producer *p) {
  p->next = p->limit = p->tail;
  return shmkit_i_give_role(p->ring->segment, shmkit_i_word(p->ring->memory, 384));
}

typedef struct shmkit_ring_consumer {
  const shmkit_ring *ring; /* which must last as long */
  uint32_t head;           /* the position freed up to */
  uint32_t position;       /* the position to be received next */
  uint32_t limit;          /* the position up to which there were records, when last checked */
  uint32_t held_most;
  int is_fenced;
} shmkit_ring_consumer;

/* Becomes the consumer, also in place of a dead one. */
static inline int shmkit_ring_consumer_take(shmkit_ring_consumer *c, const shmkit_ring *r) {
  int code = shmkit_i_take_role(r->segment, shmkit_i_word(r->memory, 512));
  uint32_t quarter = (r->slot_mask + 1) / 4;
  if (code < 0) return code;
  c->ring = r;
  c->is_fenced = shmkit_i_is_fenced();
  c->held_most = quarter < 1 ? 1 : quarter > 64 ? 64 : quarter;
  c->head = c->position = c->limit = shmkit_i_load(shmkit_i_word(r->memory, 256));
  return code;
}

/* Frees all records that shmkit_ring_next returned: the producer may write over them. */
static inline void shmkit_ring_free(shmkit_ring_consumer *c) {
  uint8_t *memory = c->ring->memory;
  if (c->position == c->head) return;
  c->head = c->position;
  /* pairs: ring head, event count */
  shmkit_i_publish(shmkit_i_word(memory, 256), c->head, shmkit_i_word(memory, 768), c->is_fenced);
}

static inline int shmkit_i_has_records(void *self) {
  shmkit_ring_consumer *c = (shmkit_ring_consumer *)self;
  uint32_t *high_water;
  if (c->position != c->limit) return 1;
  c->limit = shmkit_i_load(shmkit_i_word(c->ring->memory, 128)); /* pairs: ring tail */
  high_water = shmkit_i_word(c->ring->memory, 516);              /* statistics: written by the consumer alone */
  if (c->limit - c->head > shmkit_i_peek(high_water)) shmkit_i_poke(high_water, c->limit - c->head);
  return c->position != c->limit;
}

static inline uint32_t *shmkit_i_published_event(void *self) {
  return shmkit_i_word(((shmkit_ring_consumer *)self)->ring->memory, 640);
}

/*
 * The next record, in place; NULL if there is none. It is good until the next call; those before it are freed by 64,
 * when no more are known, and by shmkit_ring_free. A successor receives records again that were not freed.
 */
static inline const void *shmkit_ring_next(shmkit_ring_consumer *c) {
  const shmkit_ring *r = c->ring;
  if (c->position == c->limit) shmkit_ring_free(c);
  else if (c->position - c->head >= c->held_most) shmkit_ring_free(c);
  if (!shmkit_i_has_records(c)) return NULL;
  return shmkit_i_record(r->memory + 896, c->position++, r->slot_mask, r->record_bytes);
}

/* The same, and waits for a record. NULL if the time ran out. */
static inline const void *shmkit_ring_next_wait(shmkit_ring_consumer *c, int64_t timeout_ms) {
  if (c->position == c->limit) {
    shmkit_ring_free(c);
    if (!shmkit_i_wait(shmkit_i_has_records, shmkit_i_published_event, c, timeout_ms)) return NULL;
  }
  return shmkit_ring_next(c);
}

/* Copies the next record and frees it. 0 if there is none. */
static inline int shmkit_ring_shift(shmkit_ring_consumer *c, void *into) {
  const void *record = shmkit_ring_next(c);
  if (record == NULL) return 0;
  memcpy(into, record, c->ring->record_bytes);
  shmkit_ring_free(c);
  return 1;
}

static inline int shmkit_ring_shift_wait(shmkit_ring_consumer *c, void *into, int64_t timeout_ms) {
  const void *record = shmkit_ring_next_wait(c, timeout_ms);
  if (record == NULL) return 0;
  memcpy(into, record, c->ring->record_bytes);
  shmkit_ring_free(c);
  return 1;
}

/* Releases the role. Records that shmkit_ring_next returned count as received. */
static inline int shmkit_ring_consumer_give(shmkit_ring_consumer *c) {
  shmkit_ring_free(c);
  return shmkit_i_give_role(c->ring->segment, shmkit_i_word(c->ring->memory, 512));
}

/* ------------------------------------------------------------------ Mutex */

#define SHMKIT_I_MARK 0x80000000u

/* The word of a lock that one attachment owns, followed by its counts and the blocked attachments. */
typedef struct shmkit_mutex {
  shmkit_segment *segment;
  uint8_t *memory;
  int breaks; /* whether an owner that does not repair the data after a death breaks it */
} shmkit_mutex;

static inline int shmkit_mutex_attach(shmkit_mutex *m, const shmkit_object *object) {
  if (strcmp(object->kind, "Mutex") != 0) return SHMKIT_OTHER_KIND;
  if (object->byte_length < 256) return SHMKIT_CORRUPT;
  m->segment = object->segment;
  m->memory = object->memory;
  m->breaks = 1;
  return 1;
}

static inline uint32_t *shmkit_i_lock_word(const shmkit_mutex *m) { return shmkit_i_word(m->memory, 0); }

/* Adds one to a count of the lock, which its owner alone writes: 0 acquisitions, 1 those that waited, 2 recoveries. */
static inline void shmkit_i_count(const shmkit_mutex *m, int which) {
  ++*((shmkit_i_f64 *)(void *)(m->memory + 64) + which);
}

/* 1 if it is worth trying to take the lock. */
static inline int shmkit_i_is_takeable(const shmkit_mutex *m, uint32_t word) {
  if (m->segment->read_only) return SHMKIT_READ_ONLY;
  if (word == SHMKIT_I_MARK) return SHMKIT_BROKEN;
  return (word & ~SHMKIT_I_MARK) == m->segment->id ? SHMKIT_ALREADY_OWNER : 1;
}

/* Takes the word from a dead owner. The next owner finds a death right after the exchange in the same way. */
static inline int shmkit_i_take_over(const shmkit_mutex *m, uint32_t word) {
  uint32_t owner = word & ~SHMKIT_I_MARK;
  if (owner == 0 || owner == m->segment->id || shmkit_is_alive(m->segment, owner)) return 0;
  /* Marked, whether anybody sleeps or not: the fast way to unlock is closed. */
  if (!shmkit_i_change(shmkit_i_lock_word(m), word, m->segment->id | SHMKIT_I_MARK)) return 0;
  shmkit_i_store(shmkit_i_word(m->memory, 4), 1);
  shmkit_i_count(m, 2);
  return 1;
}

/* Whether this attachment holds the lock. */
static inline int shmkit_mutex_is_owned(const shmkit_mutex *m) {
  return !m->segment->read_only && (shmkit_i_peek(shmkit_i_lock_word(m)) & ~SHMKIT_I_MARK) == m->segment->id;
}

/* Whether this attachment holds the lock, an owner has died, and the data was not repaired since. */
static inline int shmkit_mutex_owner_died(const shmkit_mutex *m) {
  return shmkit_mutex_is_owned(m) && shmkit_i_peek(shmkit_i_word(m->memory, 4)) != 0;
}

static inline int shmkit_i_taken(const shmkit_mutex *m, int has_waited) {
  shmkit_i_count(m, 0);
  if (has_waited) shmkit_i_count(m, 1);
  return shmkit_i_peek(shmkit_i_word(m->memory, 4)) != 0 ? SHMKIT_OWNER_DIED : 1;
}

/* Takes the lock if it is free now, or if its owner died (2). */
static inline int shmkit_mutex_try_lock(const shmkit_mutex *m) {
  uint32_t word = m->segment->read_only ? 0 : shmkit_i_load(shmkit_i_lock_word(m)); /* pairs: lock word */
  int code = shmkit_i_is_takeable(m, word);
  if (code < 0) return code;
  if (word == 0 ? !shmkit_i_change(shmkit_i_lock_word(m), 0, m->segment->id) : !shmkit_i_take_over(m, word)) return 0;
  return shmkit_i_taken(m, 0);
}

/* Waits for the word, with the mark, so that its owner wakes sleepers. */
static inline int shmkit_i_sleep_for_lock(const shmkit_mutex *m, int64_t deadline) {
  uint32_t *lock = shmkit_i_lock_word(m), id = m->segment->id;
  int is_first;
  for (is_first = 1;; is_first = 0) {
    uint32_t word = shmkit_i_load(lock); /* pairs: lock word */
    int64_t check;
    int code = shmkit_i_is_takeable(m, word);
    if (code < 0) return code;
    if (word == 0) {
      /* Marked: there may be others asleep, of whom this one knows nothing. */
      if (shmkit_i_change(lock, 0, id | SHMKIT_I_MARK)) return 1;
      continue;
    }
    if (is_first && shmkit_i_take_over(m, word)) return 1;
    if ((word & SHMKIT_I_MARK) == 0 && !shmkit_i_change(lock, word, word | SHMKIT_I_MARK)) continue;
    check = shmkit_i_now() + SHMKIT_I_LIFE_CHECK_NS;
    if (shmkit_i_futex_wait(lock, word | SHMKIT_I_MARK, check < deadline ? check : deadline)) continue;
    if (shmkit_i_take_over(m, shmkit_i_load(lock))) return 1;
    if (shmkit_i_now() >= deadline) return 0;
  }
}

/*
 * Takes the lock; sleeps until it is free, or the time is over. 2 if an owner died and the data was not repaired since:
 * repair it, and call shmkit_mutex_mark_consistent.
 */
static inline int shmkit_mutex_lock(const shmkit_mutex *m, int64_t timeout_ms) {
  int64_t deadline;
  uint32_t i, j, pauses = 1, place;
  int code = shmkit_i_is_takeable(m, 0);
  if (code < 0) return code;
  if (shmkit_i_change(shmkit_i_lock_word(m), 0, m->segment->id)) return shmkit_i_taken(m, 0);
  code = shmkit_i_is_takeable(m, shmkit_i_load(shmkit_i_lock_word(m)));
  if (code < 0) return code;
  deadline = shmkit_i_deadline(timeout_ms);
  for (i = 0; i < 24; i++) {
    for (j = 0; j < pauses; j++) shmkit_i_pause();
    if (pauses < 8) pauses *= 2;
    if (shmkit_i_load(shmkit_i_lock_word(m)) != 0) continue;
    if (shmkit_i_change(shmkit_i_lock_word(m), 0, m->segment->id)) return shmkit_i_taken(m, 1);
  }
  for (place = 32; place < 64; place++) { /* announces that this attachment is blocked, for statistics */
    uint32_t blocked = shmkit_i_load(shmkit_i_word(m->memory, place * 4)); /* pairs: blocked place */
    if (blocked != 0 && shmkit_is_alive(m->segment, blocked)) continue;
    if (shmkit_i_change(shmkit_i_word(m->memory, place * 4), blocked, m->segment->id)) break;
  }
  code = shmkit_i_sleep_for_lock(m, deadline);
  if (place < 64) shmkit_i_store(shmkit_i_word(m->memory, place * 4), 0);
  return code == 1 ? shmkit_i_taken(m, 1) : code;
}

/* Declares the protected data repaired after an owner died. */
static inline int shmkit_mutex_mark_consistent(const shmkit_mutex *m) {
  if (!shmkit_mutex_is_owned(m)) return SHMKIT_NOT_OWNER;
  if (shmkit_i_peek(shmkit_i_word(m->memory, 4)) == 0) return 0;
  shmkit_i_store(shmkit_i_word(m->memory, 4), 0);
  return 1;
}

/* Unlocks. Breaks a mutex whose last owner died if it was not marked consistent. */
static inline int shmkit_mutex_unlock(const shmkit_mutex *m) {
  uint32_t *lock = shmkit_i_lock_word(m);
  if (m->segment->read_only) return SHMKIT_READ_ONLY;
  if (shmkit_i_change(lock, m->segment->id, 0)) return 1; /* pairs: lock word */
  if (!shmkit_mutex_is_owned(m)) return SHMKIT_NOT_OWNER;
  if (shmkit_i_peek(shmkit_i_word(m->memory, 4)) != 0) {
    if (m->breaks) {
      __atomic_exchange_n(lock, SHMKIT_I_MARK, __ATOMIC_SEQ_CST);
      shmkit_i_futex_wake(lock, INT_MAX);
      return 1;
    }
    shmkit_i_store(shmkit_i_word(m->memory, 4), 0);
  }
  /* If this process dies before it wakes the sleepers, they check by themselves after 40 ms. */
  if ((__atomic_exchange_n(lock, 0u, __ATOMIC_SEQ_CST) & SHMKIT_I_MARK) != 0) shmkit_i_futex_wake(lock, 1);
  return 1;
}

/* ---------------------------------------------------------------- SeqLock */

/* A small record that is read far more often than written. Readers write nothing; writers hold its lock. */
typedef struct shmkit_seqlock {
  shmkit_mutex lock; /* shmkit_mutex_lock(&seqlock.lock, …) holds it for several writes */
  uint8_t *memory;
  uint32_t payload_bytes;
} shmkit_seqlock;

static inline int shmkit_seqlock_attach(shmkit_seqlock *l, const shmkit_object *object, size_t payload_bytes) {
  if (strcmp(object->kind, "SeqLock") != 0) return SHMKIT_OTHER_KIND;
  if (object->byte_length < 264) return SHMKIT_CORRUPT;
  l->lock.segment = object->segment;
  l->lock.memory = l->memory = object->memory;
  l->lock.breaks = 0;
  l->payload_bytes = shmkit_i_u32_at(l->memory + 32);
  if (l->payload_bytes < 8 || l->payload_bytes % 8 != 0 || 264 + (uint64_t)l->payload_bytes > object->byte_length) {
    return SHMKIT_CORRUPT;
  }
  return l->payload_bytes == payload_bytes ? 1 : SHMKIT_OTHER_SCHEMA;
}

/* 1 if a living attachment is writing, or has ended its write meanwhile. */
static inline int shmkit_i_require_writer(const shmkit_seqlock *l, uint32_t sequence) {
  uint32_t owner = shmkit_i_load(shmkit_i_lock_word(&l->lock)) & ~SHMKIT_I_MARK, id = l->lock.segment->id;
  if (owner != 0 && (owner != id || id == 0) && shmkit_is_alive(l->lock.segment, owner)) return 1;
  if (shmkit_i_load(shmkit_i_word(l->memory, 256)) != sequence) return 1;
  if ((shmkit_i_load(shmkit_i_lock_word(&l->lock)) & ~SHMKIT_I_MARK) != owner) return 1;
  return SHMKIT_DEAD_WRITER;
}

/*
 * Copies the record, whole. Waits while a write is in progress, up to the timeout; SHMKIT_DEAD_WRITER if its writer
 * died and none has written since.
 */
static inline int shmkit_seqlock_read(const shmkit_seqlock *l, void *into, int64_t timeout_ms) {
  const uint32_t *word = shmkit_i_word(l->memory, 256);
  int64_t deadline = 0, nap = 50000;
  int polls;
  for (polls = 0;; polls++) {
    uint32_t sequence = shmkit_i_load(word); /* pairs: seqlock sequence */
    if ((sequence & 1) == 0) {
      shmkit_i_copy_out(into, l->memory + 264, l->payload_bytes);
      if (shmkit_i_load(word) == sequence) return 1;
      continue;
    }
    if (l->lock.segment->id != 0 && shmkit_i_load(shmkit_i_word(l->memory, 260)) == l->lock.segment->id) {
      return SHMKIT_ALREADY_OWNER; /* within a write of this attachment */
    }
    if (polls == 0) deadline = shmkit_i_deadline(timeout_ms);
    if (polls < 64) {
      shmkit_i_pause();
    } else {
      int code = shmkit_i_require_writer(l, sequence);
      if (code < 0) return code;
      shmkit_i_sleep(nap);
      if (nap < SHMKIT_I_LIFE_CHECK_NS) nap *= 2;
    }
    if (deadline == 0) deadline = shmkit_i_deadline(timeout_ms);
    if (shmkit_i_now() >= deadline) return 0;
  }
}

/* Begins to write: returns the payload, in place. NULL if this attachment does not hold the lock, or writes already. */
static inline void *shmkit_seqlock_begin(const shmkit_seqlock *l) {
  uint32_t *sequence = shmkit_i_word(l->memory, 256), *writer = shmkit_i_word(l->memory, 260);
  uint32_t now;
  if (!shmkit_mutex_is_owned(&l->lock)) return NULL;
  now = shmkit_i_peek(sequence); /* written by the lock's owner alone */
  if ((now & 1) != 0 && shmkit_i_peek(writer) == l->lock.segment->id) return NULL;
  shmkit_i_poke(writer, l->lock.segment->id);
  shmkit_i_store(sequence, now | 1); /* odd stays odd after a death; pairs: seqlock sequence */
  __atomic_thread_fence(__ATOMIC_RELEASE); /* a reader that sees any of the following finds the sequence changed */
  return l->memory + 264;
}

/* Ends a write: readers see it. */
static inline void shmkit_seqlock_end(const shmkit_seqlock *l) {
  uint32_t *sequence = shmkit_i_word(l->memory, 256);
  shmkit_i_release(sequence, shmkit_i_peek(sequence) + 1); /* pairs: seqlock sequence */
}

/* Writes the whole record, and takes the lock for it unless this attachment holds it. 2 as shmkit_mutex_lock. */
static inline int shmkit_seqlock_write(const shmkit_seqlock *l, const void *payload, int64_t timeout_ms) {
  int is_held = shmkit_mutex_is_owned(&l->lock), code = 1;
  void *into;
  if (!is_held) code = shmkit_mutex_lock(&l->lock, timeout_ms);
  if (code <= 0) return code;
  into = shmkit_seqlock_begin(l);
  if (into == NULL) return SHMKIT_ALREADY_OWNER;
  shmkit_i_copy_in(into, payload, l->payload_bytes);
  shmkit_seqlock_end(l);
  if (!is_held) shmkit_mutex_unlock(&l->lock);
  return code;
}

/* -------------------------------------------------------- long positions */

/* A position that runs free for ever, in two words: its low half, and position / 2^30, stored before it. */
static inline uint64_t shmkit_i_position_in(uint32_t epoch, uint32_t low) {
  uint32_t own = (epoch & 3) == low >> 30 ? epoch : epoch - 1;
  return (uint64_t)(own / 4) << 32 | low;
}

static inline uint64_t shmkit_i_read_position(const uint32_t *low_word, const uint32_t *epoch_word) {
  for (;;) {
    uint32_t epoch = shmkit_i_load(epoch_word); /* pairs: position epoch */
    uint32_t low = shmkit_i_load(low_word);
    if (shmkit_i_load(epoch_word) == epoch) return shmkit_i_position_in(epoch, low);
  }
}

/* Whether the low word begins the next epoch: that epoch is stored first. */
static inline int shmkit_i_begins_epoch(uint32_t low, uint32_t epoch) { return (((low >> 30) - epoch) & 3) == 1; }

/* The nearest position before another one with the given low bits. */
static inline int64_t shmkit_i_position_before(uint32_t low, int64_t before) {
  return before - (int64_t)(uint32_t)((uint32_t)before - low);
}

/* The nearest position from another one on with the given low bits. */
static inline int64_t shmkit_i_position_after(uint32_t low, int64_t after) {
  return after + (int64_t)(uint32_t)(low - (uint32_t)after);
}

/* -------------------------------------------------------------- Broadcast */

/* A stream of records from one writer, or many in turns, to any number of readers. Writers never wait for readers. */
typedef struct shmkit_broadcast {
  shmkit_segment *segment;
  uint8_t *memory;
  uint32_t capacity; /* how many records readers may lag behind */
  uint32_t record_bytes;
  uint32_t slot_mask; /* slots, less one */
  uint32_t batch;     /* how many may be claimed before they are published */
  uint32_t reach;     /* how far before the tail a record is whole, whatever is claimed */
  int is_shared;      /* whether many may write */
} shmkit_broadcast;

static inline int shmkit_broadcast_attach(shmkit_broadcast *b, const shmkit_object *object, size_t record_bytes) {
  uint32_t many;
  if (strcmp(object->kind, "Broadcast") != 0) return SHMKIT_OTHER_KIND;
  if (object->byte_length < 768) return SHMKIT_CORRUPT;
  b->segment = object->segment;
  b->memory = object->memory;
  b->capacity = shmkit_i_u32_at(b->memory);
  b->record_bytes = shmkit_i_u32_at(b->memory + 4);
  many = shmkit_i_u32_at(b->memory + 8);
  if (b->record_bytes != record_bytes) return SHMKIT_OTHER_SCHEMA;
  if (b->capacity < 2 || b->capacity > 0x10000000u || many > 1) return SHMKIT_CORRUPT;
  b->is_shared = many == 1;
  b->slot_mask = 2 * shmkit_i_power(b->capacity) - 1;
  b->batch = b->capacity / 2;
  b->reach = b->slot_mask + 1 - b->batch;
  return 768 + (uint64_t)(b->slot_mask + 1) * b->record_bytes <= object->byte_length ? 1 : SHMKIT_CORRUPT;
}

/* How many records were ever published: the position of the next. */
static inline uint64_t shmkit_broadcast_position(const shmkit_broadcast *b) {
  /* pairs: broadcast tail */
  return shmkit_i_read_position(shmkit_i_word(b->memory, 128), shmkit_i_word(b->memory, 132));
}

/* A reader. It holds nothing and writes nothing, and needs no end. */
typedef struct shmkit_broadcast_reader {
  const shmkit_broadcast *broadcast; /* which must last as long */
  uint64_t position;                 /* of the record to be received next */
  uint64_t known;                    /* up to which there were records, when last checked */
  uint64_t lost;                     /* how many were overwritten before they were received: exact */
} shmkit_broadcast_reader;

#define SHMKIT_NEWEST INT64_C(-1) /* with the records published from now on */
#define SHMKIT_OLDEST INT64_C(-2) /* with the oldest record still there */

/* Begins to read at the newest, the oldest or a position. */
static inline int shmkit_broadcast_read_from(shmkit_broadcast_reader *r, const shmkit_broadcast *b, int64_t from) {
  uint64_t tail = shmkit_broadcast_position(b);
  if (from < SHMKIT_OLDEST || (from >= 0 && (uint64_t)from > tail)) return SHMKIT_RANGE;
  r->broadcast = b;
  r->lost = 0;
  r->position = from == SHMKIT_NEWEST ? tail : from >= 0 ? (uint64_t)from : tail > b->capacity ? tail - b->capacity : 0;
  r->known = r->position;
  return 1;
}

/* Checks for new records, and counts those that were overwritten before they were received. */
static inline int shmkit_i_has_news(void *self) {
  shmkit_broadcast_reader *r = (shmkit_broadcast_reader *)self;
  const shmkit_broadcast *b = r->broadcast;
  if (r->position != r->known) return 1;
  r->known = shmkit_broadcast_position(b);
  if (r->known - r->position > b->reach) {
    r->lost += r->known - b->capacity - r->position;
    r->position = r->known - b->capacity;
  }
  return r->position != r->known;
}

static inline uint32_t *shmkit_i_news_event(void *self) {
  const shmkit_broadcast *b = ((shmkit_broadcast_reader *)self)->broadcast;
  return b->segment->read_only ? NULL : shmkit_i_word(b->memory, 384);
}

/* Copies up to `limit` records, one after the other, and returns how many: 0 if there are none. Never torn. */
static inline uint32_t shmkit_broadcast_drain(shmkit_broadcast_reader *r, void *into, uint32_t limit) {
  const shmkit_broadcast *b = r->broadcast;
  while (limit > 0 && shmkit_i_has_news(r)) {
    uint64_t count = r->known - r->position, i;
    if (count > limit) count = limit;
    for (i = 0; i < count; i++) {
      shmkit_i_copy_out((char *)into + i * b->record_bytes,
                        shmkit_i_record(b->memory + 768, (uint32_t)(r->position + i), b->slot_mask, b->record_bytes),
                        b->record_bytes);
    }
    /* Whole, if nothing was claimed meanwhile that lies in place of the first; pairs: broadcast tail. */
    if (shmkit_broadcast_position(b) - r->position <= b->reach) {
      r->position += count;
      return (uint32_t)count;
    }
    r->known = r->position;
  }
  return 0;
}

/* The same, and waits for a record. */
static inline uint32_t shmkit_broadcast_drain_wait(shmkit_broadcast_reader *r, void *into, uint32_t limit,
                                                   int64_t timeout_ms) {
  int64_t deadline = shmkit_i_deadline(timeout_ms);
  while (shmkit_i_wait(shmkit_i_has_news, shmkit_i_news_event, r, timeout_ms)) {
    uint32_t count = shmkit_broadcast_drain(r, into, limit);
    if (count > 0 || shmkit_i_now() >= deadline) return count;
  }
  return 0;
}

typedef struct shmkit_broadcast_writer {
  const shmkit_broadcast *broadcast; /* which must last as long */
  shmkit_mutex turn;
  uint32_t next;
  uint32_t tail;
  int is_writing; /* whether this is the only writer now */
  int is_fenced;
} shmkit_broadcast_writer;

/* Becomes the writer, also in place of a dead one, or one of many. */
static inline int shmkit_broadcast_writer_take(shmkit_broadcast_writer *w, const shmkit_broadcast *b) {
  int code = b->segment->read_only ? SHMKIT_READ_ONLY : 1;
  if (!b->is_shared) code = shmkit_i_take_role(b->segment, shmkit_i_word(b->memory, 256));
  if (code < 0) return code;
  w->broadcast = b;
  w->turn.segment = b->segment;
  w->turn.memory = b->memory + 512;
  w->turn.breaks = 1;
  w->is_fenced = shmkit_i_is_fenced();
  w->is_writing = !b->is_shared;
  w->next = w->tail = shmkit_i_load(shmkit_i_word(b->memory, 128));
  return code;
}

/*
 * The next record to fill, after those already claimed, with old bytes in it; NULL if half the capacity is claimed.
 * One of many writers waits here for its turn, which lasts until it publishes.
 */
static inline void *shmkit_broadcast_claim(shmkit_broadcast_writer *w) {
  const shmkit_broadcast *b = w->broadcast;
  if (!w->is_writing) {
    int code = shmkit_mutex_lock(&w->turn, -1);
    if (code < 0) return NULL;
    if (code == SHMKIT_OWNER_DIED) shmkit_mutex_mark_consistent(&w->turn); /* it left nothing visible */
    w->next = w->tail = shmkit_i_load(shmkit_i_word(b->memory, 128));
    w->is_writing = 1;
  }
  if (w->next - w->tail >= b->batch) return NULL;
  __atomic_thread_fence(__ATOMIC_RELEASE); /* nothing of the record is seen before the tail published last */
  return shmkit_i_record(b->memory + 768, w->next++, b->slot_mask, b->record_bytes);
}

/* Publishes all that was claimed, in one step, and ends the turn. 0 if nothing was. */
static inline int shmkit_broadcast_publish(shmkit_broadcast_writer *w) {
  const shmkit_broadcast *b = w->broadcast;
  uint32_t *epoch_word = shmkit_i_word(b->memory, 132);
  if (w->next == w->tail) return 0;
  if ((w->next ^ w->tail) >> 30 != 0) {
    uint32_t epoch = shmkit_i_load(epoch_word);
    /* Not again if the writer before this one did, and died. */
    if (shmkit_i_begins_epoch(w->next, epoch)) shmkit_i_store(epoch_word, epoch + 1); /* pairs: position epoch */
  }
  w->tail = w->next;
  /* pairs: broadcast tail, event count */
  shmkit_i_publish(shmkit_i_word(b->memory, 128), w->tail, shmkit_i_word(b->memory, 384), w->is_fenced);
  if (b->is_shared) {
    w->is_writing = 0;
    shmkit_mutex_unlock(&w->turn);
  }
  return 1;
}

/* Copies a record and publishes it, after whatever was claimed before. */
static inline int shmkit_broadcast_push(shmkit_broadcast_writer *w, const void *record) {
  void *slot = shmkit_broadcast_claim(w);
  if (slot == NULL) return SHMKIT_RANGE;
  shmkit_i_copy_in(slot, record, w->broadcast->record_bytes);
  return shmkit_broadcast_publish(w);
}

/* Releases the role, or the turn. Records that were claimed and not published are never seen. */
static inline int shmkit_broadcast_writer_give(shmkit_broadcast_writer *w) {
  const shmkit_broadcast *b = w->broadcast;
  w->next = w->tail;
  if (!b->is_shared) return shmkit_i_give_role(b->segment, shmkit_i_word(b->memory, 256));
  if (w->is_writing) shmkit_mutex_unlock(&w->turn);
  w->is_writing = 0;
  return 1;
}

/* --------------------------------------------------------------- Pipeline */

/* A stream from one writer to named readers in an order of work. Nothing is lost: the writer waits for the slowest. */
typedef struct shmkit_pipeline {
  shmkit_segment *segment;
  uint8_t *memory;
  uint32_t capacity;
  uint32_t record_bytes;
  uint32_t slot_mask;
  uint32_t gates;
  uint8_t *records;
} shmkit_pipeline;

static inline uint32_t *shmkit_i_gate(const shmkit_pipeline *p, uint32_t gate, uint32_t offset) {
  return shmkit_i_word(p->memory, 512 + (uint64_t)gate * 256 + offset);
}

/* A bit for each gate that must have received a record before one does, directly or not. */
static inline uint32_t shmkit_i_ancestors(const shmkit_pipeline *p, uint32_t gate) {
  uint32_t found = shmkit_i_peek(shmkit_i_gate(p, gate, 136)), before = 0, i;
  while (found != before) {
    before = found;
    for (i = 0; i < p->gates; i++) {
      if ((before >> i & 1) != 0) found |= shmkit_i_peek(shmkit_i_gate(p, i, 136));
    }
  }
  return found;
}

static inline int shmkit_pipeline_attach(shmkit_pipeline *p, const shmkit_object *object, size_t record_bytes) {
  uint32_t i;
  if (strcmp(object->kind, "Pipeline") != 0) return SHMKIT_OTHER_KIND;
  if (object->byte_length < 512) return SHMKIT_CORRUPT;
  p->segment = object->segment;
  p->memory = object->memory;
  p->capacity = shmkit_i_u32_at(p->memory);
  p->record_bytes = shmkit_i_u32_at(p->memory + 4);
  p->gates = shmkit_i_u32_at(p->memory + 8);
  if (p->record_bytes != record_bytes) return SHMKIT_OTHER_SCHEMA;
  if (p->capacity < 2 || p->capacity > 0x40000000u || p->gates < 1 || p->gates > 32) return SHMKIT_CORRUPT;
  p->slot_mask = shmkit_i_power(p->capacity) - 1;
  p->records = p->memory + 512 + p->gates * 256;
  if (512 + (uint64_t)p->gates * 256 + (uint64_t)(p->slot_mask + 1) * p->record_bytes > object->byte_length) {
    return SHMKIT_CORRUPT;
  }
  for (i = 0; i < p->gates; i++) {
    uint32_t after = shmkit_i_peek(shmkit_i_gate(p, i, 136));
    if (p->gates < 32 && after >> p->gates != 0) return SHMKIT_CORRUPT;
  }
  for (i = 0; i < p->gates; i++) {
    if ((shmkit_i_ancestors(p, i) >> i & 1) != 0) return SHMKIT_CORRUPT; /* a circle */
  }
  return 1;
}

typedef struct shmkit_pipeline_reader {
  const shmkit_pipeline *pipeline; /* which must last as long */
  uint32_t gate;
  uint32_t after; /* a bit for each gate before this one */
  int waits_for_all;
  int narrowest; /* the gate before this one that was found to hold it up; -1 if none does */
  uint32_t head; /* freed up to */
  uint32_t position;
  uint32_t limit;
  uint32_t held_most;
  int is_fenced;
  int64_t probed;
  uint64_t lost; /* how many records were lost before this reader could begin: exact */
} shmkit_pipeline_reader;

#define SHMKIT_I_JOINING 1u
#define SHMKIT_I_READING 2u
#define SHMKIT_I_LEFT 3u

static inline int shmkit_i_is_reading(const shmkit_pipeline *p, uint32_t gate) {
  uint32_t holder = shmkit_i_load(shmkit_i_gate(p, gate, 128)); /* pairs: gate holder */
  return holder != 0 && (holder & SHMKIT_I_MARK) == 0;
}

static inline shmkit_i_f64 *shmkit_i_gate_f64(const shmkit_pipeline *p, uint32_t gate, uint32_t offset) {
  return (shmkit_i_f64 *)(void *)shmkit_i_gate(p, gate, offset);
}

/* The whole position of a gate. */
static inline int64_t shmkit_i_reached(const shmkit_pipeline *p, uint32_t gate) {
  int64_t epoch = shmkit_i_load(shmkit_i_gate(p, gate, 132)) >> 2; /* pairs: gate place */
  return shmkit_i_position_after(shmkit_i_load(shmkit_i_gate(p, gate, 0)), epoch << 30);
}

static inline int64_t shmkit_i_permit(const shmkit_pipeline *p) {
  /* pairs: pipeline permit */
  return (int64_t)shmkit_i_read_position(shmkit_i_word(p->memory, 256), shmkit_i_word(p->memory, 276));
}

/* Finds where to begin and stores it, so that the writer waits from there on. The steps: docs/format.md. */
static inline int64_t shmkit_i_settle(const shmkit_pipeline *p, uint32_t gate, int64_t from, int waits_for_all,
                                      int64_t kept, int is_waited_for) {
  shmkit_i_f64 *since_at = shmkit_i_gate_f64(p, gate, 192);
  int64_t since = (int64_t)*since_at, wanted, announced = -1;
  uint32_t before = 0, i;
  if (waits_for_all) before = kept < 0 ? shmkit_i_ancestors(p, gate) : shmkit_i_peek(shmkit_i_gate(p, gate, 136));
  wanted = from >= 0 ? from : kept >= 0 ? kept : 0;
  if (from == SHMKIT_NEWEST && kept < 0) {
    uint32_t tail = shmkit_i_load(shmkit_i_word(p->memory, 128)); /* pairs: ring tail */
    wanted = shmkit_i_position_before(tail, shmkit_i_permit(p));
  }
  for (;;) {
    int64_t permit = shmkit_i_permit(p), oldest = permit - p->capacity; /* what lies further back may be overwritten */
    int64_t first = wanted, awaited = INT64_MAX, start;
    for (i = 0; i < p->gates; i++) {
      if ((before >> i & 1) != 0) {
        int64_t theirs = (int64_t)*shmkit_i_gate_f64(p, i, 192);
        if (theirs > first) first = theirs;
      }
      if ((shmkit_i_ancestors(p, i) >> gate & 1) != 0 && shmkit_i_is_reading(p, i) &&
          shmkit_i_load(shmkit_i_gate(p, i, 208)) == 1) {
        int64_t theirs = shmkit_i_position_before(shmkit_i_load(shmkit_i_gate(p, i, 0)), permit);
        if (theirs < awaited) awaited = theirs;
      }
    }
    if (awaited < kept) awaited = kept;
    if (awaited < 0) awaited = 0;
    start = first < awaited ? first : awaited;
    if (start < oldest) start = oldest;
    if (start == announced) return start;
    *since_at = (double)(kept < 0 || start > kept || start < since ? start : since);
    shmkit_i_store(shmkit_i_gate(p, gate, 0), (uint32_t)start);
    /* Dekker's way: the writer sees this gate, or its permit is seen next; pairs: pipeline permit. */
    if (!is_waited_for) shmkit_i_store(shmkit_i_gate(p, gate, 128), p->segment->id);
    announced = start;
  }
}

static inline uint32_t shmkit_i_place(uint32_t state, int64_t position) {
  return (uint32_t)(position >> 30) << 2 | state;
}

/*
 * Becomes a reader, also in place of one that died or left: at its place, else as requested.
 *
 * from           SHMKIT_NEWEST or SHMKIT_OLDEST, if nobody has read there before; or a whole position, whoever has.
 * waits_for_all  Whether it receives nothing while a reader that it comes after is not there.
 */
static inline int shmkit_pipeline_reader_take(shmkit_pipeline_reader *r, const shmkit_pipeline *p, const char *name,
                                              int64_t from, int waits_for_all) {
  const shmkit_segment *s = p->segment;
  uint32_t gate, *holder, *place, held, state, quarter = (p->slot_mask + 1) / 4;
  int64_t kept, start;
  char padded[48];
  if (strlen(name) > sizeof padded || from < SHMKIT_OLDEST) return SHMKIT_RANGE;
  memset(padded, 0, sizeof padded);
  memcpy(padded, name, strlen(name));
  for (gate = 0; gate < p->gates; gate++) {
    if (memcmp(p->memory + 512 + gate * 256 + 144, padded, sizeof padded) == 0) break;
  }
  if (gate == p->gates) return SHMKIT_RANGE;
  if (from > shmkit_i_position_before(shmkit_i_load(shmkit_i_word(p->memory, 128)), shmkit_i_permit(p))) {
    return SHMKIT_RANGE;
  }
  if (s->read_only) return SHMKIT_READ_ONLY;
  memset(r, 0, sizeof *r);
  r->pipeline = p;
  r->gate = gate;
  r->after = shmkit_i_peek(shmkit_i_gate(p, gate, 136));
  r->waits_for_all = waits_for_all;
  r->narrowest = -1;
  r->held_most = quarter < 1 ? 1 : quarter > 64 ? 64 : quarter;
  r->is_fenced = shmkit_i_is_fenced();
  holder = shmkit_i_gate(p, gate, 128);
  place = shmkit_i_gate(p, gate, 132);
  for (;;) {
    held = shmkit_i_load(holder); /* pairs: gate holder */
    if ((held & ~SHMKIT_I_MARK) != 0 && shmkit_is_alive(s, held & ~SHMKIT_I_MARK)) return SHMKIT_TAKEN;
    /* Marked, the writer does not wait yet; one that it waits for is replaced as it is. */
    if (shmkit_i_change(holder, held, held != 0 && (held & SHMKIT_I_MARK) == 0 ? s->id : s->id | SHMKIT_I_MARK)) break;
  }
  /* The place that was reached here is kept while the position is in motion. */
  state = shmkit_i_load(place) & 3; /* pairs: gate place */
  kept = state == 0                  ? -1
         : state == SHMKIT_I_JOINING ? (int64_t)*shmkit_i_gate_f64(p, gate, 200)
                                     : shmkit_i_reached(p, gate);
  *shmkit_i_gate_f64(p, gate, 200) = (double)kept;
  shmkit_i_store(place, SHMKIT_I_JOINING); /* pairs: gate place */
  shmkit_i_store(shmkit_i_gate(p, gate, 208), waits_for_all ? 1 : 0);
  start = shmkit_i_settle(p, gate, from, waits_for_all, kept, held != 0 && (held & SHMKIT_I_MARK) == 0);
  shmkit_i_store(place, shmkit_i_place(SHMKIT_I_READING, start)); /* pairs: gate place */
  shmkit_i_notify(shmkit_i_gate(p, gate, 64));
  r->head = r->position = r->limit = (uint32_t)start;
  if (from >= 0 && start > from) r->lost = (uint64_t)(start - from);
  else if (from < 0 && kept >= 0 && start > kept) r->lost = (uint64_t)(start - kept);
  return (held & ~SHMKIT_I_MARK) == 0 ? 1 : SHMKIT_OWNER_DIED;
}

/* Lets nobody wait for a dead reader any more. Asks the kernel now and then only. */
static inline void shmkit_i_probe(shmkit_pipeline_reader *r, uint32_t gate) {
  const shmkit_pipeline *p = r->pipeline;
  uint32_t *word = shmkit_i_gate(p, gate, 128), holder = shmkit_i_load(word);
  int64_t now = shmkit_i_now();
  if (now - r->probed < 10000000) return;
  r->probed = now;
  if (holder == 0 || (holder & SHMKIT_I_MARK) != 0 || shmkit_is_alive(p->segment, holder)) return;
  if (!shmkit_i_change(word, holder, SHMKIT_I_MARK)) return; /* pairs: gate holder */
  __atomic_fetch_add(shmkit_i_gate(p, gate, 140), 1u, __ATOMIC_SEQ_CST);
  shmkit_i_notify(shmkit_i_gate(p, gate, 64));
}

/* Looks for records that are published, and received by all before this reader. */
static inline int shmkit_i_has_passed(void *self) {
  shmkit_pipeline_reader *r = (shmkit_pipeline_reader *)self;
  const shmkit_pipeline *p = r->pipeline;
  uint32_t i, from = r->position;
  int32_t found;
  if (r->position != r->limit) return 1;
  found = (int32_t)(shmkit_i_load(shmkit_i_word(p->memory, 128)) - from); /* pairs: ring tail */
  r->narrowest = -1;
  if (found == 0) return 0;
  for (i = 0; i < p->gates; i++) {
    int32_t left = 0;
    if ((r->after >> i & 1) == 0) continue;
    /* The position of one that joins is not yet where it is going to be. */
    if (shmkit_i_is_reading(p, i) &&
        (!r->waits_for_all || (shmkit_i_load(shmkit_i_gate(p, i, 132)) & 3) == SHMKIT_I_READING)) {
      left = (int32_t)(shmkit_i_load(shmkit_i_gate(p, i, 0)) - from); /* pairs: ring head */
    } else if (!r->waits_for_all) {
      continue;
    }
    if (left >= found) continue;
    found = left;
    r->narrowest = (int)i;
  }
  if (found > 0) { /* one that has just joined may be ahead of those before it */
    r->limit = from + (uint32_t)found;
    return 1;
  }
  if (r->narrowest >= 0) shmkit_i_probe(r, (uint32_t)r->narrowest);
  return 0;
}

static inline uint32_t *shmkit_i_passed_event(void *self) {
  shmkit_pipeline_reader *r = (shmkit_pipeline_reader *)self;
  const shmkit_pipeline *p = r->pipeline;
  return r->narrowest < 0 ? shmkit_i_word(p->memory, 384) : shmkit_i_gate(p, (uint32_t)r->narrowest, 64);
}

/* Frees all records that shmkit_pipeline_next returned: those that come after this reader may have them. */
static inline void shmkit_pipeline_free(shmkit_pipeline_reader *r) {
  const shmkit_pipeline *p = r->pipeline;
  if (r->position == r->head) return;
  r->head = r->position;
  /* pairs: ring head, event count */
  shmkit_i_publish(shmkit_i_gate(p, r->gate, 0), r->head, shmkit_i_gate(p, r->gate, 64), r->is_fenced);
}

/*
 * The next record, in place; NULL if there is none. What is written into it, those see that come after this reader, and
 * nobody else may write. It is good until the next call; freed as those of shmkit_ring_next are.
 */
static inline void *shmkit_pipeline_next(shmkit_pipeline_reader *r) {
  const shmkit_pipeline *p = r->pipeline;
  if (r->position == r->limit || r->position - r->head >= r->held_most) shmkit_pipeline_free(r);
  if (!shmkit_i_has_passed(r)) return NULL;
  return shmkit_i_record(p->records, r->position++, p->slot_mask, p->record_bytes);
}

/* The same, and waits for a record. NULL if the time ran out. */
static inline void *shmkit_pipeline_next_wait(shmkit_pipeline_reader *r, int64_t timeout_ms) {
  if (r->position == r->limit) {
    shmkit_pipeline_free(r);
    if (!shmkit_i_wait(shmkit_i_has_passed, shmkit_i_passed_event, r, timeout_ms)) return NULL;
  }
  return shmkit_pipeline_next(r);
}

/* Stops reading. What shmkit_pipeline_next returned counts as received; a successor begins behind it. */
static inline int shmkit_pipeline_reader_give(shmkit_pipeline_reader *r) {
  const shmkit_pipeline *p = r->pipeline;
  uint32_t *holder = shmkit_i_gate(p, r->gate, 128), *place = shmkit_i_gate(p, r->gate, 132);
  if (shmkit_i_load(holder) != p->segment->id) return SHMKIT_NOT_OWNER;
  shmkit_pipeline_free(r);
  shmkit_i_store(place, shmkit_i_place(SHMKIT_I_LEFT, shmkit_i_reached(p, r->gate))); /* pairs: gate place */
  if (!shmkit_i_change(holder, p->segment->id, 0)) return SHMKIT_NOT_OWNER;           /* pairs: gate holder */
  shmkit_i_notify(shmkit_i_gate(p, r->gate, 64));
  return 1;
}

#endif /* SHMKIT_H */
