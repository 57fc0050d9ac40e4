/*
 * Histogram in C: the same scale, checks and layout, one lane. Nothing is inlined into the loops that measure, as nothing would be
 * across a library's border.
 *
 *     histogram record    nanoseconds: {"p50":…,"min":…} of batches
 */
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "timing.h"

enum { TIMES = 4096, BATCHES = 2000, HALF_BITS = 10, HIGHEST = 1000000000, COUNTS = 21 * 1024 };

typedef struct {
  _Atomic uint32_t low, high;
} Count;

typedef struct {
  Count *counts;
  int is_open;
} Recorder;

__attribute__((noinline)) static void record(const Recorder *recorder, double value) {
  if (!recorder->is_open || !(value >= 0 && value <= HIGHEST)) abort();
  uint32_t whole = (uint32_t)value;
  int bucket = 31 - __builtin_clz(whole | ((2u << HALF_BITS) - 1)) - HALF_BITS;
  Count *count = &recorder->counts[((uint32_t)bucket << HALF_BITS) + (whole >> bucket)];
  uint32_t low = atomic_load_explicit(&count->low, memory_order_relaxed);
  if ((low & 0x7fffffffu) == 0x7fffffffu) abort(); // not in so short a time
  atomic_store_explicit(&count->low, low + 1, memory_order_release);
}

int main(void) {
  static double batches[BATCHES], values[TIMES];
  Recorder recorder = {calloc(COUNTS, sizeof(Count)), 1};
  if (recorder.counts == NULL) return 1;
  // As bench/support/histogram_case.ts makes them: mostly some microseconds, a few much longer.
  for (uint32_t i = 0, seed = 1; i < TIMES; i++) {
    seed = seed * 1664525u + 1013904223u;
    values[i] = (seed >> 8) % (i % 64 == 0 ? 50000000 : 5000);
  }
  for (int batch = 0; batch < BATCHES; batch++) {
    double start = now();
    for (int i = 0; i < TIMES; i++) record(&recorder, values[i]);
    batches[batch] = (now() - start) / TIMES;
  }
  qsort(batches, BATCHES, sizeof *batches, ascending);
  printf("{\"p50\":%.3f,\"min\":%.3f}\n", batches[BATCHES / 2], batches[0]);
  return 0;
}
