import process from "node:process";
import { f64, LatestTable, Segment, struct } from "../../mod.ts";
import { orders, peerArgs, report } from "../../support/in_peer.ts";

const Quote = struct("Quote", { bid: f64, ask: f64 });
const [what, handle] = peerArgs;

if (what === "make") {
  const segment = Segment.anonymous({ byteLength: 65_536 });
  segment.create("quotes", LatestTable, { layout: Quote, rows: 1 }).writer().write(0, { bid: 1, ask: 2 });
  report(segment.name);
  for await (const _line of orders()) process.exit(0);
} else {
  const segment = Segment.open(handle);
  const quotes = segment.open("quotes", LatestTable, { layout: Quote });
  const quote = Quote.alloc();
  const reportState = () => {
    quotes.read(0, quote);
    const now = segment.now();
    report({ ...Quote.toObject(quote), participants: segment.participants().length, now: now > 0 && now < 60e9 });
  };
  reportState();
  for await (const _line of orders()) {
    reportState();
    process.exit(0);
  }
}
