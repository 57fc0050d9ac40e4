import { LatestTable, Region, Segment, struct, u32, UnsupportedError } from "../../mod.ts";

const layout = struct("Number", { value: u32 });
const options = { layout, rows: 1 };
const region = Region.over(new SharedArrayBuffer(LatestTable.byteLength(options)));
LatestTable.init(region, options);
const table = LatestTable.attach(region, options);
table.writer().write(0, { value: 7 });
const value = layout.alloc();
const local = table.read(0, value) && value.value === 7 ? "works" : "fails";

let code = "none", message = "";
try {
  Segment.anonymous({ byteLength: 4096 }).close();
} catch (error) {
  if (!(error instanceof UnsupportedError)) throw error;
  ({ code, message } = error);
}
console.log(JSON.stringify({ imported: "yes", local, code, message }));
