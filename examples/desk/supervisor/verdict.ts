import type { FeedReport } from "../view/desk_snapshot.ts";
import { count, plural } from "../view/format.ts";
import type { AuditSummary, InstrumentAudit } from "./audit.ts";

/**
 * What a run comes to:
 *
 * - `right`: all that was compared is as it must be, and each book that was told of is valid at the end;
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
const BOOK_TEXTS: Readonly<Record<NonNullable<InstrumentAudit["book"]>, string>> = {
  valid: "valid",
  beyond: "whose price left what its snapshot covered",
  early: "without a snapshot",
  gap: "without a snapshot since a gap",
  restart: "without a snapshot since their numbers began anew",
  mismatch: "without a snapshot since a checksum that does not match",
};

/**
 * Judges a run.
 *
 * @param complaints What is wrong besides what the audit and the feed tell.
 */
export function verdictOf(audit: AuditSummary, feed: FeedReport, complaints: readonly string[]): Verdict {
  const all = [...complaints, ...complaintsOf(audit)];
  const isCompared = audit.tops + audit.greeks + audit.checksums > 0;
  // A market that was left before its end may have left a book before its snapshot.
  const lost = feed.isComplete ? audit.instruments.filter(({ book }) => book !== undefined && book !== "valid") : [];
  return {
    value: all.length > 0 ? "wrong" : isCompared && lost.length === 0 && feed.empty === 0 ? "right" : "unchecked",
    complaints: all,
    compared: comparedOf(audit),
    notCompared: notComparedOf(audit, feed, lost),
  };
}

/** A verdict in a sentence. */
export function verdictText({ value, compared }: Verdict): string {
  if (value === "right") return "All is as it must be.";
  if (value === "wrong") return "Not all is as it must be.";
  return compared.length === 0 ? "Nothing could be checked." : "Not all could be checked.";
}

/** What an audit says against the desk. */
function complaintsOf({ orders, depth, ...audit }: AuditSummary): string[] {
  const { missing, tops, equalTops, crossed, greeks, greeksWithin, wrongBooks, wrongPositions } = audit;
  const complaints = [
    missing > 0 && `events were missing ${plural(missing, "time")}`,
    depth.pending > 0 && `${plural(depth.pending, "change")} did not reach the books`,
    tops !== equalTops && `${count(tops - equalTops)} of ${plural(tops, "top")} of book differ from the exchange's`,
    crossed > 0 && `books were crossed ${plural(crossed, "time")}`,
    audit.checksums !== audit.equalChecksums &&
    `${count(audit.checksums - audit.equalChecksums)} of ${plural(audit.checksums, "checksum")} of books do not match`,
    greeks !== greeksWithin &&
    `the greeks of ${count(greeks - greeksWithin)} of ${plural(greeks, "ticker")} differ from the exchange's`,
    audit.greeksPending > 0 && `${plural(audit.greeksPending, "ticker")} were not priced`,
    wrongBooks > 0 && `${plural(wrongBooks, "book")} are not as their last change left them`,
    wrongPositions > 0 && `${plural(wrongPositions, "position")} are not the sum of what was booked`,
    orders.misplaced > 0 && `${plural(orders.misplaced, "order")} were lost or sent twice`,
    orders.undecided > 0 && `${plural(orders.undecided, "order")} were not decided`,
    orders.sentAfterStop > 1 && `${plural(orders.sentAfterStop, "order")} went out after the kill switch`,
    orders.filledAfterStop > 1 && `${plural(orders.filledAfterStop, "order")} were filled after the kill switch`,
  ].filter((complaint) => complaint !== false);
  return [...complaints, ...audit.examples];
}

function comparedOf({ tops, equalTops, checksums, equalChecksums, greeks, greeksWithin }: AuditSummary): string[] {
  return [
    tops > 0 && `${count(equalTops)} of ${plural(tops, "top")} of book equal the exchange's`,
    checksums > 0 && `${count(equalChecksums)} of ${plural(checksums, "checksum")} of books match`,
    greeks > 0 && `the greeks of ${count(greeksWithin)} of ${plural(greeks, "ticker")} are within the tolerances`,
  ].filter((text) => text !== false);
}

function notComparedOf(audit: AuditSummary, feed: FeedReport, lost: readonly InstrumentAudit[]): string[] {
  const { instruments } = audit, withBook = instruments.filter(({ book }) => book !== undefined);
  const untold = withBook.filter(({ tops, checksums, book }) => tops + checksums === 0 && book === "valid");
  const states = (["beyond", "early", "gap", "restart", "mismatch"] as const).map((state) => {
    const found = lost.filter(({ book }) => book === state);
    return found.length > 0 && `${plural(found.length, "book")} ${BOOK_TEXTS[state]}: ${namesOf(found)}`;
  });
  return [
    feed.empty > 0 && `${plural(feed.empty, "capture")} without a market's event`,
    ...states,
    untold.length > 0 &&
    `${plural(untold.length, "book")} of which the exchange told nothing to compare: ${namesOf(untold)}`,
    audit.unansweredTops > 0 &&
    `${plural(audit.unansweredTops, "top")} of book without an answer${
      audit.unsureTops > 0 ? `, of which ${count(audit.unsureTops)} lie beyond what a snapshot covered` : ""
    }`,
    feed.refused > 0 && `${plural(feed.refused, "event")} of instruments that found no room`,
    instruments.length === 0 && feed.empty === 0 && "a market without any event",
  ].filter((text) => text !== false);
}

function namesOf(instruments: readonly InstrumentAudit[]): string {
  const names = instruments.slice(0, NAMED).map(({ name }) => name).join(", ");
  return instruments.length > NAMED ? `${names} and ${count(instruments.length - NAMED)} more` : names;
}
