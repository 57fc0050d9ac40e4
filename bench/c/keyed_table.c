/*
 * KeyedTable in C: the same algorithm, checks and layout, keys of 16 bytes, one writer, two versions of 64 bytes a row. Nothing is
 * inlined into the loops that measure, as nothing would be across a library's border.
 *
 *     keyed_table get|row-of|miss|add <keys>    nanoseconds: {"p50":…,"min":…} of batches
 */
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "timing.h"

enum { KEY_WORDS = 4, TIMES = 4096, BATCHES = 300, USED = 1, MIX_SHIFT = 15, FINISH_SHIFT = 13 };

typedef struct {
  _Atomic uint32_t state;
  uint32_t owner, base_low, base_high, key[KEY_WORDS];
} Key;

typedef struct {
  _Alignas(64) _Atomic uint32_t version;
  uint32_t zero;
  struct {
    uint32_t low, high;
    double record[8];
  } slots[2];
} Row;

typedef struct {
  _Atomic uint32_t *moves, *index;
  Key *keys;
  Row *rows;
  uint32_t capacity, slot_mask, count;
  int is_open;
} Table;

/* What a caller has: a text and its length. */
typedef struct {
  const char *text;
  uint32_t length;
} Text;

static uint32_t hash_of(const Text *text, uint32_t *words, uint32_t *used) {
  if (text->length > KEY_WORDS * 4) abort();
  uint32_t count = (text->length + 3) / 4, hash = count;
  words[count == 0 ? 0 : count - 1] = 0;
  memcpy(words, text->text, text->length);
  if (memchr(text->text, 0, text->length) != NULL) abort();
  for (uint32_t i = 0; i < count; i++) {
    hash = (hash ^ words[i]) * 0x9E3779B1u;
    hash ^= hash >> MIX_SHIFT;
  }
  *used = count;
  hash *= 0x85EBCA6Bu;
  return hash ^ (hash >> FINISH_SHIFT);
}

static inline int holds(const Table *table, uint32_t row, const uint32_t *words, uint32_t used, uint32_t *seen) {
  if (row >= table->capacity) return 0;
  Key *key = &table->keys[row];
  uint32_t state = atomic_load_explicit(&key->state, memory_order_acquire);
  if (!(state & USED)) return 0;
  if (memcmp(key->key, words, used * 4) != 0 || (used < KEY_WORDS && key->key[used] != 0)) return 0;
  *seen = state;
  return atomic_load_explicit(&key->state, memory_order_acquire) == state;
}

static inline int64_t find(const Table *table, const Text *text, uint32_t *seen) {
  uint32_t words[KEY_WORDS], used, hash = hash_of(text, words, &used), mask = table->slot_mask, tag = hash & ~mask;
  for (;;) {
    uint32_t moves = atomic_load_explicit(table->moves, memory_order_acquire), slot = hash & mask;
    for (uint32_t left = mask + 1; left > 0; left--, slot = (slot + 1) & mask) {
      uint32_t entry = atomic_load_explicit(&table->index[slot], memory_order_acquire);
      if (entry == 0) break;
      if ((entry & ~mask) == tag && holds(table, (entry & mask) - 1, words, used, seen)) return (entry & mask) - 1;
    }
    if (atomic_load_explicit(table->moves, memory_order_acquire) == moves) return -1;
  }
}

__attribute__((noinline)) static int64_t row_of(const Table *table, const Text *text) {
  uint32_t seen;
  if (!table->is_open) abort();
  return find(table, text, &seen);
}

__attribute__((noinline)) static int get(const Table *table, const Text *text, double *into) {
  uint32_t seen;
  if (!table->is_open) abort();
  int64_t index = find(table, text, &seen);
  if (index < 0) return 0;
  Row *row = &table->rows[index];
  Key *key = &table->keys[index];
  for (;;) {
    uint32_t version = atomic_load_explicit(&row->version, memory_order_acquire);
    if (version == key->base_low) return 0;
    memcpy(into, row->slots[version & 1].record, 64);
    atomic_thread_fence(memory_order_acquire);
    if (atomic_load_explicit(&row->version, memory_order_relaxed) - version < 1) break;
  }
  return atomic_load_explicit(&key->state, memory_order_acquire) == seen;
}

/* Without the mutex, whose price bench/c/locks.c tells. Stores as strong as those of the library. */
__attribute__((noinline)) static uint32_t add(Table *table, const Text *text) {
  int64_t found = row_of(table, text);
  if (found >= 0) return (uint32_t)found;
  uint32_t words[KEY_WORDS] = {0}, used, hash = hash_of(text, words, &used), mask = table->slot_mask, slot = hash & mask;
  while (atomic_load_explicit(&table->index[slot], memory_order_acquire) != 0) slot = (slot + 1) & mask;
  if (table->count >= table->capacity) abort();
  Key *key = &table->keys[table->count];
  memcpy(key->key, words, sizeof words);
  atomic_store(&table->index[slot], (hash & ~mask) | (table->count + 1));
  atomic_store(&key->state, key->state | USED);
  return table->count++;
}

static void *zeros(size_t bytes) {
  void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) exit(1);
  return memory;
}

static Text text_of(char *room, uint32_t number, const char *format) {
  snprintf(room, 17, format, number);
  return (Text){room, 16};
}

int main(int count, char **arguments) {
  if (count != 3) return 2;
  const char *work = arguments[1];
  uint32_t keys = (uint32_t)atoi(arguments[2]), slots = 8, asked = keys < 65536 ? keys : 65536;
  while (slots < keys + keys / 2) slots *= 2;
  Table table = {zeros(4), zeros((size_t)slots * 4), zeros((size_t)keys * sizeof(Key)), zeros((size_t)keys * sizeof(Row)), keys,
                 slots - 1, 0, 1};
  static double batches[BATCHES];
  int done = 0;
  char room[17];
  double start = now();
  for (uint32_t i = 0; i < keys; i++) {
    Text text = text_of(room, i, "key-%012u");
    uint32_t row = add(&table, &text);
    table.rows[row].slots[1].record[0] = i;
    table.rows[row].version = 1;
    if (strcmp(work, "add") == 0 && (i + 1) % TIMES == 0 && done < BATCHES) {
      batches[done++] = (now() - start) / TIMES;
      start = now();
    }
  }
  // Keys in no order, as many as a program would hold on to.
  char *rooms = malloc((size_t)asked * 17);
  Text *texts = malloc((size_t)asked * sizeof(Text));
  for (uint32_t i = 0; i < asked; i++) {
    texts[i] = text_of(rooms + (size_t)i * 17, (uint32_t)((uint64_t)i * 2654435761u % keys), strcmp(work, "miss") == 0 ? "KEY-%012u" : "key-%012u");
  }
  double into[8];
  uint32_t next = 0;
  int64_t sum = 0;
  for (int batch = 0; batch < BATCHES && strcmp(work, "add") != 0; batch++) {
    start = now();
    for (int i = 0; i < TIMES; i++) {
      sum += strcmp(work, "get") == 0 ? get(&table, &texts[next], into) : row_of(&table, &texts[next]);
      if (++next == asked) next = 0;
    }
    batches[done++] = (now() - start) / TIMES;
  }
  if (done == 0) return 3;
  qsort(batches, (size_t)done, sizeof *batches, ascending);
  printf("{\"p50\":%.3f,\"min\":%.3f,\"sum\":%lld}\n", batches[done / 2], batches[0], (long long)sum);
  return 0;
}
