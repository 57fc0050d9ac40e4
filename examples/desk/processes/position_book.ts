import type { ViewOf } from "../../../mod.ts";
import type { Desk } from "../layout/desk.ts";
import { type OrderRecord, PositionRow } from "../layout/records.ts";
import { DecimalSum } from "../risk/decimal_sum.ts";
import { Position } from "../risk/position.ts";
import { InstrumentDirectory } from "./instrument_directory.ts";
import { takeOver } from "./take_over.ts";

/**
 * What the desk holds: the one writer of the positions. Each booking is published with its event's number or its
 * order's id by one store, so what comes again after a death is known, and booked once.
 */
export class PositionBook implements Disposable {
  readonly #desk: Desk;
  readonly #directory: InstrumentDirectory;
  readonly #writer: ReturnType<Desk["positions"]["writer"]>;
  readonly #row = PositionRow.alloc();
  readonly #position = new Position();

  constructor(desk: Desk, directory: InstrumentDirectory = new InstrumentDirectory(desk)) {
    this.#desk = desk;
    this.#directory = directory;
    this.#writer = takeOver(() => desk.positions.writer());
  }

  /** What is held of an instrument, good until the next call; undefined if nothing ever was. */
  at(instrument: number): ViewOf<typeof PositionRow> | undefined {
    return this.#desk.positions.read(instrument, this.#row) ? this.#row : undefined;
  }

  /**
   * Books what an event brings.
   *
   * @param event Its number.
   * @param quantity Below 0, sold.
   * @param price In dollars.
   * @returns False if it is booked already, or the sum would not be exact.
   */
  bookEvent(instrument: number, event: number, quantity: number, price: number): boolean {
    const row = this.#writer.begin(instrument);
    if (event <= row.lastEvent) return false; // what was begun is forgotten
    if (!this.#add(instrument, row, quantity, price)) return false;
    row.lastEvent = event;
    this.#writer.commit();
    return true;
  }

  /**
   * Books what became of an order.
   *
   * @param quantity Below 0, sold. 0 if it was refused; so is one whose sum would not be exact.
   * @returns False if that was done already.
   */
  bookOrder(order: ViewOf<typeof OrderRecord>, quantity: number, price: number): boolean {
    const row = this.#writer.begin(order.instrument);
    if (order.id <= row.lastOrderId) return false;
    const isFilled = quantity !== 0 && this.#add(order.instrument, row, quantity, price);
    row.lastOrderId = order.id;
    row.lastOutcome = isFilled ? "filled" : "refused";
    row.lastPrice = price;
    this.#writer.commit();
    return true;
  }

  /** Releases the role. */
  [Symbol.dispose](): void {
    this.#writer.close();
  }

  /** @returns Whether it was added. */
  #add(instrument: number, row: ViewOf<typeof PositionRow>, quantity: number, price: number): boolean {
    const position = this.#position, sum = new DecimalSum(row.units, row.digits);
    position.quantity = sum.value;
    if (!sum.add(quantity)) return false;
    position.contract = this.#directory.at(instrument).contract;
    position.averagePrice = row.averagePrice;
    position.realised = row.realised;
    position.trade(quantity, price);
    row.units = sum.units;
    row.digits = sum.digits;
    row.averagePrice = sum.units === 0 ? 0 : position.averagePrice;
    row.realised = position.realised;
    return true;
  }
}
