/*
 * D. Vyukov's bounded queue between processes ("Bounded MPMC queue", 1024cores): a sequence beside each record, the two
 * positions on cache-line pairs of their own.
 *
 *     mpmc_queue <8|64> <producers> <consumers> <records of each producer>     {"nanoseconds":…} from first to last
 */
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "timing.h"

enum { CAPACITY = 4096, MOST = 8 };

typedef struct {
  _Alignas(128) _Atomic uint32_t tail;
  _Alignas(128) _Atomic uint32_t head;
  _Alignas(128) _Atomic uint32_t ready, done;
  _Alignas(128) double start[MOST], end[MOST];
  _Alignas(128) char slots[CAPACITY * 72];
} Queue;

/* Spins, then gives way where more run than there are cores. */
static inline void back_off(uint32_t *steps, int yields) {
  if (!yields) {
    for (int i = 0; i < 4; i++) __builtin_ia32_pause();
  } else if (*steps < 6) {
    for (int i = 0; i < 1 << *steps; i++) __builtin_ia32_pause();
    ++*steps;
  } else {
    sched_yield();
  }
}

__attribute__((always_inline)) static inline char *slot_at(Queue *queue, uint32_t position, uint32_t width) {
  return queue->slots + (position & (CAPACITY - 1)) * (8 + 8 * width);
}

__attribute__((always_inline)) static inline int push(Queue *queue, uint32_t width, double value) {
  uint32_t position = atomic_load_explicit(&queue->tail, memory_order_relaxed);
  for (;;) {
    char *slot = slot_at(queue, position, width);
    _Atomic uint32_t *sequence = (_Atomic uint32_t *)slot;
    int32_t difference = atomic_load_explicit(sequence, memory_order_acquire) - position;
    if (difference < 0) return 0;
    if (difference > 0) {
      position = atomic_load_explicit(&queue->tail, memory_order_relaxed);
    } else if (atomic_compare_exchange_weak_explicit(&queue->tail, &position, position + 1, memory_order_relaxed,
                                                     memory_order_relaxed)) {
      double *record = (double *)(slot + 8);
      for (uint32_t i = 0; i < width; i++) record[i] = value + i;
      atomic_store_explicit(sequence, position + 1, memory_order_release);
      return 1;
    }
  }
}

__attribute__((always_inline)) static inline int shift(Queue *queue, uint32_t width, double *sum) {
  uint32_t position = atomic_load_explicit(&queue->head, memory_order_relaxed);
  for (;;) {
    char *slot = slot_at(queue, position, width);
    _Atomic uint32_t *sequence = (_Atomic uint32_t *)slot;
    int32_t difference = atomic_load_explicit(sequence, memory_order_acquire) - (position + 1);
    if (difference < 0) return 0;
    if (difference > 0) {
      position = atomic_load_explicit(&queue->head, memory_order_relaxed);
    } else if (atomic_compare_exchange_weak_explicit(&queue->head, &position, position + 1, memory_order_relaxed,
                                                     memory_order_relaxed)) {
      double *record = (double *)(slot + 8);
      for (uint32_t i = 0; i < width; i++) *sum += record[i];
      atomic_store_explicit(sequence, position + CAPACITY, memory_order_release);
      return 1;
    }
  }
}

__attribute__((always_inline)) static inline void produce(Queue *queue, uint32_t width, uint32_t records, int yields) {
  for (uint32_t i = 0; i < records; i++) {
    for (uint32_t steps = 0; !push(queue, width, i);) back_off(&steps, yields);
  }
}

__attribute__((always_inline)) static inline void consume(Queue *queue, uint32_t width, uint32_t me, uint32_t producers,
                                                          int yields) {
  double sum = 0, start = 0;
  for (uint32_t steps = 0;;) {
    uint32_t done = atomic_load(&queue->done);
    if (shift(queue, width, &sum)) {
      if (start == 0) start = now();
      do steps = 0;
      while (shift(queue, width, &sum));
    } else if (done == producers) {
      break;
    } else {
      back_off(&steps, yields);
    }
  }
  queue->start[me] = start;
  queue->end[me] = now();
  if (sum == 1) puts("");
}

int main(int argc, char **argv) {
  if (argc != 5) return 2;
  uint32_t width = atoi(argv[1]) / 8, producers = atoi(argv[2]), consumers = atoi(argv[3]), records = atoi(argv[4]);
  if (producers > MOST || consumers > MOST) return 2;
  int yields = producers + consumers > 2;
  Queue *queue = mmap(0, sizeof(Queue), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  memset(queue, 0, sizeof(Queue));
  for (uint32_t i = 0; i < CAPACITY; i++) *(uint32_t *)slot_at(queue, i, width) = i;
  for (uint32_t i = 0; i < producers + consumers; i++) {
    if (fork() != 0) continue;
    atomic_fetch_add(&queue->ready, 1);
    while (atomic_load(&queue->ready) != producers + consumers) sched_yield();
    if (i < producers) {
      if (width == 1) produce(queue, 1, records, yields);
      else produce(queue, 8, records, yields);
      atomic_fetch_add(&queue->done, 1);
    } else if (width == 1) {
      consume(queue, 1, i - producers, producers, yields);
    } else {
      consume(queue, 8, i - producers, producers, yields);
    }
    return 0;
  }
  while (wait(0) > 0) continue;
  double start = 1e300, end = 0;
  for (uint32_t i = 0; i < consumers; i++) {
    if (queue->start[i] != 0 && queue->start[i] < start) start = queue->start[i];
    if (queue->end[i] > end) end = queue->end[i];
  }
  printf("{\"nanoseconds\":%.0f}\n", end - start);
  return 0;
}
