/**
 * Channels: how processes hand records to each other.
 *
 * @module
 */
export { Broadcast, type BroadcastFunction } from "./broadcast/broadcast.ts";
export type { BroadcastOptions } from "./broadcast/geometry.ts";
export type { BroadcastReader, BroadcastReaderOptions } from "./broadcast/broadcast_reader.ts";
export type { BroadcastWriter } from "./broadcast/broadcast_writer.ts";
export { ByteRing } from "./byte_ring/byte_ring.ts";
export type { ByteMessage, ReceiveMessage } from "./byte_ring/consumer_ports.ts";
export type { ByteConsumer } from "./byte_ring/byte_consumer.ts";
export type { ByteRingOptions } from "./byte_ring/geometry.ts";
export type { ByteProducer } from "./byte_ring/byte_producer.ts";
export type { ChangedRowsOptions } from "./latest_table/changed_rows.ts";
export { LatestTable, type LatestTableFunction } from "./latest_table/latest_table.ts";
export type { LatestTableOptions } from "./latest_table/geometry.ts";
export type { LatestTableWriter } from "./latest_table/latest_table_writer.ts";
export type { MpmcConsumer } from "./mpmc_queue/mpmc_consumer.ts";
export type { MpmcQueueOptions } from "./mpmc_queue/geometry.ts";
export type { MpmcProducer } from "./mpmc_queue/mpmc_producer.ts";
export { MpmcQueue, type MpmcQueueFunction } from "./mpmc_queue/mpmc_queue.ts";
export { Pipeline, type PipelineFunction, type PipelineGate } from "./pipeline/pipeline.ts";
export type { PipelineOptions } from "./pipeline/geometry.ts";
export type { PipelineReader, PipelineReaderOptions, PipelineStart } from "./pipeline/pipeline_reader.ts";
export type { PipelineWriter } from "./pipeline/pipeline_writer.ts";
export type { DrainResult } from "../sync/internal.ts";
export type { RecordConsumer } from "./shared/record_consumer.ts";
export type { RecordProducer } from "./shared/record_producer.ts";
export { SpscRing, type SpscRingFunction } from "./spsc_ring/spsc_ring.ts";
export type { SpscConsumer } from "./spsc_ring/spsc_consumer.ts";
export type { SpscRingOptions } from "./spsc_ring/geometry.ts";
export type { SpscProducer } from "./spsc_ring/spsc_producer.ts";
export type { RoleOptions, WaitStrategy } from "./shared/wait_strategy.ts";
export type { Consumer, ConsumerRole } from "./shared/consumer.ts";
export type { AsyncReceiver } from "./shared/async_receiver.ts";
export type { AsyncConsumer } from "./shared/async_consumer.ts";
export type { RowWriter } from "./latest_table/row_writer.ts";
export type { ClosableEnd } from "./shared/closable_end.ts";
export type { Producer } from "./shared/producer.ts";
export type { AsyncProducer } from "./shared/async_producer.ts";
export type { Batch, BatchSource } from "./shared/batch.ts";
