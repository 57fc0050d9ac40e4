import { Segment } from "../../mod.ts";
import { peerArgs, tell } from "../../support/in_peer.ts";

const segment = Segment.open(peerArgs[0], { role: peerArgs[1] ?? "doomed" });
tell("attached");
setInterval(() => segment.participants(), 1e6);
