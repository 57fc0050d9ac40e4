import {
  type AnyStruct,
  bool,
  Broadcast,
  ByteRing,
  f64,
  LatestTable,
  MpmcQueue,
  Mutex,
  Pipeline,
  RwLock,
  Segment,
  Semaphore,
  SeqLock,
  SpinLock,
  SpscRing,
  struct,
  TicketLock,
  u32,
  u53,
} from "../../mod.ts";
import { Record64 } from "./record64.ts";

const Record8 = struct("Record8", { a: f64 });
/** Of several kinds. */
const Mixed = struct("Mixed", { id: u53, price: f64, size: u32, side: bool });
const TURNS = 10_000, CAPACITY = 1024;

/**
 * Makes this process one that is in use: it has written and read all channels, with records of three structs, and has
 * taken all locks in all ways. What is measured afterwards shares its code with all of them.
 */
export function useAll(): void {
  const segment = Segment.anonymous({ byteLength: 2 ** 22 });
  for (const layout of [Record8, Record64, Mixed] as AnyStruct[]) {
    const { name } = layout, record = layout.alloc(), options = { layout, capacity: CAPACITY };
    const ring = segment.create(`ring ${name}`, SpscRing, options);
    const queue = segment.create(`queue ${name}`, MpmcQueue, options);
    const broadcast = segment.create(`broadcast ${name}`, Broadcast, options);
    const pipeline = segment.create(`pipeline ${name}`, Pipeline, { ...options, readers: { only: [] } });
    const table = segment.create(`table ${name}`, LatestTable, { layout, rows: 64 });
    const producers = [ring.producer(), queue.producer(), pipeline.writer()];
    const consumers = [ring.consumer(), queue.consumer(), pipeline.reader("only")];
    const writer = broadcast.writer(), reader = broadcast.reader(), rows = table.writer();
    for (let i = 0; i < TURNS; i++) {
      for (const [at, producer] of producers.entries()) {
        const consumer = consumers[at];
        for (let j = 0; j < 4; j++) producer.claim();
        producer.publish();
        for (let j = 0; j < 3; j++) producer.push(record);
        producer.push({});
        for (let j = 0; j < 2; j++) consumer.shift(record);
        for (let j = 0; j < 2; j++) consumer.next();
        consumer.drain((_) => {}, 2);
        while (consumer.next() !== undefined);
      }
      writer.claim();
      writer.publish();
      reader.drain((_) => {}, 1);
      reader.shift(record);
      rows.write(i & 63, record);
      table.read(i & 63, record);
      rows.begin(i & 63);
      rows.commit();
    }
  }
  const bytes = segment.create("bytes", ByteRing, { capacity: 2 ** 16 }), producer = bytes.producer();
  const consumer = bytes.consumer(), message = new Uint8Array(24);
  const locks = [
    segment.create("mutex", Mutex, {}),
    segment.create("spin", SpinLock, {}),
    segment.create("ticket", TicketLock, {}),
    segment.create("rw", RwLock, {}),
    segment.create("semaphore", Semaphore, { permits: 1 }),
  ] as { lock(): void; tryLock(): boolean; unlock(): void }[];
  const sequence = segment.create("sequence", SeqLock, { payloadBytes: 64 });
  sequence.lock();
  for (let i = 0; i < TURNS; i++) {
    producer.push(message);
    producer.claim(24, 1);
    producer.publish();
    consumer.drain((_) => {}, 1);
    consumer.next();
    consumer.release();
    for (const lock of locks) {
      lock.lock();
      lock.unlock();
      if (lock.tryLock()) lock.unlock();
    }
    sequence.beginWrite();
    sequence.endWrite();
    sequence.validate(sequence.beginRead());
  }
}
