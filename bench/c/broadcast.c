/*
 * A broadcast from one process to several: one tail, twice the slots that readers may count on, each reader copies what it
 * can get and then looks at the tail to see whether it was whole.
 *
 *     broadcast <readers> <records>   {"writer":…,"nanoseconds":[…],"received":[…]} of 64 B records
 *
 * `writer` is the time of all writes, `nanoseconds` each reader's time from its first record to its last.
 */
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "timing.h"

enum { CAPACITY = 4096, SLOTS = 2 * CAPACITY, BATCH = CAPACITY / 2, REACH = SLOTS - BATCH, CHUNK = 16, MOST = 8 };

typedef struct {
  _Alignas(128) _Atomic uint32_t tail;
  _Alignas(128) _Atomic uint32_t ready;
  _Alignas(128) double times[MOST];
  uint64_t received[MOST];
  _Alignas(128) double records[SLOTS * 8];
} Broadcast;

static void receive(Broadcast *b, int me, uint32_t end) {
  uint32_t next = 0;
  double sum = 0, start = 0, copies[CHUNK * 8];
  uint64_t received = 0;
  atomic_fetch_add(&b->ready, 1);
  while (next != end) {
    uint32_t tail = atomic_load_explicit(&b->tail, memory_order_acquire);
    if (tail == next) {
      for (int i = 0; i < 4; i++) __builtin_ia32_pause();
      continue;
    }
    if (start == 0) start = now();
    if (tail - next > REACH) next = tail - CAPACITY;
    uint32_t count = tail - next < CHUNK ? tail - next : CHUNK;
    for (uint32_t i = 0; i < count; i++) memcpy(copies + i * 8, &b->records[((next + i) & (SLOTS - 1)) * 8], 64);
    atomic_thread_fence(memory_order_acquire);
    if (atomic_load_explicit(&b->tail, memory_order_relaxed) - next > REACH) continue;
    for (uint32_t i = 0; i < count; i++) for (int j = 0; j < 8; j++) sum += copies[i * 8 + j];
    next += count;
    received += count;
  }
  b->times[me] = now() - start;
  b->received[me] = received;
  if (sum == 1) puts("");
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  int readers = atoi(argv[1]);
  uint32_t records = atoi(argv[2]);
  Broadcast *b = mmap(0, sizeof(Broadcast), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  memset(b, 0, sizeof(Broadcast));
  for (int i = 0; i < readers; i++)
    if (fork() == 0) {
      receive(b, i, records);
      return 0;
    }
  while (atomic_load(&b->ready) != (uint32_t)readers) usleep(100);
  double start = now();
  for (uint32_t next = 0; next != records;) {
    double *record = &b->records[(next & (SLOTS - 1)) * 8];
    for (int j = 0; j < 8; j++) record[j] = next + j;
    atomic_store_explicit(&b->tail, ++next, memory_order_release);
  }
  double writer = now() - start;
  while (wait(0) > 0) {}
  printf("{\"writer\":%.0f,\"nanoseconds\":[", writer);
  for (int i = 0; i < readers; i++) printf("%s%.0f", i ? "," : "", b->times[i]);
  printf("],\"received\":[");
  for (int i = 0; i < readers; i++) printf("%s%lu", i ? "," : "", b->received[i]);
  printf("]}\n");
  return 0;
}
