import { Segment } from "../../mod.ts";
import { peerArgs, report } from "../../support/in_peer.ts";

const segment = Segment.open(peerArgs[0], { role: peerArgs[1] ?? "doomed" });
report("attached");
setInterval(() => segment.participants(), 1e6);
