import process from "node:process";
import { BookUpdate, Segment } from "../../mod.ts";
import { peerArgs, report } from "../../support/in_peer.ts";
import { type BookStep, changeBook, fillSmall, record } from "./steps_sample.ts";

/** Records a value, or changes a book, and dies before its n-th store. */
const [what, handle, step, argument] = peerArgs;
const segment = Segment.open(handle, { role: "victim" });
let stores = 0;
const before = (): void => {
  if (++stores === Number(step)) process.kill(process.pid, "SIGKILL");
};
report("begins");
if (what === "record") record(segment, Number(argument), before);
else {
  const update = new BookUpdate();
  fillSmall(update, Number(argument));
  changeBook(segment, what as BookStep, update, before);
}
process.exit(0);
