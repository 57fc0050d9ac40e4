/*
 * For Node, as `--test-reporter` of this file: its JUnit report, which names for each test the file that has it. Node's
 * own names the file that calls `it`, which is the hook.
 */
import { junit } from "node:test/reporters";

export default async function* report(events) {
  yield* junit(withFiles(events));
}

async function* withFiles(events) {
  for await (const event of events) yield event.data?.name === undefined ? event : withFile(event);
}

function withFile({ type, data }) {
  if (data.entryFile !== undefined) return { type, data: { ...data, file: data.entryFile } };
  // Node takes a file without tests for a test, which passes if the file ends well.
  if (type !== "test:pass") return { type, data };
  return { type: "test:fail", data: { ...data, details: { ...data.details, error: new Error("reported no test") } } };
}
