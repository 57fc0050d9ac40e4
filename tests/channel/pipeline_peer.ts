import { Segment } from "../../mod.ts";
import { Pipeline } from "../../lib/channel/pipeline/pipeline.ts";
import type { WaitStrategy } from "../../lib/channel/shared/wait_strategy.ts";
import { nextOrder, reportNow, serve } from "../../support/in_spare.ts";
import { Random } from "../../support/random.ts";
import { type DESK, fillJob, isWholeJob, Job, WORK } from "./pipeline_sample.ts";
import { ERRORS, EXAMPLE, Notes, PUBLISHED } from "./spsc_ring_sample.ts";

/*
 * A writer or a reader of a pipeline. A job's sequence is its position: so one that begins anywhere knows what comes.
 */
serve((peerArgs) => {
  const [what, name, wait, records = "0"] = peerArgs;
  const segment = Segment.open(name, { role: what });
  const pipeline = segment.open("jobs", Pipeline, { layout: Job });
  const count = Number(records), options = { timeoutMs: 20_000 }, roleOptions = { wait: wait as WaitStrategy };
  const random = new Random(7);

  function write(): void {
    const writer = pipeline.writer(roleOptions);
    for (let sent = 0; sent < count;) {
      if (writer.claimWait(options) === undefined) throw new Error("no space for 20 s");
      writer.abort();
      const batch = Math.min(1 + random.below(16), count - sent);
      for (let i = 0; i < batch; i++, sent++) {
        const job = writer.claim();
        if (job === undefined) break;
        fillJob(job, (writer.position + i) >>> 0);
      }
      if (writer.claimed > 0) writer.publish();
    }
    writer.close();
    reportNow("done");
  }

  function read(): void {
    const reader = pipeline.reader(what, roleOptions), work = WORK[what as keyof typeof DESK];
    let next = reader.position, received = 0, torn = 0, wrong = 0, early = 0;
    reportNow("ready");
    const check = (job: Parameters<typeof isWholeJob>[0]) => {
      if (!isWholeJob(job)) torn++;
      if (job.sequence !== next) wrong++;
      if (!work(job)) early++;
      next = (next + 1) >>> 0;
      received++;
    };
    while (received < count) {
      const limit = [1 + random.below(20), undefined, 256][random.below(3)];
      if (reader.drainWait(check, limit, options) === 0) break;
    }
    reportNow({ received, torn, wrong, early, missing: reader.missing });
    reader.close();
  }

  function writeForEver(): never {
    const notes = segment.open("notes", Notes, {}), writer = pipeline.writer(roleOptions);
    reportNow("working");
    while (true) {
      if (writer.claimWait() === undefined) continue;
      writer.abort();
      const batch = 1 + random.below(8);
      for (let i = 0; i < batch; i++) {
        const job = writer.claim();
        if (job === undefined) break;
        fillJob(job, (writer.position + i) >>> 0);
      }
      if (writer.claimed === 0) continue; // a reader came back, from before
      const last = (writer.position + writer.claimed) >>> 0;
      writer.publish();
      notes[PUBLISHED] = last;
    }
  }

  /** Reads for ever and leaves notes, in a row of words of its own. Ends only by a signal. */
  function readForEver(): never {
    const notes = segment.open("notes", Notes, {}), reader = pipeline.reader(what.slice(1), roleOptions);
    const row = 64 + 8 * pipeline.readers.indexOf(reader.name), work = WORK[reader.name as keyof typeof DESK];
    const complain = (code: number, ...values: number[]) => {
      notes[ERRORS]++;
      if (notes[ERRORS] === 1) [code, ...values].forEach((value, i) => notes[EXAMPLE + i] = value);
      console.error(what, code, values);
    };
    // What the predecessor saw, and what it had when its last drain returned: nothing is missing unless it is reported.
    let next = reader.position;
    if (notes[row + 2] === 1 && next > notes[row + 3] + reader.lost) complain(1, next, notes[row + 3], reader.lost);
    if (notes[row + 2] === 1 && next < notes[row]) complain(2, next, notes[row]);
    notes[row + 1] += reader.lost;
    // Those before this one have done their part of every record from here on, unless one is dropped or away.
    const drops = () => pipeline.gates().reduce((sum, gate) => sum + gate.drops, 0);
    let cleanFrom = Infinity, known = -1;
    const check = (job: Parameters<typeof isWholeJob>[0]) => {
      if (!isWholeJob(job)) complain(3, job.sequence, next);
      if (job.sequence !== next) complain(4, job.sequence, next);
      if (!work(job) && job.sequence >= cleanFrom && drops() === known && reader.missing.length === 0) {
        complain(5, job.sequence, next);
      }
      notes[row + 3] = next = job.sequence + 1;
    };
    reportNow("working");
    while (true) {
      if (reader.missing.length > 0) cleanFrom = Infinity;
      else if (cleanFrom === Infinity || drops() !== known) {
        known = drops();
        cleanFrom = pipeline.position;
      }
      if (reader.drainWait(check, 1 + random.below(32)) > 0) {
        notes[row] = next;
        notes[row + 2] = 1;
      }
    }
  }

  if (what === "write") write();
  else if (what in WORK) read();
  else {
    reportNow("ready");
    nextOrder();
    what === "writeForEver" ? writeForEver() : readForEver();
  }
});
