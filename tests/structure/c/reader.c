/*
 * Reads the four structures of a segment while others write them, until a counter says that they are done. Tells when it has seen
 * enough of them, and in the end what:
 *
 *     reader <file> <offset of the table> <of the book> <of the histogram> <of the counters>
 *
 * What it needs of their bytes is what docs/structures.md says, from which structures.h is made;
 * sample.h is what cHeader prints of a row.
 */
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sample.h"
#include "structures.h"

#define ACQUIRE(word) atomic_load_explicit(&(word), memory_order_acquire)
#define MIDDLE 1000000
#define LEVELS 40

static unsigned char *table, *book, *histogram, *counters;

static uint64_t aligned(uint64_t bytes, uint64_t to) { return (bytes + to - 1) / to * to; }

/* KeyedTable: keys of 16 bytes. */

static int64_t row_of(const char *text) {
  const struct keyed_header *header = (void *)table;
  _Atomic uint32_t *index = (void *)(table + sizeof *header);
  uint32_t words[5] = {0}, count = ((uint32_t)strlen(text) + 3) / 4, hash = count, mask = header->slots - 1;
  unsigned char *keys = table + aligned(sizeof *header + header->slots * 4ull, 64);
  memcpy(words, text, strlen(text));
  for (uint32_t i = 0; i < count; i++) {
    hash = (hash ^ words[i]) * 0x9E3779B1u;
    hash ^= hash >> 15;
  }
  hash *= 0x85EBCA6Bu;
  hash ^= hash >> 13;
  for (;;) {
    uint32_t moves = ACQUIRE(header->moves);
    for (uint32_t slot = hash & mask;; slot = (slot + 1) & mask) {
      uint32_t entry = ACQUIRE(index[slot]), row = (entry & mask) - 1;
      if (entry == 0) break;
      if ((entry & ~mask) != (hash & ~mask) || row >= header->capacity) continue;
      struct keyed_key *key = (void *)(keys + row * sizeof *key);
      uint32_t state = ACQUIRE(key->state);
      int is_equal = memcmp(key->key, words, sizeof key->key) == 0;
      atomic_thread_fence(memory_order_acquire);
      if (state % 2 == 1 && is_equal && ACQUIRE(key->state) == state) return row;
    }
    if (ACQUIRE(header->moves) == moves) return -1;
  }
}

static int get(const char *text, Sample *into) {
  const struct keyed_header *header = (void *)table;
  int64_t row = row_of(text);
  if (row < 0) return 0;
  struct keyed_key *keys = (void *)(table + aligned(sizeof *header + header->slots * 4ull, 64)), *key = &keys[row];
  uint32_t state = ACQUIRE(key->state);
  struct table_header *rows = (void *)(table + header->rows_offset);
  struct table_row *found = (void *)((unsigned char *)rows + 256 + row * rows->row_bytes);
  uint64_t slot_bytes = sizeof(struct table_slot) + aligned(rows->record_bytes, 8);
  for (;;) {
    uint32_t version = ACQUIRE(found->version);
    struct table_slot *slot = (void *)(found->slots + version % rows->versions * slot_bytes);
    int is_written = slot->low != key->base_low || slot->high != key->base_high;
    memcpy(into, slot->record, sizeof *into);
    atomic_thread_fence(memory_order_acquire);
    if (ACQUIRE(found->version) - version >= rows->versions - 1) continue;
    /* The key may have gone, and another one may have the row. */
    return is_written && state % 2 == 1 && ACQUIRE(key->state) == state && row_of(text) == row && ACQUIRE(key->state) == state;
  }
}

static void key_of(uint32_t number, char *room) {
  if (number % 2 == 0) sprintf(room, "key-%u", number);
  else sprintf(room, "%u-%.*s", number, (int)(number % 8), "abcdefgh");
}

/* OrderBook: the sample of tests/structure/order_book_sample.ts. */

static uint64_t hole(uint64_t sequence) { return 1 + sequence * 7 % LEVELS; }

static int is_side(const struct book_level *best, uint32_t count, int direction, uint64_t sequence) {
  if (count != LEVELS - 1) return 0;
  uint64_t distance = 1;
  for (uint32_t i = 0; i < count; i++, distance++) {
    if (distance == hole(sequence)) distance++;
    const struct book_level *level = best - i; /* the best is the last */
    double quantity = level->quantity - (double)distance;
    if (level->price != MIDDLE + direction * (double)distance) return 0;
    if (distance % 3 == 1 ? quantity != (double)sequence : quantity > (double)sequence) return 0;
  }
  return 1;
}

