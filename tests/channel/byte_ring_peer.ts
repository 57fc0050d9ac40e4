import { ByteRing } from "../../lib/channel/byte_ring/byte_ring.ts";
import type { ByteProducer } from "../../lib/channel/byte_ring/byte_producer.ts";
import type { WaitStrategy } from "../../lib/channel/shared/wait_strategy.ts";
import { Segment } from "../../mod.ts";
import { nextOrder, reportNow, serve } from "../../support/in_spare.ts";
import { Random } from "../../support/random.ts";
import {
  ByteNotes,
  fillMessage,
  GIVEN,
  isWholeMessage,
  lengthOfMessage,
  producerAt,
  PRODUCERS,
  PUBLISHED,
  SEEN,
  sequenceAt,
  typeOfMessage,
  WRONG,
} from "./byte_ring_sample.ts";

serve((peerArgs) => {
  /* What to do; the segment; how to wait; which producer, or how many there are; how many messages of each. */
  const [what, name, wait, which = "0", messages = "0"] = peerArgs;
  const segment = Segment.open(name, { role: what });
  const ring = segment.open("bytes", ByteRing), strategy = { wait: wait as WaitStrategy };
  const number = Number(which), count = Number(messages), options = { timeoutMs: 60_000 };
  const random = new Random(7 + number);
  const scratch = new ArrayBuffer(256);

  function send(producer: ByteProducer, sequence: number): boolean {
    const length = lengthOfMessage(sequence), bytes = new Uint8Array(scratch, 0, length);
    fillMessage({ bytes, view: new DataView(scratch) }, 0, number, sequence);
    return producer.push(bytes, typeOfMessage(number, sequence));
  }

  function claim(producer: ByteProducer, sequence: number): boolean {
    const at = producer.claim(lengthOfMessage(sequence), typeOfMessage(number, sequence));
    if (at === undefined) return false;
    fillMessage(producer, at, number, sequence);
    return true;
  }

  function claimWait(producer: ByteProducer, sequence: number): void {
    const at = producer.claimWait(lengthOfMessage(sequence), typeOfMessage(number, sequence), options);
    if (at === undefined) throw new Error("no space for 60 s");
    fillMessage(producer, at, number, sequence);
  }

  /** Sends messages in one of the ways there are, and returns how many. */
  function sendSome(producer: ByteProducer, next: number, most: number): number {
    const way = random.below(8);
    if (way === 0) return send(producer, next) ? 1 : 0;
    claimWait(producer, next);
    if (way === 1) {
      producer.abort();
      return 0;
    }
    const batch = Math.min(way < 6 ? 1 : 1 + random.below(6), most);
    let sent = 1;
    while (sent < batch && claim(producer, next + sent)) sent++;
    producer.publish();
    return sent;
  }

  /** Sends all messages. */
  function produce(): void {
    const producer = ring.producer(strategy);
    for (let next = 0; next < count;) next += sendSome(producer, next, count - next);
    producer.close();
    reportNow("done");
  }

  /** Receives the messages of all producers, and counts what must not be. */
  function consume(): void {
    const consumer = ring.consumer(strategy), next = new Array<number>(number).fill(0);
    let torn = 0, wrong = 0, received = 0;
    const check = (type: number, at: number, length: number) => {
      if (!isWholeMessage(consumer, type, at, length)) torn++;
      if (sequenceAt(consumer.view, at) !== next[producerAt(consumer.view, at)]++) wrong++;
      received++;
    };
    while (received < count * number) {
      const way = random.below(16);
      if (way === 0) {
        const message = consumer.shiftWait(options);
        if (message === undefined) break;
        const { type, bytes } = message, { length } = bytes;
        const view = new DataView(bytes.buffer);
        if (!isWholeMessage({ bytes, view }, type, 0, length)) torn++;
        if (sequenceAt(view, 0) !== next[producerAt(view, 0)]++) wrong++;
        received++;
      } else if (consumer.drainWait(check, way < 4 ? 1 + random.below(20) : undefined, options) === 0) break;
    }
    reportNow({ received, torn, wrong, all: next.every((sequence) => sequence === count) });
    consumer.close();
  }

  /** Sends for ever, and notes what `publish` returned for. Ends only by a signal. */
  function produceForEver(): never {
    const notes = segment.open("notes", ByteNotes), producer = ring.producer(strategy);
    reportNow("working");
    for (let next = 0;;) {
      next += sendSome(producer, next, Infinity);
      notes[PUBLISHED + number] = next;
    }
  }

  /** Sends some, claims some more, and leaves it at that. Ends only by a signal. */
  function claimForEver(): never {
    const notes = segment.open("notes", ByteNotes), producer = ring.producer(strategy);
    let next = 0;
    for (const end = random.below(20); next < end; next++) {
      claimWait(producer, next);
      producer.publish();
      notes[PUBLISHED + number] = next + 1;
    }
    claimWait(producer, next);
    if (random.below(2) === 0) claim(producer, next + 1);
    reportNow("working");
    while (true) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);
  }

  /** Receives for ever, and notes what it saw of each producer, and freed. Ends only by a signal. */
  function consumeForEver(): never {
    const notes = segment.open("notes", ByteNotes), consumer = ring.consumer(strategy);
    const next = new Float64Array(PRODUCERS).fill(-1);
    const complain = (text: string, ...values: number[]) => {
      notes[WRONG]++;
      console.error(text, values);
    };
    const check = (type: number, at: number, length: number) => {
      const producer = producerAt(consumer.view, at), sequence = sequenceAt(consumer.view, at);
      if (!isWholeMessage(consumer, type, at, length)) complain("torn", producer, sequence);
      if (next[producer] === -1) {
        // None is lost; only those come again that were not freed.
        const seen = notes[SEEN + producer], given = notes[GIVEN + producer];
        if (sequence > seen || sequence < given) complain("between consumers", producer, sequence, seen, given);
        next[producer] = sequence;
      }
      if (sequence !== next[producer]) complain("a gap", producer, sequence, next[producer]);
      next[producer] = sequence + 1;
      // A dead predecessor may have seen more of them.
      if (sequence + 1 > notes[SEEN + producer]) notes[SEEN + producer] = sequence + 1;
    };
    reportNow("working");
    while (true) {
      if (consumer.drainWait(check, 1 + random.below(32)) === 0) continue;
      for (let i = 0; i < PRODUCERS; i++) if (next[i] > notes[GIVEN + i]) notes[GIVEN + i] = next[i];
    }
  }

  if (what === "produce") produce();
  else if (what === "consume") consume();
  else {
    reportNow("ready");
    nextOrder();
    if (what === "consumeForEver") consumeForEver();
    else what === "claimForEver" ? claimForEver() : produceForEver();
  }
});
