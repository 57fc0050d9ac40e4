/**
 * Instruments in and out of the desk's table of them.
 *
 * @module
 */
import type { ValueOf, ViewOf } from "../../../mod.ts";
import type { InstrumentModel } from "../instrument/instrument_model.ts";
import { InstrumentRow } from "./records.ts";

/** Digits that are not known. */
const UNKNOWN = 255;

/** What a row holds of an instrument. */
export function rowOfModel(model: InstrumentModel): ValueOf<typeof InstrumentRow> {
  const { priceDigits, quantityDigits } = model;
  return { ...model, priceDigits: toByte(priceDigits), quantityDigits: toByte(quantityDigits) };
}

/** The instrument that a row holds. */
export function modelOfRow(row: ViewOf<typeof InstrumentRow>): InstrumentModel {
  const { priceDigits, quantityDigits, ...rest } = InstrumentRow.toObject(row);
  return { ...rest, priceDigits: fromByte(priceDigits), quantityDigits: fromByte(quantityDigits) };
}

function toByte(digits: number): number {
  return digits >= 0 && digits < UNKNOWN ? digits : UNKNOWN;
}

function fromByte(digits: number): number {
  return digits === UNKNOWN ? NaN : digits;
}
