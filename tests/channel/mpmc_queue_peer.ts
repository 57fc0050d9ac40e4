import { Segment } from "../../mod.ts";
import { add, load, or, sleep } from "../../lib/atomic/mod.ts";
import { MpmcQueue } from "../../lib/channel/mpmc_queue/mpmc_queue.ts";
import type { WaitStrategy } from "../../lib/channel/shared/wait_strategy.ts";
import { nextOrder, reportNow, serve } from "../../support/in_spare.ts";
import { Random } from "../../support/random.ts";
import { fill, isWhole, Sample } from "./latest_table_sample.ts";
import {
  ATTEMPTED,
  ERRORS,
  MARKS,
  Marks,
  PUBLISHED,
  RECEIVED,
  SENDER,
  SHIFTS,
  TALLIES,
  Tallies,
} from "./mpmc_queue_sample.ts";

/*
 * A record's sequence names its sender and its number; consumers set a bit for each that they receive. Arguments: what
 * to do, segment, how to wait, own number, records of a sender, records of all.
 */
serve((peerArgs) => {
  const [what, name, wait, own, ofEach, ofAll] = peerArgs;
  const segment = Segment.open(name, { role: `${what} ${own}` });
  const queue = segment.open("samples", MpmcQueue, { layout: Sample });
  const marks = segment.open("marks", Marks, {}), tallies = segment.open("tallies", Tallies, {});
  const shifts = segment.open("shifts", Tallies, {});
  const me = Number(own), count = Number(ofEach), total = Number(ofAll), first = me * SENDER;
  const random = new Random(me + 1), role = { wait: wait as WaitStrategy };

  /** Sends one record, or up to 16, in one of the ways there are; returns how many. */
  function sender(): (next: number) => number {
    const producer = queue.producer(role), sample = Sample.alloc(), options = { timeoutMs: 30_000 };
    return (next) => {
      const way = random.below(16);
      if (way < 8) {
        fill(sample, first + next);
        tallies[me * TALLIES + ATTEMPTED] = next + 1;
        if (!producer.pushWait(sample, options)) throw new Error("full for 30 s");
        return 1;
      }
      const batch = Math.min(1 + random.below(16), count - next);
      tallies[me * TALLIES + ATTEMPTED] = next + batch;
      let record = producer.claimWait(options);
      if (record === undefined) throw new Error("full for 30 s");
      if (way === 8) {
        producer.abort();
        return 0;
      }
      for (let i = 0; record !== undefined; i++) {
        fill(record, first + next + i);
        record = i + 1 < batch ? producer.claim(way < 12 ? undefined : batch - i - 1) : undefined;
      }
      const { claimed } = producer;
      producer.publish();
      return claimed;
    };
  }

  /** Receives a few records at each call, and returns how many. */
  function receiver(): { receive(): number; close(): void } {
    const consumer = queue.consumer(role), sample = Sample.alloc(), options = { timeoutMs: 50 };
    const last = new Float64Array(1024).fill(-1);
    const complain = (text: string, sequence: number) => {
      add(marks, ERRORS, 1);
      console.error(`${text}: number ${sequence % SENDER} of ${Math.floor(sequence / SENDER)}`);
    };
    const check = (record: typeof sample) => {
      const { sequence } = record, from = Math.floor(sequence / SENDER), number = sequence % SENDER;
      if (!isWhole(record)) return complain("torn", sequence);
      if (number <= last[from]) complain(`not after ${last[from]}`, sequence);
      last[from] = number;
      const bit = from * count + number, word = or(marks, MARKS + (bit >> 5), 1 << (bit & 31));
      if ((word & (1 << (bit & 31))) !== 0) complain("received twice", sequence);
    };
    const receive = () => {
      const way = random.below(8);
      if (way === 0) {
        // Its slot is free before the record is marked: a consumer that dies between the two has received it unmarked.
        shifts[me * TALLIES + SHIFTS] = 1;
        const isReceived = consumer.shiftWait(sample, options);
        if (isReceived) check(sample);
        shifts[me * TALLIES + SHIFTS] = 0;
        return Number(isReceived);
      }
      if (way < 4) {
        // What it takes ahead and does not receive now comes first the next time.
        const most = 1 + random.below(20), ahead = way === 1 ? undefined : 1 + random.below(16);
        let received = 0;
        for (let record = consumer.nextWait(options); record !== undefined; record = consumer.next(ahead)) {
          check(record);
          if (++received === most) break;
        }
        if (way === 2) consumer.release();
        return received;
      }
      return consumer.drainWait(check, way === 4 ? undefined : 1 + random.below(40), options);
    };
    return { receive, close: () => consumer.close() };
  }

  function produce(): void {
    const send = sender();
    for (let next = 0; next < count;) next += send(next);
    reportNow("done");
  }

  function consume(): void {
    const { receive, close } = receiver();
    let received = 0;
    for (let limit = performance.now() + 30_000; load(marks, RECEIVED) < total && performance.now() < limit;) {
      const some = receive();
      if (some === 0) continue;
      received += some;
      add(marks, RECEIVED, some);
      limit = performance.now() + 30_000;
    }
    close();
    reportNow(received);
  }

  /** Ends only by a signal. */
  function produceForEver(): never {
    const send = sender();
    reportNow("working");
    for (let next = 0; next < count;) {
      next += send(next);
      tallies[me * TALLIES + PUBLISHED] = next;
    }
    while (true) sleep(1000);
  }

  /** Ends only by a signal. */
  function consumeForEver(): never {
    const { receive } = receiver();
    reportNow("working");
    while (true) add(marks, RECEIVED, receive());
  }

  /** Claims or takes a record, reports it, and waits for a message; meanwhile it is stopped. */
  function hold(): void {
    if (what === "holdClaim") {
      const producer = queue.producer();
      fill(producer.claim()!, first);
      reportNow("holding");
      nextOrder();
      producer.publish();
    } else {
      const consumer = queue.consumer();
      try {
        consumer.drain((record) => {
          if (!isWhole(record)) console.error("torn");
          throw new Error("enough");
        }, 1);
      } catch {
        reportNow("holding");
      }
      nextOrder();
      consumer.drain(() => {}, 1);
    }
    reportNow("done");
  }

  if (what === "produce") produce();
  else if (what === "consume") consume();
  else if (what.startsWith("hold")) hold();
  else {
    reportNow("ready");
    nextOrder();
    what === "produceForEver" ? produceForEver() : consumeForEver();
  }
});
