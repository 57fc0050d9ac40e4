/**
 * All scenarios in which real processes are killed at every point, as one program, because building one takes time.
 *
 * @module
 */
export { scenarios as exclusion_scenarios } from "../scenarios/exclusion.ts";
export { scenarios as rw_lock_scenarios } from "../scenarios/rw_lock.ts";
export { scenarios as seq_lock_scenarios } from "../scenarios/seq_lock.ts";
export { scenarios as condition_scenarios } from "../scenarios/condition.ts";
export { scenarios as event_scenarios } from "../scenarios/event.ts";
export { scenarios as barrier_scenarios } from "../scenarios/barrier.ts";
export { scenarios as once_scenarios } from "../scenarios/once.ts";
export { inheriting as broadcast_inheriting } from "./broadcast.ts";
export { takingTurns as broadcast_takingTurns } from "./broadcast.ts";
export { inheriting as byte_ring_inheriting } from "./byte_ring.ts";
export { sharing as byte_ring_sharing } from "./byte_ring.ts";
export { inheriting as latest_table_inheriting } from "./latest_table.ts";
export { sharing as mpmc_queue_sharing } from "./mpmc_queue.ts";
export { inheriting as pipeline_inheriting } from "./pipeline.ts";
export { inheriting as spsc_ring_inheriting } from "./spsc_ring.ts";
