/* What peer.ts does, from C: the same words on the command line, the same lines in return. */
#include "shmkit.h"
/* Printed by cHeader. */
#include "records.h"

enum { ROWS = 8, SEEN = 16, GIVEN = 17, ERRORS = 32 };

static shmkit_segment segment;
static uint64_t count;
static uint32_t state = 7;

static uint32_t below(uint32_t limit) {
  state = state * 1664525u + 1013904223u;
  return (state >> 8) % limit;
}

static void tell(const char *line) {
  puts(line);
  fflush(stdout);
}

static void fail(const char *what, int code) {
  fprintf(stderr, "%s: %d %s, %s\n", what, code, shmkit_error_text(code), strerror(errno));
  exit(1);
}

#define REQUIRE(call)                      \
  do {                                     \
    int code_ = (call);                    \
    if (code_ <= 0) fail(#call, code_);    \
  } while (0)

static void name_of(char *name, uint64_t sequence) {
  memset(name, 0, 8);
  snprintf(name, 8, "t%u", (unsigned)(sequence % 1000));
}

static void fill(Tick *tick, uint64_t sequence) {
  tick->sequence = sequence;
  tick->check = (uint32_t)sequence * 0x9e3779b1u;
  tick->low = (int32_t)(uint32_t)sequence;
  tick->twice = (double)sequence * 2;
  tick->price = (int64_t)sequence * 25;
  name_of(tick->name, sequence);
}

static int is_whole(const Tick *tick) {
  char name[8];
  name_of(name, tick->sequence);
  return tick->check == (uint32_t)tick->sequence * 0x9e3779b1u && tick->low == (int32_t)(uint32_t)tick->sequence &&
         tick->twice == (double)tick->sequence * 2 && tick->price == (int64_t)tick->sequence * 25 &&
         memcmp(tick->name, name, 8) == 0;
}

static void find(const char *name, const char *kind, uint32_t hash, shmkit_object *object) {
  REQUIRE(shmkit_find_wait(&segment, name, kind, object, 5000));
  if (hash != 0) REQUIRE(shmkit_check_hash(object, hash));
}

static double *notes(void) {
  shmkit_object object;
  find("notes", "Notes", 0, &object);
  return (double *)(void *)object.memory;
}

/* What others read while this process may die: never kept back, nor left out. */
static void note(double *notes, int at, double value) { *(volatile double *)&notes[at] = value; }
static double noted(double *notes, int at) { return *(volatile double *)&notes[at]; }

static void attach_table(shmkit_table *table) {
  shmkit_object object;
  find("table", "LatestTable", SHMKIT_Tick_HASH, &object);
  REQUIRE(shmkit_table_attach(table, &object, sizeof(Tick)));
}

static void table_write(void) {
  shmkit_table table;
  shmkit_table_writer writer;
  uint64_t sequence;
  uint32_t row;
  attach_table(&table);
  REQUIRE(shmkit_table_writer_take(&writer, &table));
  tell("\"writing\"");
  for (sequence = 1; sequence <= count; sequence++) {
    for (row = 0; row < ROWS; row++) {
      Tick tick;
      fill(&tick, sequence);
      REQUIRE(shmkit_table_write(&writer, row, &tick));
    }
  }
  REQUIRE(shmkit_table_writer_give(&writer));
  tell("\"done\"");
}

static void table_read(void) {
  shmkit_table table;
  uint64_t last[ROWS], reads = 0, torn = 0, backwards = 0;
  uint32_t row, rows = 0, since;
  memset(last, 0, sizeof last);
  attach_table(&table);
  since = shmkit_table_changes(&table);
  tell("\"reading\"");
  while (rows < ROWS) {
    rows = 0;
    for (row = 0; row < ROWS; row++) {
      Tick tick;
      int code = shmkit_table_read(&table, row, &tick);
      if (code < 0) fail("table_read", code);
      if (code == 0) continue;
      reads++;
      torn += !is_whole(&tick);
      backwards += tick.sequence < last[row];
      last[row] = tick.sequence;
      rows += tick.sequence == count;
    }
    if (rows < ROWS) {
      /* Now and then by the log: it leads to a row that has changed. */
      int code = shmkit_table_next_change(&table, &since, &row);
      if (code == 1 && shmkit_table_version(&table, row) == 0) fail("a change of a row without a version", 0);
      if (code == 0) shmkit_table_wait(&table, since, 100);
    }
  }
  printf("{\"torn\":%u,\"backwards\":%u,\"isEnough\":%s}\n", (unsigned)torn, (unsigned)backwards,
         reads >= ROWS ? "true" : "false");
}

static void attach_ring(shmkit_ring *ring) {
  shmkit_object object;
  find("ring", "SpscRing", SHMKIT_Tick_HASH, &object);
  REQUIRE(shmkit_ring_attach(ring, &object, sizeof(Tick)));
}

static void ring_write(int for_ever) {
  shmkit_ring ring;
  shmkit_ring_producer producer;
  uint64_t next = 0;
  attach_ring(&ring);
  REQUIRE(shmkit_ring_producer_take(&producer, &ring));
  if (for_ever) tell("\"working\""), next = producer.tail;
  while (for_ever || next < count) {
    uint64_t batch = 1 + below(16);
    Tick *record = (Tick *)shmkit_ring_claim_wait(&producer, 20000);
    if (record == NULL) fail("full for 20 s", 0);
    fill(record, next++);
    while (--batch > 0 && (for_ever || next < count) && (record = (Tick *)shmkit_ring_claim(&producer)) != NULL) {
      fill(record, next++);
    }
    REQUIRE(shmkit_ring_publish(&producer));
  }
  REQUIRE(shmkit_ring_producer_give(&producer));
  tell("\"done\"");
}

static void ring_read(void) {
  shmkit_ring ring;
  shmkit_ring_consumer consumer;
  uint64_t next = 0, torn = 0, wrong = 0;
  attach_ring(&ring);
  REQUIRE(shmkit_ring_consumer_take(&consumer, &ring));
  while (next < count) {
    const Tick *record = (const Tick *)shmkit_ring_next_wait(&consumer, 20000);
    if (record == NULL) break;
    torn += !is_whole(record);
    wrong += record->sequence != next;
    next++;
  }
  REQUIRE(shmkit_ring_consumer_give(&consumer));
  printf("{\"received\":%llu,\"torn\":%u,\"wrong\":%u}\n", (unsigned long long)next, (unsigned)torn, (unsigned)wrong);
}

static void ring_read_on(void) {
  double *words = notes(), next = -1;
  shmkit_ring ring;
  shmkit_ring_consumer consumer;
  attach_ring(&ring);
  REQUIRE(shmkit_ring_consumer_take(&consumer, &ring));
  tell("\"working\"");
  for (;;) {
    uint32_t most = 1 + below(32);
    const Tick *record = (const Tick *)shmkit_ring_next_wait(&consumer, 20000);
    if (record == NULL) fail("nothing for 20 s", 0);
    do {
      double sequence = (double)record->sequence;
      int is_next = next >= 0 ? sequence == next : sequence >= noted(words, GIVEN) && sequence <= noted(words, SEEN);
      if (!is_whole(record) || !is_next) note(words, ERRORS, noted(words, ERRORS) + 1);
      next = sequence + 1;
      if (next > noted(words, SEEN)) note(words, SEEN, next);
    } while (--most > 0 && (record = (const Tick *)shmkit_ring_next(&consumer)) != NULL);
    shmkit_ring_free(&consumer);
    note(words, GIVEN, next);
  }
}

static void attach_broadcast(shmkit_broadcast *broadcast, const char *name) {
  shmkit_object object;
  find(name, "Broadcast", SHMKIT_Tick_HASH, &object);
  REQUIRE(shmkit_broadcast_attach(broadcast, &object, sizeof(Tick)));
}

static void broadcast_write(void) {
  shmkit_broadcast broadcast;
  shmkit_broadcast_writer writer;
  uint64_t next;
  attach_broadcast(&broadcast, "broadcast");
  REQUIRE(shmkit_broadcast_writer_take(&writer, &broadcast));
  tell("\"working\"");
  for (next = shmkit_broadcast_position(&broadcast); next < count;) {
    uint64_t batch = 1 + below(4);
    if (batch == 1) {
      Tick tick;
      fill(&tick, next++);
      REQUIRE(shmkit_broadcast_push(&writer, &tick));
      continue;
    }
    for (; batch > 0 && next < count; batch--) {
      Tick *record = (Tick *)shmkit_broadcast_claim(&writer);
      if (record == NULL) fail("claim", 0);
      fill(record, next++);
    }
    REQUIRE(shmkit_broadcast_publish(&writer));
  }
  REQUIRE(shmkit_broadcast_writer_give(&writer));
  tell("\"done\"");
}

static void broadcast_share(void) {
  shmkit_broadcast broadcast;
  shmkit_broadcast_writer writer;
  uint64_t i;
  attach_broadcast(&broadcast, "shared");
  REQUIRE(shmkit_broadcast_writer_take(&writer, &broadcast));
  for (i = 0; i < count; i++) {
    Tick tick;
    fill(&tick, i);
    REQUIRE(shmkit_broadcast_push(&writer, &tick));
  }
  REQUIRE(shmkit_broadcast_writer_give(&writer));
  tell("\"done\"");
}

static void broadcast_read(void) {
  shmkit_broadcast broadcast;
  shmkit_broadcast_reader reader;
  Tick ticks[16];
  uint64_t torn = 0, wrong = 0, received = 0, first;
  attach_broadcast(&broadcast, "broadcast");
  REQUIRE(shmkit_broadcast_read_from(&reader, &broadcast, SHMKIT_OLDEST));
  tell("\"reading\"");
  first = reader.position;
  while (reader.position < count) {
    uint32_t i, found = shmkit_broadcast_drain_wait(&reader, ticks, 1 + below(16), 20000);
    if (found == 0) break;
    received += found;
    for (i = 0; i < found; i++) {
      torn += !is_whole(&ticks[i]);
      wrong += ticks[i].sequence != reader.position - found + i;
    }
    wrong += received + reader.lost != reader.position - first;
  }
  printf("{\"torn\":%u,\"wrong\":%u,\"total\":%llu,\"isSome\":%s}\n", (unsigned)torn, (unsigned)wrong,
         (unsigned long long)(received + reader.lost), received > 0 ? "true" : "false");
}

static void pipeline_read(const char *name) {
  int is_pricing = strcmp(name, "pricing") == 0;
  uint64_t received = 0, wrong = 0;
  shmkit_object object;
  shmkit_pipeline pipeline;
  shmkit_pipeline_reader reader;
  find("pipeline", "Pipeline", SHMKIT_Job_HASH, &object);
  REQUIRE(shmkit_pipeline_attach(&pipeline, &object, sizeof(Job)));
  REQUIRE(shmkit_pipeline_reader_take(&reader, &pipeline, name, SHMKIT_OLDEST, 0));
  tell("\"reading\"");
  while (received < count) {
    Job *job = (Job *)shmkit_pipeline_next_wait(&reader, 20000);
    if (job == NULL) break;
    wrong += job->sequence != received;
    wrong += is_pricing && job->book != (double)job->sequence + 1;
    if (is_pricing) job->pricing = (double)job->sequence + 1;
    else job->book = (double)job->sequence + 1;
    received++;
  }
  REQUIRE(shmkit_pipeline_reader_give(&reader));
  printf("{\"received\":%llu,\"wrong\":%u}\n", (unsigned long long)received, (unsigned)wrong);
}

static void attach_mutex(shmkit_mutex *mutex) {
  shmkit_object object;
  find("mutex", "Mutex", 0, &object);
  REQUIRE(shmkit_mutex_attach(mutex, &object));
}

static void count_under_mutex(void) {
  double *words = notes(), there = 0;
  shmkit_mutex mutex;
  uint64_t i;
  attach_mutex(&mutex);
  for (i = 0; there < 2; i = 1) { /* both begin at once */
    REQUIRE(shmkit_mutex_lock(&mutex, -1));
    there = words[3] += (double)(1 - i);
    REQUIRE(shmkit_mutex_unlock(&mutex));
  }
  for (i = 0; i < count; i++) {
    REQUIRE(shmkit_mutex_lock(&mutex, -1));
    words[0]++;
    REQUIRE(shmkit_mutex_unlock(&mutex));
  }
  tell("\"done\"");
}

static void count_on(void) {
  double *words = notes();
  shmkit_mutex mutex;
  attach_mutex(&mutex);
  tell("\"working\"");
  for (;;) {
    int code = shmkit_mutex_lock(&mutex, -1);
    uint32_t i;
    if (code <= 0) fail("lock", code);
    if (code == SHMKIT_OWNER_DIED) {
      double most = noted(words, 0) > noted(words, 1) ? noted(words, 0) : noted(words, 1);
      note(words, 0, most);
      note(words, 1, most);
      REQUIRE(shmkit_mutex_mark_consistent(&mutex));
    } else if (noted(words, 0) != noted(words, 1)) {
      note(words, ERRORS, noted(words, ERRORS) + 1);
    }
    note(words, 0, noted(words, 0) + 1);
    for (i = below(100); i > 0; i--) note(words, 2, noted(words, 2) + i);
    note(words, 1, noted(words, 1) + 1);
    REQUIRE(shmkit_mutex_unlock(&mutex));
  }
}

static void hold(void) {
  shmkit_mutex mutex;
  attach_mutex(&mutex);
  REQUIRE(shmkit_mutex_lock(&mutex, 20000));
  tell("\"held\"");
  for (;;) pause();
}

static void take(void) {
  shmkit_mutex mutex;
  int code;
  attach_mutex(&mutex);
  tell("\"taking\"");
  code = shmkit_mutex_lock(&mutex, 20000);
  if (code <= 0) fail("lock", code);
  if (shmkit_mutex_owner_died(&mutex) != (code == SHMKIT_OWNER_DIED)) fail("owner_died", code);
  if (code == SHMKIT_OWNER_DIED && count > 0) REQUIRE(shmkit_mutex_mark_consistent(&mutex));
  REQUIRE(shmkit_mutex_unlock(&mutex));
  tell(code == SHMKIT_OWNER_DIED ? "true" : "false");
}

static void attach_seqlock(shmkit_seqlock *lock) {
  shmkit_object object;
  find("seqlock", "SeqLock", 0, &object);
  REQUIRE(shmkit_seqlock_attach(lock, &object, 64));
}

static void seqlock_half(void) {
  shmkit_seqlock lock;
  double *payload;
  attach_seqlock(&lock);
  REQUIRE(shmkit_mutex_lock(&lock.lock, 20000));
  payload = (double *)shmkit_seqlock_begin(&lock);
  if (payload == NULL) fail("begin", 0);
  payload[0] = -1;
  tell("\"writing\"");
  for (;;) pause();
}

static void seqlock_write(void) {
  shmkit_seqlock lock;
  double payload[8];
  uint64_t i, j;
  attach_seqlock(&lock);
  for (i = 1; i <= count; i++) {
    for (j = 0; j < 8; j++) payload[j] = (double)i;
    REQUIRE(shmkit_seqlock_write(&lock, payload, -1));
  }
  tell("\"done\"");
}

static void seqlock_read(void) {
  shmkit_seqlock lock;
  double seen[8];
  uint32_t torn = 0, i;
  attach_seqlock(&lock);
  tell("\"reading\"");
  do {
    REQUIRE(shmkit_seqlock_read(&lock, seen, -1));
    for (i = 1; i < 8; i++) torn += seen[i] != seen[0];
  } while (seen[0] < (double)count);
  printf("{\"torn\":%u}\n", torn);
}

/* What is refused, and that the words stay as they are: each line says what was answered. */
static void refusals(const char *name) {
  shmkit_segment reader, nobody;
  shmkit_object object;
  shmkit_table table;
  shmkit_table_writer writer, second;
  shmkit_mutex mutex;
  Tick tick;
  REQUIRE(shmkit_open(&reader, name, NULL, SHMKIT_READ_ONLY_ATTACHMENT, 0));
  printf("[%d,%d,", shmkit_open(&nobody, "/shmkit-test-nobody", NULL, 0, 0), shmkit_open(&nobody, "x", NULL, 0, 0));
  printf("%d,%d,", shmkit_find(&reader, "none", NULL, &object), shmkit_find(&reader, "ring", "LatestTable", &object));
  REQUIRE(shmkit_find(&reader, "table", "LatestTable", &object));
  printf("%d,%d,%d,", shmkit_check_hash(&object, 1), shmkit_check_schema(&object, "Tick{}"),
         shmkit_table_attach(&table, &object, 8));
  REQUIRE(shmkit_table_attach(&table, &object, sizeof tick));
  printf("%d,", shmkit_table_writer_take(&writer, &table));
  REQUIRE(shmkit_find(&reader, "mutex", "Mutex", &object));
  REQUIRE(shmkit_mutex_attach(&mutex, &object));
  printf("%d,%d,", shmkit_mutex_lock(&mutex, -1), shmkit_mutex_unlock(&mutex));
  shmkit_close(&reader);
  attach_table(&table);
  REQUIRE(shmkit_table_writer_take(&writer, &table));
  printf("%d,", shmkit_table_writer_take(&second, &table));
  memset(&tick, 0, sizeof tick);
  printf("%d,%d,", shmkit_table_write(&writer, ROWS, &tick), shmkit_table_read(&table, ROWS, &tick));
  printf("%d,", shmkit_table_read(&table, 0, &tick));
  REQUIRE(shmkit_table_writer_give(&writer));
  printf("%d,", shmkit_table_writer_give(&writer));
  attach_mutex(&mutex);
  printf("%d,", shmkit_mutex_unlock(&mutex));
  REQUIRE(shmkit_mutex_lock(&mutex, 0));
  printf("%d,%d,%d,", shmkit_mutex_lock(&mutex, -1), shmkit_mutex_try_lock(&mutex), shmkit_mutex_mark_consistent(&mutex));
  REQUIRE(shmkit_mutex_unlock(&mutex));
  printf("%d]\n", shmkit_mutex_unlock(&mutex));
}

int main(int argc, char **argv) {
  const char *what = argc > 2 ? argv[1] : "";
  char line[64];
  count = argc > 3 ? strtoull(argv[3], NULL, 10) : 0;
  if (argc < 3) return 2;
  if (strcmp(what, "open") == 0) { /* prints the answer as a text, as peer.py does */
    printf("\"%d\"\n", shmkit_open(&segment, argv[2], what, 0, 0));
    fflush(stdout);
    if (count > 0 && fgets(line, sizeof line, stdin) == NULL) return 1;
    shmkit_close(&segment);
    return 0;
  }
  REQUIRE(shmkit_open(&segment, argv[2], what, strcmp(what, "watch") == 0 ? SHMKIT_READ_ONLY_ATTACHMENT : 0, 5000));
  if (strcmp(what, "count") == 0 || strcmp(what + strlen(what) - 3, "-on") == 0) {
    tell("\"ready\"");
    if (fgets(line, sizeof line, stdin) == NULL) return 1;
  }
  if (strcmp(what, "table-write") == 0) table_write();
  else if (strcmp(what, "table-read") == 0) table_read();
  else if (strcmp(what, "ring-write") == 0) ring_write(0);
  else if (strcmp(what, "ring-write-on") == 0) ring_write(1);
  else if (strcmp(what, "ring-read") == 0) ring_read();
  else if (strcmp(what, "ring-read-on") == 0) ring_read_on();
  else if (strcmp(what, "broadcast-write") == 0) broadcast_write();
  else if (strcmp(what, "broadcast-share") == 0) broadcast_share();
  else if (strcmp(what, "broadcast-read") == 0 || strcmp(what, "watch") == 0) broadcast_read();
  else if (strcmp(what, "book") == 0 || strcmp(what, "pricing") == 0) pipeline_read(what);
  else if (strcmp(what, "count") == 0) count_under_mutex();
  else if (strcmp(what, "count-on") == 0) count_on();
  else if (strcmp(what, "hold") == 0) hold();
  else if (strcmp(what, "take") == 0) take();
  else if (strcmp(what, "seqlock-half") == 0) seqlock_half();
  else if (strcmp(what, "seqlock-write") == 0) seqlock_write();
  else if (strcmp(what, "seqlock-read") == 0) seqlock_read();
  else if (strcmp(what, "refusals") == 0) refusals(argv[2]);
  else return 2;
  shmkit_close(&segment);
  return 0;
}
