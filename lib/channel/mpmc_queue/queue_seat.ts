import type { AnyStruct } from "../../layout/internal.ts";
import type { Region } from "../../memory/mod.ts";
import type { EventCount } from "../../sync/mod.ts";
import type { Waiter } from "../shared/waiter.ts";
import type { QueueGeometry } from "./geometry.ts";
import type { QueueCells } from "./queue_cells.ts";

/** What a producer or a consumer of a queue is made with. */
export interface QueueSeat<S extends AnyStruct> {
  readonly layout: S;
  readonly region: Region;
  readonly geometry: QueueGeometry;
  readonly cells: QueueCells;
  /** The first word of its own cell. */
  readonly cell: number;
  /** Notified when records are published, and when slots are freed. */
  readonly published: EventCount;
  readonly freed: EventCount;
  /** Waits for space, or for records. */
  readonly waiter: Waiter;
}
