/**
 * Channels: how processes hand records to each other.
 *
 * @module
 */
export { Broadcast, type BroadcastFunction } from "./broadcast.ts";
export type { BroadcastOptions } from "./broadcast_geometry.ts";
export { BroadcastReader, type BroadcastReaderOptions } from "./broadcast_reader.ts";
export { BroadcastWriter } from "./broadcast_writer.ts";
export { ByteRing } from "./byte_ring.ts";
export type { ByteMessage } from "./byte_ring_code.ts";
export { ByteConsumer } from "./byte_ring_consumer.ts";
export type { ByteRingOptions } from "./byte_ring_geometry.ts";
export { ByteProducer } from "./byte_ring_producer.ts";
export { LatestTable, type LatestTableFunction } from "./latest_table.ts";
export type { LatestTableOptions } from "./latest_table_geometry.ts";
export { LatestTableWriter } from "./latest_table_writer.ts";
export { MpmcConsumer } from "./mpmc_queue_consumer.ts";
export type { MpmcQueueOptions } from "./mpmc_queue_geometry.ts";
export { MpmcProducer } from "./mpmc_queue_producer.ts";
export { MpmcQueue, type MpmcQueueFunction } from "./mpmc_queue.ts";
export { Pipeline, type PipelineFunction, type PipelineGate } from "./pipeline.ts";
export type { PipelineStart } from "./pipeline_gates.ts";
export type { PipelineOptions } from "./pipeline_geometry.ts";
export { PipelineReader, type PipelineReaderOptions } from "./pipeline_reader.ts";
export { PipelineWriter } from "./pipeline_writer.ts";
export { SpscRing, type SpscRingFunction } from "./spsc_ring.ts";
export { SpscConsumer } from "./spsc_ring_consumer.ts";
export type { SpscRingOptions } from "./spsc_ring_geometry.ts";
export { SpscProducer } from "./spsc_ring_producer.ts";
export type { RoleOptions, WaitStrategy } from "./waiter.ts";
