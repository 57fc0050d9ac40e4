/*
 * An order book on std::map, as most programs begin with: one process's own, nothing shared, nothing published. 1,000 levels a side.
 * Nothing is inlined into the loops that measure.
 *
 *     order_book top|middle|insert|read    nanoseconds: {"p50":…,"min":…} of batches
 */
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <functional>
#include <map>
#include <vector>

namespace {

constexpr int kLevels = 1000, kTimes = 1000, kBatches = 1000, kMiddle = 100000, kDepth = 10;

struct Book {
  std::map<double, double, std::greater<double>> bids;
  std::map<double, double> asks;
};

template <class Side>
__attribute__((noinline)) void Set(Side &side, double price, double quantity) {
  if (quantity == 0) {
    side.erase(price);
  } else {
    side[price] = quantity;
  }
}

template <class Side>
int Copy(const Side &side, double *prices, double *quantities) {
  int count = 0;
  for (auto it = side.begin(); it != side.end() && count < kDepth; ++it, ++count) {
    prices[count] = it->first;
    quantities[count] = it->second;
  }
  return count;
}

__attribute__((noinline)) int Read(const Book &book, double (&into)[4][kDepth]) {
  return Copy(book.bids, into[0], into[1]) + Copy(book.asks, into[2], into[3]);
}

}  // namespace

int main(int count, char **arguments) {
  if (count != 2) return 2;
  const char *work = arguments[1];
  Book book;
  for (int i = 1; i <= kLevels; i++) {
    Set(book.bids, kMiddle - i, i);
    Set(book.asks, kMiddle + i, i);
  }
  double into[4][kDepth], sum = 0;
  std::vector<double> batches;
  for (int batch = 0; batch < kBatches; batch++) {
    const auto start = std::chrono::steady_clock::now();
    for (int i = 1; i <= kTimes; i++) {
      if (std::strcmp(work, "top") == 0) {
        Set(book.bids, kMiddle - 1, i);
      } else if (std::strcmp(work, "middle") == 0) {
        Set(book.bids, kMiddle - 450 - i % 100, i);
      } else if (std::strcmp(work, "insert") == 0) {
        Set(book.bids, kMiddle - 500.5, i & 1);  // in, then out
      } else {
        sum += Read(book, into);
      }
    }
    batches.push_back(std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - start).count() / kTimes);
  }
  std::sort(batches.begin(), batches.end());
  std::printf("{\"p50\":%.3f,\"min\":%.3f,\"sum\":%.0f}\n", batches[kBatches / 2], batches[0], sum);
  return 0;
}
