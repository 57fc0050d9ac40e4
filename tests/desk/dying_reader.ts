/**
 * A reader that is killed while it drains, before it gave anything back: `dying_reader.ts <segment> book|risk`. Book
 * has marked the changes it was given first by then, risk has filled the order.
 */
import process from "node:process";
import { OUTCOMES } from "../../examples/desk/layout/event_part.ts";
import { openDesk } from "../../examples/desk/layout/desk.ts";
import { Segment } from "../../mod.ts";
import { peerArgs } from "../../support/in_peer.ts";

const [name, role] = peerArgs;
const desk = openDesk(Segment.open(name, { role }));

function die(): never {
  process.kill(process.pid, "SIGKILL");
  while (true);
}

if (role === "book") {
  desk.events.reader("book", { from: "oldest" }).drain((part) => {
    if (part.number === 3) die();
    part.outcome = OUTCOMES.indexOf("early");
  });
} else {
  desk.orders.reader("risk", { from: "oldest" }).drain((record) => {
    record.price = 101;
    record.outcome = "filled";
    die();
  });
}