/* The sequence number of the book; −1 if it is torn. */
static double read_book(void) {
  struct book_header *header = (void *)book;
  uint64_t bytes = aligned(sizeof(struct book_copy) + 2 * header->levels * sizeof(struct book_level), 128);
  static unsigned char copied[1 << 16];
  for (;;) {
    uint32_t version = ACQUIRE(header->version);
    memcpy(copied, book + 256 + version % header->copies * bytes, bytes);
    atomic_thread_fence(memory_order_acquire);
    if (ACQUIRE(header->version) - version < header->copies - 1) break;
  }
  struct book_copy *copy = (void *)copied;
  uint64_t sequence = (uint64_t)copy->sequence;
  int is_right = copy->time == 2 * copy->sequence && copy->bids <= header->levels && copy->asks <= header->levels &&
                 is_side(copy->levels + copy->bids - 1, copy->bids, -1, sequence) &&
                 is_side(copy->levels + header->levels + copy->asks - 1, copy->asks, 1, sequence);
  return is_right ? copy->sequence : -1;
}

/* Histogram. */

static double count_at(uint32_t index) {
  struct histogram_header *header = (void *)histogram;
  uint64_t lane_bytes = aligned(128 + header->counts * 8ull, 128);
  double sum = 0;
  for (uint32_t lane = 0; lane < header->recorders; lane++) {
    struct histogram_count *count = (void *)(histogram + 128 + lane * lane_bytes + 128 + index * 8ull);
    uint32_t low = ACQUIRE(count->low), high = ACQUIRE(count->high);
    sum += (double)(uint32_t)(high - ((low >> 31) ^ (high & 1))) * 2147483648.0 + (low & 0x7fffffff);
  }
  return sum;
}

static double total(void) {
  double sum = 0;
  for (uint32_t i = 0; i < ((struct histogram_header *)(void *)histogram)->counts; i++) sum += count_at(i);
  return sum;
}

/* The highest value that cannot be told from the one which so many of all do not exceed. Of 2 digits: 128 in half a bucket. */
static double percentile(double percent) {
  double rank = ceil(total() * percent / 100), sum = 0;
  uint32_t index = 0;
  while ((sum += count_at(index)) < rank) index++;
  uint32_t bucket = index < 256 ? 0 : index / 128 - 1;
  return (index - bucket * 128.0 + 1) * ldexp(1, (int)bucket) - 1;
}

/* Counters. */

static double value_of(const char *label) {
  struct counters_header *header = (void *)counters;
  uint64_t bytes = 16 + aligned(header->label_bytes, 16);
  for (uint32_t id = 0; id < header->capacity; id++) {
    struct counter_label *found = (void *)(counters + 384 + header->capacity * 128ull + id * bytes);
    uint32_t state = ACQUIRE(found->state);
    if (state % 2 == 0 || strncmp(found->label, label, header->label_bytes) != 0) continue;
    struct counter_value *value = (void *)(counters + 384 + id * 128ull);
    for (;;) {
      uint32_t version = ACQUIRE(value->version);
      double copy = value->values[version % 2];
      atomic_thread_fence(memory_order_acquire);
      if (ACQUIRE(value->version) == version) return copy;
    }
  }
  return NAN;
}

int main(int count, char **arguments) {
  if (count != 6) return 2;
  int file = open(arguments[1], O_RDONLY);
  struct stat status;
  if (file < 0 || fstat(file, &status) != 0) return 3;
  unsigned char *memory = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_SHARED, file, 0);
  if (memory == MAP_FAILED) return 4;
  table = memory + atol(arguments[2]);
  book = memory + atol(arguments[3]);
  histogram = memory + atol(arguments[4]);
  counters = memory + atol(arguments[5]);
  uint64_t reads = 0, found = 0, wrong = 0, torn = 0, backwards = 0, books = 0, histograms = 0, values = 0;
  double last_book = 0, last_total = 0, last_value = 0;
  puts("reading");
  fflush(stdout);
  for (int is_last = 0, is_enough = 0; !is_last; reads++) {
    is_last = value_of("done") == 1;
    if (!is_enough && found > 20 && books > 20 && histograms > 20 && values > 20) {
      is_enough = 1;
      puts("enough");
      fflush(stdout);
    }
    for (uint32_t number = 0; number < 8; number++) {
      char key[17];
      Sample sample;
      key_of(number, key);
      if (!get(key, &sample)) continue;
      found++;
      if (sample.key != number || sample.sum != (double)number + sample.sequence || sample.again != sample.sequence ||
          sample.product != (double)number * sample.sequence)
        wrong++;
    }
    double sequence = read_book(), counted = total(), value = value_of("written");
    if (sequence < 0) torn++;
    if (sequence < last_book || counted < last_total || !(value >= last_value)) backwards++;
    books += sequence != last_book;
    histograms += counted != last_total;
    values += value != last_value;
    last_book = sequence, last_total = counted, last_value = value;
  }
  printf("{\"reads\":%lu,\"found\":%lu,\"wrong\":%lu,\"torn\":%lu,\"backwards\":%lu,\"books\":%lu,\"histograms\":%lu,\"values\":%lu,"
         "\"sequence\":%.0f,\"total\":%.0f,\"p50\":%.0f,\"p99\":%.0f,\"value\":%.0f,\"constant\":%ld}\n",
         reads, found, wrong, torn, backwards, books, histograms, values, last_book, last_total, percentile(50), percentile(99),
         last_value, (long)row_of("constant"));
  return 0;
}
