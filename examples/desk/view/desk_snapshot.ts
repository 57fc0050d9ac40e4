import { BookReading, type CounterInfo, type HistogramReading, OrderBook, type ValueOf } from "../../../mod.ts";
import type { InstrumentKind, InstrumentModel } from "../instrument/instrument_model.ts";
import { type Desk, type DeskRole, LATENCIES, type LatencyName, MAX_REASONS, ROLES } from "../layout/desk.ts";
import { type ProcessCount, readCounts } from "../layout/process_counts.ts";
import { heldOf } from "../layout/position_rows.ts";
import {
  FeedProgressRow,
  FeedReportRow,
  GreeksRow,
  LimitsRecord,
  PositionRow,
  ProcessRow,
  QuoteRow,
  ReasonExampleRow,
  ReasonRow,
  StandingRow,
} from "../layout/records.ts";
import { type Instrument, InstrumentDirectory } from "../processes/instrument_directory.ts";

/** A channel at a moment. */
export interface ChannelState {
  readonly name: string;
  /** What it is. */
  readonly kind: "Pipeline" | "LatestTable";
  /** Messages since the start; of a table, writes. */
  readonly messages: number;
  /** Records that fit, or rows. */
  readonly capacity: number;
  /** Records that the slowest reader has still to receive, now and at most; a table has none. */
  readonly depth: number;
  readonly highWater: number;
  /** How far each reader is behind. */
  readonly lags: Readonly<Record<string, number>>;
}

/** An option, its price, its greeks, and how many the desk holds. */
export interface OptionState extends ValueOf<typeof GreeksRow> {
  readonly name: string;
  readonly held: number;
}

/** What is held of a future. */
export interface FutureState {
  readonly name: string;
  readonly bid: number;
  readonly ask: number;
  /** Whether its best prices are known. */
  readonly isValid: boolean;
  readonly held: number;
}

/** The feed's report of its input. */
export type FeedReport = ValueOf<typeof FeedReportRow>;

/** Why lines of the input hold no event, or what is unusual about a file. */
export interface InputReason extends ValueOf<typeof ReasonRow> {
  /** The first of them: its file, its number, and its beginning. */
  readonly example: string;
}

/** What a process is, and what it did. */
export type ProcessState = ValueOf<typeof ProcessRow> & Readonly<Record<ProcessCount, number>>;

/** A desk at a moment, as any attached process sees it. */
export interface DeskSnapshot {
  /** Nanoseconds on the segment's clock. */
  readonly at: number;
  readonly channels: readonly ChannelState[];
  readonly processes: Readonly<Record<DeskRole, ProcessState>>;
  /** All counters, of living and of dead processes. */
  readonly counters: readonly CounterInfo[];
  readonly latencies: Readonly<Record<LatencyName, HistogramReading>>;
  /** The book that is shown: the hedging future's, or that of the first instrument. */
  readonly book: { readonly name: string; readonly top: BookReading } | undefined;
  readonly futures: readonly FutureState[];
  /** Those with the most vega held, or at all. */
  readonly options: readonly OptionState[];
  /** How many instruments there are of each kind. */
  readonly kinds: Readonly<Partial<Record<InstrumentKind, number>>>;
  /** Those that are neither traded nor valued. */
  readonly notValued: readonly InstrumentModel[];
  /** Books that may be used, of how many. */
  readonly validBooks: number;
  readonly books: number;
  readonly instruments: number;
  readonly reasons: readonly InputReason[];
  readonly standing: ValueOf<typeof StandingRow>;
  readonly limits: ValueOf<typeof LimitsRecord>;
  readonly feed: FeedReport;
}

/** Observes a desk: only reads, and disturbs no process. */
export class DeskObserver {
  readonly #desk: Desk;
  readonly #directory: InstrumentDirectory;
  readonly #depth: number;
  readonly #books: Map<string, OrderBook> = new Map();
  readonly #process = ProcessRow.alloc();
  readonly #feed = FeedReportRow.alloc();
  readonly #quote = QuoteRow.alloc();
  readonly #greeks = GreeksRow.alloc();
  readonly #position = PositionRow.alloc();

  /**
   * @param depth Levels a side of the book that is shown.
   */
  constructor(desk: Desk, depth = 8) {
    this.#desk = desk;
    this.#directory = new InstrumentDirectory(desk);
    this.#depth = depth;
  }

  /** Reads the desk. @param mostOptions The most options to include. */
  snapshot(mostOptions = 8): DeskSnapshot {
    const desk = this.#desk, instruments = this.#directory.all();
    const limits = LimitsRecord.alloc(), standing = StandingRow.alloc();
    desk.limits.read(limits);
    desk.standing.read(0, standing);
    return {
      at: desk.segment.now(),
      channels: this.#channels(),
      processes: this.#processes(),
      counters: desk.counters.list({ withDead: true }),
      latencies: record(LATENCIES, (name) => desk.latencies[name].read()),
      book: this.#book(),
      ...this.#holdings(instruments, mostOptions),
      kinds: kindsOf(instruments),
      notValued: instruments.filter(({ isValued }) => !isValued).map(({ model }) => model),
      instruments: instruments.length,
      reasons: this.#reasons(),
      standing: StandingRow.toObject(standing),
      limits: LimitsRecord.toObject(limits),
      feed: this.feed(),
    };
  }

