import { CaptureParser } from "../../examples/desk/input/capture_parser.ts";
import { cloneDepth, type MarketEvent } from "../../examples/desk/input/events.ts";

const encoder = new TextEncoder();

/** Reads a capture's lines to the end: its events, each a copy. */
export function eventsOfText(text: string, parser: CaptureParser = new CaptureParser()): MarketEvent[] {
  const events: MarketEvent[] = [];
  const take = (event: MarketEvent | undefined) => {
    for (; event !== undefined; event = parser.more()) {
      events.push(event.kind === "depth" ? cloneDepth(event) : { ...event });
    }
  };
  for (const line of text.split("\n").slice(0, text.endsWith("\n") ? -1 : undefined)) {
    take(parser.parse(encoder.encode(`${line}\n`), 0));
  }
  parser.end();
  take(parser.more());
  return events;
}
