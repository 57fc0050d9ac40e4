// What C reaches with the same locks: run by bench/locks.bench.ts, one case a process.
//   locks robust|spin|seq <iterations>            uncontended, one process
//   locks robust2|spin2   <iterations> <ms>       two processes in turn on one lock, for a time
//   locks seqw            <iterations>            reads while a child writes every microsecond
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
#include <time.h>
#include <unistd.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e9 + t.tv_nsec;
}

struct shared {
  pthread_mutex_t mutex;
  _Alignas(128) _Atomic int spin;
  _Alignas(128) _Atomic unsigned sequence;
  volatile double payload[8];
  _Alignas(128) volatile long counter;
  _Alignas(128) _Atomic int go, stop;
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

int main(int argc, char **argv) {
  const char *what = argv[1];
  long n = atol(argv[2]);
  struct shared *s = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  pthread_mutex_init(&s->mutex, &attributes);
  double start = now(), sum = 0;
  if (!strcmp(what, "robust")) {
    for (long i = 0; i < n; i++) { pthread_mutex_lock(&s->mutex); pthread_mutex_unlock(&s->mutex); }
  } else if (!strcmp(what, "spin")) {
    for (long i = 0; i < n; i++) { spin_lock(&s->spin); spin_unlock(&s->spin); }
  } else if (!strcmp(what, "seq") || !strcmp(what, "seqw")) {
    pid_t child = 0;
    if (what[3] && !(child = fork())) {
      for (double next = now();; next += 1000) {
        while (now() < next);
        unsigned q = atomic_load_explicit(&s->sequence, memory_order_relaxed);
        atomic_store_explicit(&s->sequence, q + 1, memory_order_relaxed);
        atomic_thread_fence(memory_order_release);
        for (int i = 0; i < 8; i++) s->payload[i] = q + i;
        atomic_store_explicit(&s->sequence, q + 2, memory_order_release);
      }
    }
    if (child) usleep(20000);
    start = now();
    for (long i = 0; i < n; i++) {
      unsigned q, r;
      double v;
      do {
        q = atomic_load_explicit(&s->sequence, memory_order_acquire);
        v = s->payload[0] + s->payload[1] + s->payload[2] + s->payload[3] + s->payload[4] + s->payload[5] + s->payload[6] + s->payload[7];
        atomic_thread_fence(memory_order_acquire);
        r = atomic_load_explicit(&s->sequence, memory_order_relaxed);
      } while (q != r || (q & 1));
      sum += v;
    }
    double end = now();
    if (child) { kill(child, SIGKILL); wait(0); }
    printf("%g %g\n", (end - start) / n, sum);
    return 0;
  } else {
    int robust = what[0] == 'r';
    pid_t child = fork();
    long mine = 0;
    while (!atomic_load(&s->stop)) {
      if (robust) { pthread_mutex_lock(&s->mutex); s->counter++; pthread_mutex_unlock(&s->mutex); }
      else { spin_lock(&s->spin); s->counter++; spin_unlock(&s->spin); }
      if (child && (++mine & 1023) == 0 && now() - start > n * 1e6) atomic_store(&s->stop, 1);
    }
    if (!child) return 0;
    wait(0);
    printf("%g\n", s->counter / (double)n / 1e3);
    return 0;
  }
  printf("%g\n", (now() - start) / n);
  return 0;
}