  /** The feed's report of its input, and of its progress. */
  feed(): FeedReport {
    this.#desk.feedReport.read(0, this.#feed);
    return FeedReportRow.toObject(this.#feed);
  }

  #processes(): DeskSnapshot["processes"] {
    const countsOf = readCounts(this.#desk.counters), row = this.#process;
    return record(ROLES, (role) => {
      if (!this.#desk.processes[role].read(0, row)) ProcessRow.assign(row, ProcessRow.toObject(ProcessRow.alloc()));
      return { ...ProcessRow.toObject(row), ...countsOf(role) };
    });
  }

  #reasons(): InputReason[] {
    const { reasons, reasonExamples } = this.#desk, row = ReasonRow.alloc(), example = ReasonExampleRow.alloc();
    const found: InputReason[] = [];
    for (let i = 0; i < MAX_REASONS && reasons.read(i, row) && reasonExamples.read(i, example); i++) {
      found.push({ ...ReasonRow.toObject(row), example: example.text });
    }
    return found;
  }

  #channels(): ChannelState[] {
    const desk = this.#desk, progress = FeedProgressRow.alloc();
    desk.feedProgress.read(0, progress);
    return [
      ...(["events", "orders"] as const).map((name): ChannelState => {
        const pipeline = desk[name], gates = pipeline.gates();
        return {
          name,
          kind: "Pipeline",
          messages: name === "events" ? progress.events : pipeline.position,
          capacity: pipeline.capacity,
          depth: gates.reduce((most, { lag }) => Math.max(most, lag), 0),
          highWater: pipeline.highWater,
          lags: Object.fromEntries(gates.map(({ name, lag }) => [name, lag])),
        };
      }),
      ...(["quotes", "greeks", "positions", "standing"] as const).map((name): ChannelState => ({
        name,
        kind: "LatestTable",
        messages: desk[name].changes,
        capacity: desk[name].rows,
        depth: 0,
        highWater: 0,
        lags: {},
      })),
    ];
  }

  #book(): DeskSnapshot["book"] {
    const instrument = this.#directory.hedge ?? this.#directory.all()[0];
    if (instrument === undefined) return undefined;
    const { name } = instrument, { segment } = this.#desk, top = new BookReading(this.#depth);
    let book = this.#books.get(name);
    if (book === undefined) {
      // An observer makes no book: the book process does, at the first event.
      if (!segment.objects().some((entry) => entry.name === `book ${name}`)) return undefined;
      this.#books.set(name, book = segment.open(`book ${name}`, OrderBook));
    }
    book.read(top);
    return { name, top };
  }

  #holdings(
    instruments: readonly Instrument[],
    mostOptions: number,
  ): Pick<DeskSnapshot, "futures" | "options" | "validBooks" | "books"> {
    const { quotes, greeks, positions } = this.#desk;
    const futures: FutureState[] = [], options: OptionState[] = [];
    let validBooks = 0, books = 0;
    for (const { index, name, isFuture, option } of instruments) {
      const held = positions.read(index, this.#position) ? heldOf(this.#position) : 0;
      const isQuoted = quotes.read(index, this.#quote), { bid, ask, isBidKnown, isAskKnown } = this.#quote;
      const isValid = this.#quote.isValid && isBidKnown && isAskKnown;
      if (isQuoted) books++;
      if (isQuoted && isValid) validBooks++;
      if (isFuture) {
        if (isQuoted) futures.push({ name, bid, ask, isValid, held });
      } else if (option !== undefined && greeks.read(index, this.#greeks)) {
        options.push({ ...GreeksRow.toObject(this.#greeks), name, held });
      }
    }
    const weight = ({ vega, held }: OptionState) => vega * (held === 0 ? 1e-6 : Math.abs(held));
    options.sort((a, b) => weight(b) - weight(a));
    return { futures, options: options.slice(0, mostOptions), validBooks, books };
  }
}

function kindsOf(instruments: readonly Instrument[]): DeskSnapshot["kinds"] {
  const kinds: Partial<Record<InstrumentKind, number>> = {};
  for (const { model: { kind } } of instruments) kinds[kind] = (kinds[kind] ?? 0) + 1;
  return kinds;
}

function record<K extends string, T>(names: readonly K[], make: (name: K) => T): Record<K, T> {
  return Object.fromEntries(names.map((name) => [name, make(name)])) as Record<K, T>;
}
