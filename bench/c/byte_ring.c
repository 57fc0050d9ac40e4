/*
 * A one-to-one ring of messages of any length between two processes: records of length, type and bytes, each in one piece,
 * a record to skip before the end; cached positions, each side's on a cache-line pair of its own, release stores. Space is
 * given back once a batch of up to 256 messages. Message i has least + 8 * (i * 7 mod steps) bytes.
 *
 *     byte_ring <least> <steps> <batch> <messages>    {"nanoseconds":…} for all messages
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

enum { CAPACITY = 1 << 18, HEADER = 8, LIMIT = 256 };

typedef struct {
  _Alignas(128) _Atomic uint32_t tail;
  _Alignas(128) _Atomic uint32_t head;
  _Alignas(128) char data[CAPACITY];
} Ring;

static inline void pauses(void) {
  for (int i = 0; i < 4; i++) __builtin_ia32_pause();
}

static void produce(Ring *ring, uint32_t least, uint32_t steps, uint32_t batch, uint32_t messages) {
  uint32_t next = 0, head = 0;
  for (uint32_t i = 0; i < messages;) {
    for (uint32_t j = 0; j < batch; j++, i++) {
      uint32_t length = least + 8 * (i * 7 % steps), size = (length + HEADER + 7) & ~7u;
      uint32_t rest = CAPACITY - (next & (CAPACITY - 1)), need = size > rest ? rest + size : size;
      while (CAPACITY - (next - head) < need) {
        head = atomic_load_explicit(&ring->head, memory_order_acquire);
        if (CAPACITY - (next - head) < need) pauses();
      }
      if (size > rest) {
        *(uint32_t *)(ring->data + (next & (CAPACITY - 1))) = 0x80000000u | rest;
        next += rest;
      }
      char *record = ring->data + (next & (CAPACITY - 1));
      ((uint32_t *)record)[0] = length;
      ((uint32_t *)record)[1] = 1;
      double *words = (double *)(record + HEADER);
      for (uint32_t k = 0; k < length / 8; k++) words[k] = i + k;
      next += size;
    }
    atomic_store_explicit(&ring->tail, next, memory_order_release);
  }
}

static double consume(Ring *ring, uint32_t messages) {
  uint32_t next = 0;
  double sum = 0, start = 0;
  for (uint32_t received = 0; received < messages;) {
    uint32_t tail = atomic_load_explicit(&ring->tail, memory_order_acquire);
    if (tail == next) {
      pauses();
      continue;
    }
    if (start == 0) start = now();
    for (uint32_t count = 0; next != tail && count < LIMIT;) {
      char *record = ring->data + (next & (CAPACITY - 1));
      uint32_t word = *(uint32_t *)record;
      if (word & 0x80000000u) {
        next += word & 0x7fffffff;
        continue;
      }
      sum += ((uint32_t *)record)[1];
      double *words = (double *)(record + HEADER);
      for (uint32_t k = 0; k < word / 8; k++) sum += words[k];
      next += (word + HEADER + 7) & ~7u;
      count++, received++;
    }
    atomic_store_explicit(&ring->head, next, memory_order_release);
  }
  double took = now() - start;
  if (sum == 1) puts("");
  return took;
}

int main(int argc, char **argv) {
  if (argc != 5) return 2;
  uint32_t least = atoi(argv[1]), steps = atoi(argv[2]), batch = atoi(argv[3]), messages = atoi(argv[4]);
  Ring *ring = mmap(0, sizeof(Ring), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  memset(ring, 0, sizeof(Ring));
  if (fork() == 0) {
    produce(ring, least, steps, batch, messages);
    return 0;
  }
  printf("{\"nanoseconds\":%.0f}\n", consume(ring, messages));
  wait(0);
  return 0;
}
