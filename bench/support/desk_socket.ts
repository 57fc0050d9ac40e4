/**
 * A process of the desk that hands events on over Unix sockets, as JSON: `desk_socket.ts <role> <folder> [capture]`.
 * The same order of work, the same books, positions and hedges as in shared memory; each keeps its state to itself and
 * reports to the others what they need.
 *
 *     feed → book → pricing → hedging → audit
 *                 ↘ risk   ↗↙
 */
import process from "node:process";
import { BookFeeder } from "../../examples/desk/book/book_feeder.ts";
import { AsOfCheck } from "../../examples/desk/check/as_of_check.ts";
import { Hedger } from "../../examples/desk/hedging/hedger.ts";
import { CaptureSource } from "../../examples/desk/input/capture_source.ts";
import { replay } from "../../examples/desk/input/replay.ts";
import { ReplayClock } from "../../examples/desk/input/replay_clock.ts";
import { bookOptions } from "../../examples/desk/layout/books.ts";
import { clientQuantity } from "../../examples/desk/risk/desk_flow.ts";
import { Position } from "../../examples/desk/risk/position.ts";
import { BookReading, OrderBook, Region } from "../../mod.ts";
import { orders, report } from "../../support/in_peer.ts";
import { fromLine, toLine } from "./desk_json.ts";
import { LineSender, listen } from "./desk_lines.ts";

/** What an order is a multiple of, in coins. */
const LOT = 0.01;

const [role, folder, capture] = process.argv.slice(2);
const pathOf = (name: string) => `${folder}/${name}.sock`;
const senders: LineSender[] = [];
const onBatch = async () => {
  for (const sender of senders) sender.flush();
  for (const sender of senders) await sender.drained();
};
const connect = async (name: string) => {
  const sender = await LineSender.connect(pathOf(name));
  senders.push(sender);
  return sender;
};

if (role === "feed") await feed();
else if (role === "book") await book();
else if (role === "pricing") await pricing();
else if (role === "risk") await risk();
else if (role === "hedging") await hedging();
else await audit();

async function feed(): Promise<void> {
  const next = await connect("book");
  report("ready");
  for await (const _ of orders()) {
    let number = 0;
    const source = new CaptureSource(capture);
    // `replay` cannot wait for a slow reader, so what is ahead of it is held back here.
    const { label, instruments } = source;
    const paced = {
      label,
      instruments,
      report: source.report,
      next: () => next.isFull ? undefined : source.next(),
      fill: async () => {
        if (!next.isFull) return await source.fill();
        await next.drained();
        return true;
      },
      close: () => source.close(),
    };
    await replay([paced], new ReplayClock(Infinity), (event) => next.send(toLine({ number: ++number, event })));
    next.send(`${number}\n`);
    next.flush();
  }
}

async function book(): Promise<void> {
  const options = bookOptions(false), region = Region.over(new SharedArrayBuffer(OrderBook.byteLength(options)));
  OrderBook.init(region, options);
  const book = OrderBook.attach(region, options), feeder = new BookFeeder(book.writer()), top = new BookReading(1);
  await listen(pathOf("book"), (line) => {
    if (!line.startsWith("{")) return senders.forEach((sender) => sender.send(`${line}\n`));
    const message = fromLine(line), { event } = message;
    if (event.kind === "depth") {
      message.outcome = feeder.feed(event);
      book.read(top);
      const { sequence, bid, bidQuantity, ask, askQuantity } = top;
      Object.assign(message, { sequence, bid, bidQuantity, ask, askQuantity });
      line = toLine(message).slice(0, -1);
    }
    for (const sender of senders) sender.send(`${line}\n`);
  }, onBatch);
  await connect("pricing");
  await connect("risk");
  report("ready");
}

async function pricing(): Promise<void> {
  let middle = 0;
  await listen(pathOf("pricing"), (line) => {
    if (line.startsWith("{")) {
      const { event, outcome, bid = 0, ask = 0 } = fromLine(line);
      // There are no options in the capture: the future's price is all there is to know.
      if (event.kind === "depth" && outcome === "applied") middle = (bid + ask) / 2;
    }
    senders[0].send(`${line}\n`);
  }, onBatch);
  await connect("hedging");
  report("ready");
  process.on("exit", () => middle);
}

async function risk(): Promise<void> {
  const position = new Position();
  let best = { bid: 0, ask: 0 }, lastOrder = 0;
  await listen(pathOf("risk"), (line) => {
    if (!line.startsWith("{")) return senders[0].send(`risk ${line}\n`);
    const message = JSON.parse(line);
    if (message.order !== undefined) {
      const { id, coins: quantity } = message.order;
      position.trade(quantity, quantity > 0 ? best.ask : best.bid);
      lastOrder = id;
    } else {
      const { event } = message;
      if (event.kind === "depth" && message.outcome === "applied") best = { bid: message.bid, ask: message.ask };
      if (event.kind === "trade" && clientQuantity(event) !== 0) {
        position.trade(clientQuantity(event), event.price);
      }
    }
    const { quantity } = position;
    senders[0].send(`risk ${JSON.stringify({ number: message.number ?? 0, quantity, lastOrder })}\n`);
  }, onBatch);
  await connect("hedging");
  report("ready");
}

async function hedging(): Promise<void> {
  const hedger = new Hedger({ band: 0.05, largest: 2, firstId: 1 });
  const waiting: string[] = [];
  let risk = { number: 0, quantity: 0, lastOrder: 0 }, closed = 0;
  const step = () => {
    while (waiting.length > 0) {
      const line = waiting[0];
      if (line.startsWith("{")) {
        const { number, event } = fromLine(line);
        if (number > risk.number) return;
        if (event.kind !== "top") {
          for (; closed < risk.lastOrder; closed++) hedger.close(closed + 1);
          const order = hedger.decide(risk.quantity, LOT);
          if (order !== undefined) orders.send(`${JSON.stringify({ order })}\n`);
        }
      }
      next.send(`${line}\n`);
      waiting.shift();
    }
  };
  await listen(pathOf("hedging"), (line) => {
    if (!line.startsWith("risk ")) waiting.push(line);
    else if (line[5] === "{") {
      const state = JSON.parse(line.slice(5));
      risk = { ...state, number: Math.max(risk.number, state.number) };
    }
    step();
  }, onBatch);
  const next = await connect("audit");
  const orders = await connect("risk");
  report("ready");
}

async function audit(): Promise<void> {
  const tops = new AsOfCheck();
  let trades = 0, events = 0;
  await listen(pathOf("audit"), (line) => {
    if (!line.startsWith("{")) {
      tops.finish(false);
      return report({ events, trades, tops: tops.compared, equal: tops.equal });
    }
    const { event, outcome, sequence = 0, bid = 0, bidQuantity = 0, ask = 0, askQuantity = 0 } = fromLine(line);
    events++;
    if (event.kind === "trade") trades++;
    else if (event.kind === "top") tops.state({ ...event, at: event.sequence });
    else if (event.kind === "depth" && outcome === "applied" && !event.isSnapshot) {
      tops.ask({ at: sequence, bid, bidQuantity, ask, askQuantity });
    }
  }, () => Promise.resolve());
  report("ready");
}
