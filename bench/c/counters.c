/*
 * Counters in C: the same checks and layout, a counter with a line of its own. Nothing is inlined into the loops that measure, as
 * nothing would be across a library's border.
 *
 *     counters add|set|read    nanoseconds: {"p50":…,"min":…} of batches
 */
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "timing.h"

enum { TIMES = 4096, BATCHES = 2000, COUNTERS = 64 };

typedef struct {
  _Alignas(128) _Atomic uint32_t version;
  uint32_t zero;
  double values[2];
} Value;

typedef struct {
  Value *value;
  int is_open;
} Counter;

__attribute__((noinline)) static void set(const Counter *counter, double value) {
  const double most = 9007199254740991.0;
  if (!counter->is_open || !(value <= most && value >= -most) || (double)(int64_t)value != value) abort();
  uint32_t version = atomic_load_explicit(&counter->value->version, memory_order_relaxed);
  counter->value->values[(version + 1) & 1] = value;
  atomic_store_explicit(&counter->value->version, version + 1, memory_order_release);
}

__attribute__((noinline)) static void add(const Counter *counter, double count) {
  if (!counter->is_open) abort();
  uint32_t version = atomic_load_explicit(&counter->value->version, memory_order_relaxed);
  set(counter, counter->value->values[version & 1] + count);
}

/* Whether it is used, as a reader asks before and after. */
static _Atomic uint32_t states[COUNTERS];

__attribute__((noinline)) static double value_of(Value *values, uint32_t id) {
  if (id >= COUNTERS) abort();
  for (;;) {
    uint32_t state = atomic_load_explicit(&states[id], memory_order_acquire);
    if (!(state & 1)) abort();
    uint32_t version = atomic_load_explicit(&values[id].version, memory_order_acquire);
    double value = values[id].values[version & 1];
    atomic_thread_fence(memory_order_acquire);
    if (atomic_load_explicit(&values[id].version, memory_order_relaxed) != version) continue;
    if (atomic_load_explicit(&states[id], memory_order_relaxed) == state) return value;
  }
}

int main(int count, char **arguments) {
  if (count != 2) return 2;
  static double batches[BATCHES];
  Value *values = aligned_alloc(128, COUNTERS * sizeof(Value));
  if (values == NULL) return 1;
  memset(values, 0, COUNTERS * sizeof(Value));
  for (int i = 0; i < COUNTERS; i++) states[i] = 1;
  Counter counter = {&values[7], 1};
  double sum = 0;
  for (int batch = 0; batch < BATCHES; batch++) {
    double start = now();
    if (strcmp(arguments[1], "add") == 0) for (int i = 0; i < TIMES; i++) add(&counter, 1);
    else if (strcmp(arguments[1], "set") == 0) for (int i = 0; i < TIMES; i++) set(&counter, i);
    else for (int i = 0; i < TIMES; i++) sum += value_of(values, (uint32_t)i % COUNTERS);
    batches[batch] = (now() - start) / TIMES;
  }
  qsort(batches, BATCHES, sizeof *batches, ascending);
  printf("{\"p50\":%.3f,\"min\":%.3f,\"sum\":%.0f}\n", batches[BATCHES / 2], batches[0], sum);
  return 0;
}
