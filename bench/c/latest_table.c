/*
 * LatestTable in C: the same algorithm, checks and layout, two versions of 64 bytes a row. Nothing is inlined into the
 * loops that measure, as nothing would be across a library's border.
 *
 *     latest_table read|write|write-seq-cst             nanoseconds: {"p50":…,"min":…} of batches of 4096
 *     latest_table contended <rows> <every> <seconds>   a child writes every so many ns, 0 for at once:
 *                                                       {"perSecond":…,"p50":…,"p99":…} of single reads
 */
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "timing.h"

enum { ROWS = 64, LAST = ROWS - 1, TIMES = 4096, BATCHES = 4000, VERSION_MASK = 1, SAMPLES = 2000000 };

typedef struct {
  uint32_t low, high;
  double record[8];
} Slot;

typedef struct {
  _Alignas(64) _Atomic uint32_t version;
  uint32_t zero;
  Slot slots[VERSION_MASK + 1];
} Row;

typedef struct {
  Row *rows;
  uint32_t count;
  int is_open;
} Table;

__attribute__((noinline)) static int read_row(const Table *table, uint32_t index, double *into) {
  if (index >= table->count || !table->is_open) abort();
  Row *row = &table->rows[index];
  for (;;) {
    uint32_t version = atomic_load_explicit(&row->version, memory_order_acquire);
    if (version == 0) return 0;
    memcpy(into, row->slots[version & VERSION_MASK].record, 64);
    atomic_thread_fence(memory_order_acquire); // no instruction on x86-64
    if (atomic_load_explicit(&row->version, memory_order_relaxed) - version < VERSION_MASK) return 1;
  }
}

static inline void write_in_order(const Table *table, uint32_t index, const double *from, memory_order order) {
  if (index >= table->count || !table->is_open) abort();
  Row *row = &table->rows[index];
  uint32_t version = atomic_load_explicit(&row->version, memory_order_relaxed), next = version + 1;
  uint32_t high = row->slots[version & VERSION_MASK].high;
  atomic_thread_fence(memory_order_release); // no instruction on x86-64
  Slot *slot = &row->slots[next & VERSION_MASK];
  slot->low = next;
  slot->high = next == 0 ? high + 1 : high;
  memcpy(slot->record, from, 64);
  atomic_store_explicit(&row->version, next, order);
}

__attribute__((noinline)) static void write_release(const Table *table, uint32_t index, const double *from) {
  write_in_order(table, index, from, memory_order_release);
}

__attribute__((noinline)) static void write_seq_cst(const Table *table, uint32_t index, const double *from) {
  write_in_order(table, index, from, memory_order_seq_cst);
}

static void quiet(const Table *table, const char *work) {
  static double batches[BATCHES];
  double record[8] = {1, 2, 3, 4, 5, 6, 7, 8};
  for (int batch = 0; batch < BATCHES; batch++) {
    double start = now();
    if (strcmp(work, "read") == 0) {
      for (int i = 0; i < TIMES; i++) read_row(table, i & LAST, record);
    } else if (strcmp(work, "write") == 0) {
      for (int i = 0; i < TIMES; i++) write_release(table, i & LAST, record);
    } else {
      for (int i = 0; i < TIMES; i++) write_seq_cst(table, i & LAST, record);
    }
    batches[batch] = (now() - start) / TIMES;
  }
  qsort(batches, BATCHES, sizeof *batches, ascending);
  printf("{\"p50\":%.3f,\"min\":%.3f}\n", batches[BATCHES / 2], batches[0]);
}

static void write_until_killed(const Table *table, double every) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  double record[8], next = now();
  for (uint32_t i = 0;; i++) {
    for (int field = 0; field < 8; field++) record[field] = i;
    write_seq_cst(table, i % table->count, record);
    for (next += every; every > 0 && now() < next;) continue;
  }
}

static void contended(const Table *table, double every, double seconds) {
  static double samples[SAMPLES];
  double into[8], end = now() + seconds * 1e9, start;
  long reads = 0;
  pid_t child = fork();
  if (child == 0) write_until_killed(table, every);
  usleep(100000);
  for (int i = 0; i < SAMPLES; i++) {
    start = now();
    read_row(table, i % table->count, into);
    samples[i] = now() - start;
    if (into[0] != into[7]) abort();
  }
  start = now();
  for (end = start + seconds * 1e9; now() < end; reads += TIMES) {
    for (int i = 0; i < TIMES; i++) read_row(table, i % table->count, into);
  }
  double perSecond = reads / (now() - start) * 1e9;
  kill(child, SIGKILL);
  waitpid(child, NULL, 0);
  qsort(samples, SAMPLES, sizeof *samples, ascending);
  printf("{\"perSecond\":%.0f,\"p50\":%.0f,\"p99\":%.0f}\n", perSecond, samples[SAMPLES / 2], samples[SAMPLES / 100 * 99]);
}

int main(int count, char **arguments) {
  if (count != 2 && count != 5) return 2;
  uint32_t rows = count == 5 ? (uint32_t)atoi(arguments[2]) : ROWS;
  void *memory = mmap(NULL, rows * sizeof(Row), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return 1;
  Table table = {memory, rows, 1};
  double record[8] = {0};
  for (uint32_t i = 0; i < rows; i++) write_release(&table, i, record);
  if (count == 5) contended(&table, atof(arguments[3]), atof(arguments[4]));
  else quiet(&table, arguments[1]);
  return 0;
}
