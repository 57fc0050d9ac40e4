import { Buffer } from "node:buffer";

/** Prices and quantities of a side, as they are sent. */
export type Pairs = readonly (readonly [price: string, quantity: string])[];

/** Lines of a capture of OKX's, made up, with the checksums that the exchange would send. */
export class OkxLines {
  readonly lines: string[] = [];
  readonly instrument: string;
  /** Whether messages tell their numbers. */
  readonly isNumbered: boolean;
  timeMs = 1652459225000;
  #sequence = 100;
  readonly #bids: Map<number, readonly [string, string]> = new Map();
  readonly #asks: Map<number, readonly [string, string]> = new Map();

  constructor(instrument: string, isNumbered: boolean) {
    this.instrument = instrument;
    this.isNumbered = isNumbered;
  }

  /** A message about the book. */
  book(action: "snapshot" | "update", bids: Pairs, asks: Pairs, rest: Record<string, unknown> = {}): this {
    if (action === "snapshot") { for (const side of [this.#bids, this.#asks]) side.clear(); }
    for (const [side, changes] of [[this.#bids, bids], [this.#asks, asks]] as const) {
      for (const [price, size] of changes) {
        if (Number(size) === 0) side.delete(Number(price));
        else side.set(Number(price), [price, size]);
      }
    }
    const prevSeqId = action === "snapshot" ? -1 : this.#sequence, seqId = this.#sequence += 3;
    const numbers = this.isNumbered ? { seqId, prevSeqId } : {};
    const levels = (side: Pairs) => side.map(([price, size]) => [price, size, "0", "1"]);
    const data = {
      asks: levels(asks),
      bids: levels(bids),
      ts: String(this.timeMs),
      checksum: this.checksum,
      ...numbers,
    };
    return this.json({ arg: this.#arg("books"), action, data: [{ ...data, ...rest }] });
  }

  /** Trades, each with the number behind the one before. */
  trades(first: number, ...sizes: readonly string[]): this {
    const data = sizes.map((sz, i) => ({
      instId: this.instrument,
      tradeId: String(first + i),
      px: "100.5",
      sz,
      side: i % 2 === 0 ? "buy" : "sell",
      ts: String(this.timeMs),
    }));
    return this.json({ arg: this.#arg("trades"), data });
  }

  /** Any message. */
  json(message: unknown): this {
    this.timeMs++;
    this.lines.push(`${(this.timeMs / 1000).toFixed(6)}: ${JSON.stringify(message)}`);
    return this;
  }

  /** What the exchange computes of the book, by the simplest of ways. */
  get checksum(): number {
    const bids = [...this.#bids].sort(([a], [b]) => b - a), asks = [...this.#asks].sort(([a], [b]) => a - b);
    const parts: string[] = [];
    for (let i = 0; i < 25; i++) for (const side of [bids, asks]) if (i < side.length) parts.push(...side[i][1]);
    let rest = 0xffffffff;
    for (const byte of Buffer.from(parts.join(":"))) {
      rest ^= byte;
      for (let bit = 0; bit < 8; bit++) rest = (rest & 1) === 1 ? (rest >>> 1) ^ 0xedb88320 : rest >>> 1;
    }
    return ~rest | 0;
  }

  get text(): string {
    return this.lines.join("\n") + "\n";
  }

  #arg(channel: string): Record<string, string> {
    return { channel, instId: this.instrument };
  }
}
