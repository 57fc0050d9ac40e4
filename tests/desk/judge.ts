import { CaptureCheck } from "../../examples/desk/check/capture_check.ts";
import { CaptureParser } from "../../examples/desk/input/capture_parser.ts";
import type { InputReport } from "../../examples/desk/input/input_report.ts";
import { type Verdict, verdictOf } from "../../examples/desk/supervisor/verdict.ts";
import { eventsOfText } from "./parse_text.ts";

/** The desk's own verdict on a capture, without its processes; and what it read. */
export function judge(text: string): Verdict & { readonly report: InputReport } {
  const parser = new CaptureParser(), events = eventsOfText(text, parser), check = new CaptureCheck(parser.instruments);
  for (const event of events) check.accept(event);
  const input = { isComplete: true, empty: events.length === 0 ? 1 : 0, refused: 0 };
  return { ...verdictOf(check.finish(), input, []), report: parser.report };
}
