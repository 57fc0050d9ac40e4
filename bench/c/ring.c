/*
 * A single-producer, single-consumer ring between two processes: cached indices, each side's on a cache-line pair of its
 * own, release stores. Space is given back once a batch of up to 256 records.
 *
 *     ring throughput <8|64> <batch> <records>   {"nanoseconds":…} for all records
 *
 * Round trips of 64 B are functions of a library: two processes call them in turn with their own, so that both are
 * measured in the same state of the machine.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "timing.h"

enum { CAPACITY = 4096, LIMIT = 256 };

typedef struct {
  _Alignas(128) _Atomic uint32_t tail;
  _Alignas(128) _Atomic uint32_t head;
  _Alignas(128) double records[CAPACITY * 8];
} Ring;

static inline void pauses(void) {
  for (int i = 0; i < 4; i++) __builtin_ia32_pause();
}

__attribute__((always_inline)) static inline void produce(Ring *ring, uint32_t width, uint32_t batch, uint32_t records) {
  uint32_t next = 0, head = 0;
  while (next != records) {
    for (uint32_t i = 0; i < batch; i++) {
      while (next - head == CAPACITY) {
        head = atomic_load_explicit(&ring->head, memory_order_acquire);
        if (next - head == CAPACITY) pauses();
      }
      double *record = &ring->records[(next & (CAPACITY - 1)) * width];
      for (uint32_t j = 0; j < width; j++) record[j] = next + j;
      next++;
    }
    atomic_store_explicit(&ring->tail, next, memory_order_release);
  }
}

__attribute__((always_inline)) static inline double consume(Ring *ring, uint32_t width, uint32_t records) {
  uint32_t next = 0;
  double sum = 0, start = 0;
  while (next != records) {
    uint32_t tail = atomic_load_explicit(&ring->tail, memory_order_acquire);
    if (tail == next) {
      pauses();
      continue;
    }
    if (start == 0) start = now();
    uint32_t end = tail - next > LIMIT ? next + LIMIT : tail;
    for (; next != end; next++) {
      double *record = &ring->records[(next & (CAPACITY - 1)) * width];
      for (uint32_t j = 0; j < width; j++) sum += record[j];
    }
    atomic_store_explicit(&ring->head, next, memory_order_release);
  }
  double took = now() - start;
  if (sum == 1) puts("");
  return took;
}

static void send_one(Ring *ring, uint32_t at, double value) {
  double *record = &ring->records[(at & (CAPACITY - 1)) * 8];
  for (int j = 0; j < 8; j++) record[j] = value + j;
  atomic_store_explicit(&ring->tail, at + 1, memory_order_release);
}

static double receive_one(Ring *ring, uint32_t at) {
  while (atomic_load_explicit(&ring->tail, memory_order_acquire) == at) __builtin_ia32_pause();
  double *record = &ring->records[(at & (CAPACITY - 1)) * 8], sum = 0;
  for (int j = 0; j < 8; j++) sum += record[j];
  atomic_store_explicit(&ring->head, at + 1, memory_order_release);
  return sum;
}

static Ring *rings;
static uint32_t at;

/* Two rings in a file without a name. Returns its descriptor, or -1. */
int rings_make(void) {
  int fd = memfd_create("rings", 0);
  if (fd < 0 || ftruncate(fd, 2 * sizeof(Ring)) != 0) return -1;
  rings = mmap(0, 2 * sizeof(Ring), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  return rings == MAP_FAILED ? -1 : fd;
}

/* The rings that another process made. Returns -1 if they cannot be opened. */
int rings_open(const char *path) {
  int fd = open(path, O_RDWR);
  if (fd < 0) return -1;
  rings = mmap(0, 2 * sizeof(Ring), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  return rings == MAP_FAILED ? -1 : fd;
}

/* So many round trips; returns the nanoseconds of one. */
double rings_trips(int trips) {
  double start = now();
  for (int i = 0; i < trips; i++, at++) {
    send_one(&rings[0], at, at);
    receive_one(&rings[1], at);
  }
  return (now() - start) / trips;
}

/* The other side of so many. */
void rings_echo(int trips) {
  for (int i = 0; i < trips; i++, at++) send_one(&rings[1], at, receive_one(&rings[0], at));
}

int main(int argc, char **argv) {
  Ring *rings = mmap(0, 2 * sizeof(Ring), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  memset(rings, 0, 2 * sizeof(Ring));
  if (argc != 5 || strcmp(argv[1], "throughput")) return 2;
  uint32_t width = atoi(argv[2]) / 8, batch = atoi(argv[3]), records = atoi(argv[4]);
  if (fork() == 0) {
    if (width == 1) batch == 1 ? produce(rings, 1, 1, records) : produce(rings, 1, batch, records);
    else batch == 1 ? produce(rings, 8, 1, records) : produce(rings, 8, batch, records);
    return 0;
  }
  printf("{\"nanoseconds\":%.0f}\n", width == 1 ? consume(rings, 1, records) : consume(rings, 8, records));
  wait(0);
  return 0;
}
