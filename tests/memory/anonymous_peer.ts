import process from "node:process";
import { f64, LatestTable, Segment, struct } from "../../mod.ts";
import { peerArgs, tell, told } from "../../support/in_peer.ts";

const Quote = struct("Quote", { bid: f64, ask: f64 });
const [what, handle] = peerArgs;

if (what === "make") {
  const segment = Segment.anonymous({ byteLength: 65_536 });
  segment.create("quotes", LatestTable, { layout: Quote, rows: 1 }).writer().write(0, { bid: 1, ask: 2 });
  tell(segment.name);
  for await (const _line of told()) process.exit(0);
} else {
  const segment = Segment.open(handle);
  const quotes = segment.open("quotes", LatestTable, { layout: Quote });
  const quote = Quote.alloc();
  const report = () => {
    quotes.read(0, quote);
    const now = segment.now();
    tell({ ...Quote.toObject(quote), participants: segment.participants().length, now: now > 0 && now < 60e9 });
  };
  report();
  for await (const _line of told()) {
    report();
    process.exit(0);
  }
}
