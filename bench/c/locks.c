// What C reaches with the same locks: run by bench/locks.bench.ts, one case a process.
//   locks robust|spin|seq      <iterations>   uncontended, one process
//   locks seqw                 <iterations>   reads while a child writes every microsecond
//   locks mutex2|robust2|spin2 <ms>           two processes at one lock, for a time
// Prints nanoseconds an operation, or, for two processes, million acquisitions a second.
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "timing.h"

struct shared {
  pthread_mutex_t mutex;
  _Alignas(128) _Atomic int spin;
  _Alignas(128) _Atomic unsigned sequence;
  volatile double payload[8];
  _Alignas(128) volatile long counter;
  _Alignas(128) _Atomic int stop;
  volatile double sink;
};

static void spin_lock(_Atomic int *lock) {
  for (;;) {
    int free = 0;
    if (atomic_compare_exchange_strong_explicit(lock, &free, 1, memory_order_acquire, memory_order_relaxed)) return;
    for (int i = 0; atomic_load_explicit(lock, memory_order_relaxed); i++) {
      __builtin_ia32_pause();
      if ((i & 1023) == 1023) sched_yield();
    }
  }
}

static void spin_unlock(_Atomic int *lock) { atomic_store_explicit(lock, 0, memory_order_release); }

// Reads what a seqlock protects; returns the sum of what was read.
static double read_record(struct shared *s) {
  unsigned q, r;
  double v;
  do {
    q = atomic_load_explicit(&s->sequence, memory_order_acquire);
    v = s->payload[0] + s->payload[1] + s->payload[2] + s->payload[3] + s->payload[4] + s->payload[5] + s->payload[6] + s->payload[7];
    atomic_thread_fence(memory_order_acquire);
    r = atomic_load_explicit(&s->sequence, memory_order_relaxed);
  } while (q != r || (q & 1));
  return v;
}

static void write_for_ever(struct shared *s) {
  for (double next = now();; next += 1000) {
    while (now() < next);
    unsigned q = atomic_load_explicit(&s->sequence, memory_order_relaxed);
    atomic_store_explicit(&s->sequence, q + 1, memory_order_relaxed);
    atomic_thread_fence(memory_order_release);
    for (int i = 0; i < 8; i++) s->payload[i] = q + i;
    atomic_store_explicit(&s->sequence, q + 2, memory_order_release);
  }
}

// Best of five turns, in nanoseconds, as in locks_peer.ts.
static double best(struct shared *s, char what, long n) {
  double least = 1e9, sum = 0;
  for (int turn = 0; turn < 5; turn++) {
    double start = now();
    if (what == 'r') {
      for (long i = 0; i < n; i++) { pthread_mutex_lock(&s->mutex); pthread_mutex_unlock(&s->mutex); }
    } else if (what == 's') {
      for (long i = 0; i < n; i++) { spin_lock(&s->spin); spin_unlock(&s->spin); }
    } else {
      for (long i = 0; i < n; i++) sum += read_record(s);
    }
    double one = (now() - start) / n;
    if (one < least) least = one;
  }
  s->sink = sum;
  return least;
}

// Two processes at one lock, in million acquisitions a second.
static double contended(struct shared *s, int is_spin, long ms) {
  pid_t child = fork();
  double start = now();
  long mine = 0;
  while (!atomic_load_explicit(&s->stop, memory_order_relaxed)) {
    if (is_spin) { spin_lock(&s->spin); s->counter++; spin_unlock(&s->spin); }
    else { pthread_mutex_lock(&s->mutex); s->counter++; pthread_mutex_unlock(&s->mutex); }
    if (child && (++mine & 1023) == 0 && now() - start > ms * 1e6) atomic_store(&s->stop, 1);
  }
  if (!child) _exit(0);
  wait(0);
  return s->counter / (double)ms / 1e3;
}

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  const char *what = argv[1];
  long amount = atol(argv[2]);
  struct shared *s = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  if (strcmp(what, "mutex2")) pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  pthread_mutex_init(&s->mutex, &attributes);
  double figure;
  if (!strcmp(what, "robust")) figure = best(s, 'r', amount);
  else if (!strcmp(what, "spin")) figure = best(s, 's', amount);
  else if (!strcmp(what, "seq")) figure = best(s, 'q', amount);
  else if (!strcmp(what, "seqw")) {
    pid_t child = fork();
    if (!child) write_for_ever(s);
    usleep(20000);
    figure = best(s, 'q', amount);
    kill(child, SIGKILL);
    wait(0);
  } else figure = contended(s, what[0] == 's', amount);
  printf("%g\n", figure);
  return 0;
}
