import type { FeedReport } from "../view/desk_snapshot.ts";
import { count, plural } from "../view/format.ts";
import type { BookState, Comparison, InstrumentCoverage } from "../check/coverage.ts";
import type { AuditSummary } from "./audit.ts";

/**
 * What a run comes to:
 *
 * - `right`: all that was compared is as it must be, and each book with data is valid at the end;
 * - `wrong`: something is not as it must be;
 * - `unchecked`: nothing is known to be wrong, but nothing was compared, or a book is not valid.
 */
export interface Verdict {
  readonly value: "right" | "wrong" | "unchecked";
  /** What is wrong, in words. */
  readonly complaints: readonly string[];
  /** What was compared, in words. */
  readonly compared: readonly string[];
  /** What was not, and why. */
  readonly notCompared: readonly string[];
}

/** How many instruments are named. */
const NAMED = 5;

/** Why a book may not be used, in words. */
const BOOK_TEXTS: Readonly<Record<BookState, string>> = {
  valid: "valid",
  beyond: "beyond what a snapshot covered",
  early: "without a snapshot",
  gap: "without a snapshot since a gap",
  restart: "without a snapshot since the numbers began anew",
  mismatch: "without a snapshot since a checksum that does not match",
};

/** The report of an input, as far as a verdict depends on it. */
type Input = Pick<FeedReport, "isComplete" | "empty" | "refused">;

/**
 * Judges what was compared.
 *
 * @param complaints What is wrong besides.
 */
export function verdictOf(found: Comparison, input: Input, complaints: readonly string[]): Verdict {
  const all = [...complaints, ...differencesOf(found)], { instruments } = found;
  const isCompared = found.tops + found.greeks + found.checksums > 0;
  // A market that was left before its end may have left a book before its snapshot.
  const lost = input.isComplete ? instruments.filter(({ book }) => book !== undefined && book !== "valid") : [];
  return {
    value: all.length > 0 ? "wrong" : isCompared && lost.length === 0 && input.empty === 0 ? "right" : "unchecked",
    complaints: all,
    compared: comparedOf(found),
    notCompared: notComparedOf(found, input, lost),
  };
}

/** A verdict in a sentence. */
export function verdictText({ value, compared }: Verdict): string {
  if (value === "right") return "All is as it must be.";
  if (value === "wrong") return "Not all is as it must be.";
  return compared.length === 0 ? "Nothing could be checked." : "Not all could be checked.";
}

/** What differs from what the exchange says. */
function differencesOf(found: Comparison): string[] {
  const { tops, equalTops, crossed, checksums, equalChecksums, greeks, greeksWithin, examples } = found;
  const differences = [
    tops !== equalTops && `tops of book that differ from the exchange's: ${count(tops - equalTops)} of ${count(tops)}`,
    crossed > 0 && `books crossed: ${plural(crossed, "time")}`,
    checksums !== equalChecksums &&
    `checksums of books that do not match: ${count(checksums - equalChecksums)} of ${count(checksums)}`,
    greeks !== greeksWithin &&
    `tickers whose greeks differ from the exchange's: ${count(greeks - greeksWithin)} of ${count(greeks)}`,
  ].filter((difference) => difference !== false);
  return [...differences, ...examples];
}

/** What an audit says against the desk itself. */
export function complaintsOf(audit: AuditSummary): string[] {
  const { orders, depth, missing, greeksPending, wrongBooks, wrongPositions } = audit;
  return [
    missing > 0 && `events missing: ${plural(missing, "time")}`,
    depth.pending > 0 && `changes that did not reach the books: ${count(depth.pending)}`,
    greeksPending > 0 && `tickers that were not priced: ${count(greeksPending)}`,
    wrongBooks > 0 && `books that are not as their last change left them: ${count(wrongBooks)}`,
    wrongPositions > 0 && `positions that are not the sum of what was booked: ${count(wrongPositions)}`,
    orders.misplaced > 0 && `orders lost or sent twice: ${count(orders.misplaced)}`,
    orders.undecided > 0 && `orders that were not decided: ${count(orders.undecided)}`,
    orders.sentAfterStop > 1 && `orders sent after the kill switch: ${count(orders.sentAfterStop)}`,
    orders.filledAfterStop > 1 && `orders filled after the kill switch: ${count(orders.filledAfterStop)}`,
  ].filter((complaint) => complaint !== false);
}

function comparedOf({ tops, equalTops, checksums, equalChecksums, greeks, greeksWithin }: Comparison): string[] {
  return [
    tops > 0 && `tops of book equal to the exchange's: ${count(equalTops)} of ${count(tops)}`,
    checksums > 0 && `checksums of books that match: ${count(equalChecksums)} of ${count(checksums)}`,
    greeks > 0 && `tickers whose greeks are within the tolerances: ${count(greeksWithin)} of ${count(greeks)}`,
  ].filter((text) => text !== false);
}

function notComparedOf(found: Comparison, { empty, refused }: Input, lost: readonly InstrumentCoverage[]): string[] {
  const { instruments } = found, withBook = instruments.filter(({ book }) => book !== undefined);
  const uncompared = withBook.filter(({ tops, checksums, book }) => tops + checksums === 0 && book === "valid");
  const states = (["beyond", "early", "gap", "restart", "mismatch"] as const).map((state) => {
    const books = lost.filter(({ book }) => book === state);
    return books.length > 0 && `${plural(books.length, "book")} ${BOOK_TEXTS[state]}: ${namesOf(books)}`;
  });
  return [
    empty > 0 && `${plural(empty, "capture")} without a market's event`,
    ...states,
    uncompared.length > 0 &&
    `${plural(uncompared.length, "book")} for which the exchange reported nothing to compare: ${namesOf(uncompared)}`,
    found.unansweredTops > 0 &&
    `${plural(found.unansweredTops, "top of book", "tops of book")} without an answer${
      found.unsureTops > 0 ? `, ${count(found.unsureTops)} of them beyond what a snapshot covered` : ""
    }`,
    refused > 0 && `${plural(refused, "event")} of instruments that found no room`,
    instruments.length === 0 && empty === 0 && "a market without any event",
  ].filter((text) => text !== false);
}

function namesOf(instruments: readonly InstrumentCoverage[]): string {
  const names = instruments.slice(0, NAMED).map(({ name }) => name).join(", ");
  return instruments.length > NAMED ? `${names} and ${count(instruments.length - NAMED)} more` : names;
}
