/*
 * The algorithm and layout of LatestTable in C: 64 rows of 64 bytes in two versions, read and written one after the
 * other. Prints nanoseconds per operation: the median of 9 runs.
 */
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

enum { ROWS = 64, TIMES = 4000000, RUNS = 9 };

typedef struct {
  uint32_t low, high;
  double record[8];
} Slot;

typedef struct {
  _Atomic uint32_t version;
  uint32_t zero;
  Slot slots[2];
  char padding[192 - 8 - 2 * sizeof(Slot)];
} Row;

__attribute__((noinline)) static int read_row(Row *row, double *into) {
  for (;;) {
    uint32_t version = atomic_load_explicit(&row->version, memory_order_acquire);
    if (version == 0) return 0;
    memcpy(into, row->slots[version & 1].record, 64);
    atomic_thread_fence(memory_order_acquire);
    if (atomic_load_explicit(&row->version, memory_order_relaxed) == version) return 1;
  }
}

__attribute__((noinline)) static void write_row(Row *row, const double *from, memory_order order) {
  uint32_t version = atomic_load_explicit(&row->version, memory_order_relaxed) + 1;
  Slot *slot = &row->slots[version & 1];
  slot->low = version;
  slot->high = 0;
  memcpy(slot->record, from, 64);
  if (order == memory_order_release) atomic_store_explicit(&row->version, version, memory_order_release);
  else atomic_store_explicit(&row->version, version, memory_order_seq_cst);
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e9 + t.tv_nsec;
}

static int ascending(const void *a, const void *b) {
  return *(const double *)a < *(const double *)b ? -1 : *(const double *)a > *(const double *)b;
}

int main(void) {
  Row *rows = mmap(NULL, ROWS * sizeof(Row), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  static double record[8] = {1, 2, 3, 4, 5, 6, 7, 8}, into[8];
  double read[RUNS], release[RUNS], seq_cst[RUNS];
  long found = 0;
  for (int i = 0; i < ROWS; i++) write_row(&rows[i], record, memory_order_release);
  for (int run = 0; run < RUNS; run++) {
    double start = now();
    for (int i = 0; i < TIMES; i++) found += read_row(&rows[i % ROWS], into);
    read[run] = (now() - start) / TIMES;
    start = now();
    for (int i = 0; i < TIMES; i++) write_row(&rows[i % ROWS], record, memory_order_release);
    release[run] = (now() - start) / TIMES;
    start = now();
    for (int i = 0; i < TIMES; i++) write_row(&rows[i % ROWS], record, memory_order_seq_cst);
    seq_cst[run] = (now() - start) / TIMES;
  }
  qsort(read, RUNS, sizeof *read, ascending);
  qsort(release, RUNS, sizeof *release, ascending);
  qsort(seq_cst, RUNS, sizeof *seq_cst, ascending);
  if (found != (long)TIMES * RUNS || into[7] != 8) return 1;
  printf("{\"read\":%.3f,\"write\":%.3f,\"writeSeqCst\":%.3f}\n", read[RUNS / 2], release[RUNS / 2], seq_cst[RUNS / 2]);
  return 0;
}
