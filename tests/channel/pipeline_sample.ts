import { f64, i32, struct, u32, type ViewOf } from "../../mod.ts";
import { gateWord, PERMIT_EPOCH_OFFSET, PERMIT_OFFSET, TAIL_OFFSET } from "../../lib/channel/pipeline/format.ts";

/** A record to which each reader adds a field: what one before it must have written, it checks. */
export const Job = struct("Job", { sequence: f64, low: u32, check: i32, book: f64, pricing: f64, risk: f64 });

/** feed → book → pricing and risk in parallel → hedger */
export const DESK = { book: [], pricing: ["book"], risk: ["book"], hedger: ["pricing", "risk"] } as const;

/** Fills a record as the writer does. */
export function fillJob(job: ViewOf<typeof Job>, sequence: number): void {
  job.sequence = sequence;
  job.low = sequence >>> 0;
  job.check = Math.imul(sequence, 0x9e3779b1);
}

/** Whether the writer's fields belong to one record. */
export function isWholeJob({ sequence, low, check }: ViewOf<typeof Job>): boolean {
  return low === sequence >>> 0 && check === Math.imul(sequence, 0x9e3779b1);
}

/** What a reader does with a record: whether those before it have done their part, and its own part. */
export const WORK: Readonly<Record<keyof typeof DESK, (job: ViewOf<typeof Job>) => boolean>> = {
  book: (job) => {
    job.book = job.sequence + 1;
    return true;
  },
  pricing: (job) => {
    job.pricing = job.sequence + 2;
    return job.book === job.sequence + 1;
  },
  risk: (job) => {
    job.risk = job.sequence + 3;
    return job.book === job.sequence + 1;
  },
  hedger: (job) => job.pricing === job.sequence + 2 && job.risk === job.sequence + 3,
};

/** Makes an unused pipeline look as if that many records had gone through it. */
export function startPipelineAt(words: Uint32Array, position: number, capacity: number, gates: number): void {
  words[TAIL_OFFSET / 4] = position;
  words[PERMIT_OFFSET / 4] = position + capacity;
  words[PERMIT_EPOCH_OFFSET / 4] = Math.floor((position + capacity) / 2 ** 30);
  for (let i = 0; i < gates; i++) words[gateWord(i, 0)] = position;
}
