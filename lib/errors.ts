/**
 * Errors that a user can act on have their own classes, below one base, and a `code`. Misuse that no program should
 * recover from throws a plain `TypeError` or `RangeError`.
 *
 * @module
 */
import { ShmkitError } from "../ffi/mod.ts";

export { ShmkitError };

/** A segment, or a view into it, was used after `close()`. Open the segment again. Code: `CLOSED`. */
export class ClosedError extends ShmkitError {
  /** The class's name, as printed in front of the message. */
  override name = "ClosedError";
  /**
   * Makes the error.
   *
   * @param message What was used, and what closed it.
   */
  constructor(message: string) {
    super("CLOSED", message);
  }
}

/** A write was tried through a read-only attachment. Attach without `readOnly`. Code: `READ_ONLY`. */
export class ReadOnlyError extends ShmkitError {
  /** The class's name, as printed in front of the message. */
  override name = "ReadOnlyError";
  /**
   * Makes the error.
   *
   * @param message What was to be written.
   */
  constructor(message: string) {
    super("READ_ONLY", message);
  }
}

/**
 * Two programs describe the same object differently; the message shows both layouts, field by field. Code:
 * `LAYOUT_MISMATCH`.
 */
export class LayoutMismatchError extends ShmkitError {
  /** The class's name, as printed in front of the message. */
  override name = "LayoutMismatchError";
  /** The schema text stored in the segment. */
  readonly found: string;
  /** The schema text this program asked for. */
  readonly expected: string;

  /**
   * Makes the error.
   *
   * @param message The differences, field by field.
   * @param found The schema text stored in the segment.
   * @param expected The schema text this program asked for.
   */
  constructor(message: string, found: string, expected: string) {
    super("LAYOUT_MISMATCH", message);
    this.found = found;
    this.expected = expected;
  }
}

/** Why a file is not a segment that can be attached. */
export type SegmentFormatCode =
  | "FOREIGN"
  | "TRUNCATED"
  | "VERSION"
  | "HEADER"
  | "CATALOG"
  | "OBJECT";

/** The bytes are not a segment this version can attach: foreign, truncated, of another version, or contradictory. */
export class SegmentFormatError extends ShmkitError {
  /** The class's name, as printed in front of the message. */
  override name = "SegmentFormatError";
  /** Why. */
  declare readonly code: SegmentFormatCode;

  /**
   * Makes the error.
   *
   * @param code Why.
   * @param message What was refused, why, and the found value.
   */
  constructor(code: SegmentFormatCode, message: string) {
    super(code, message);
  }
}

/** Why a well-formed segment cannot be used now. */
export type SegmentStateCode =
  | "INITIALISING"
  | "CREATOR_DIED"
  | "FOREIGN_OWNER"
  | "FULL"
  | "EXISTS"
  | "NOT_FOUND"
  | "BUSY"
  | "OTHER_KIND"
  | "TOO_SMALL";

/** The segment is well-formed but cannot serve this request now; `code` says why. */
export class SegmentStateError extends ShmkitError {
  /** The class's name, as printed in front of the message. */
  override name = "SegmentStateError";
  /** Why. */
  declare readonly code: SegmentStateCode;

  /**
   * Makes the error.
   *
   * @param code Why.
   * @param message What was refused, why, and what to do.
   */
  constructor(code: SegmentStateCode, message: string) {
    super(code, message);
  }
}

/** A role that only one may hold, such as a table's writer, is held by a live attachment. Code: `ROLE_TAKEN`. */
export class RoleTakenError extends ShmkitError {
  /** The class's name, as printed in front of the message. */
  override name = "RoleTakenError";
  /**
   * Makes the error.
   *
   * @param message Which role, and its holder.
   */
  constructor(message: string) {
    super("ROLE_TAKEN", message);
  }
}

/** An attachment released or changed something that it does not hold. Code: `NOT_OWNER`. */
export class NotOwnerError extends ShmkitError {
  /** The class's name, as printed in front of the message. */
  override name = "NotOwnerError";
  /**
   * Makes the error.
   *
   * @param message What, and its holder.
   */
  constructor(message: string) {
    super("NOT_OWNER", message);
  }
}

/** An attachment asked for a lock that it holds already, and would wait for itself for ever. Code: `ALREADY_OWNER`. */
export class AlreadyOwnerError extends ShmkitError {
  /** The class's name, as printed in front of the message. */
  override name = "AlreadyOwnerError";
  /**
   * Makes the error.
   *
   * @param message Which lock.
   */
  constructor(message: string) {
    super("ALREADY_OWNER", message);
  }
}

/**
 * A dead process left something unfinished that was not repaired, so it cannot be used. Make the object anew, or, where
 * the message says so, repair it. Code: `OWNER_DIED`.
 */
export class OwnerDiedError extends ShmkitError {
  /** The class's name, as printed in front of the message. */
  override name = "OwnerDiedError";
  /**
   * Makes the error.
   *
   * @param message What was left, and which process died.
   */
  constructor(message: string) {
    super("OWNER_DIED", message);
  }
}

/** A structure of a fixed size has no room for more. Make it anew with more, or remove something. Code: `CAPACITY`. */
export class CapacityError extends ShmkitError {
  /** The class's name, as printed in front of the message. */
  override name = "CapacityError";
  /**
   * Makes the error.
   *
   * @param message What is full, and how much it holds.
   */
  constructor(message: string) {
    super("CAPACITY", message);
  }
}
