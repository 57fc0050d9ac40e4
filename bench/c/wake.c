/*
 * How long a process that sleeps in a futex takes to go on after another stores to the word and wakes it.
 *
 *     wake <records> <pause in µs>    {"latencies":[…]} in nanoseconds
 */
#include <linux/futex.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "timing.h"

typedef struct {
  _Alignas(128) _Atomic uint32_t word;
  _Alignas(128) double sent;
} Shared;

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  const int records = atoi(argv[1]), pause = atoi(argv[2]);
  Shared *shared = mmap(NULL, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  const pid_t child = fork();
  if (child == 0) {
    for (int i = 1; i <= records; i++) {
      usleep(pause);
      shared->sent = now();
      atomic_store(&shared->word, i);
      syscall(SYS_futex, &shared->word, FUTEX_WAKE, 1, NULL, NULL, 0);
    }
    _exit(0);
  }
  printf("{\"latencies\":[");
  const char *comma = "";
  for (int seen = 0; seen < records; comma = ",") {
    while ((int)atomic_load(&shared->word) == seen) syscall(SYS_futex, &shared->word, FUTEX_WAIT, seen, NULL, NULL, 0);
    seen = atomic_load(&shared->word);
    printf("%s%.0f", comma, now() - shared->sent);
  }
  printf("]}\n");
  waitpid(child, NULL, 0);
  return 0;
}
