/*
 * Mistakes that a program in plain JavaScript can make are refused by name, before anything is made.
 */

/** A value as messages show it. */
export function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return "a function";
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" && value !== null ? "an object" : String(value);
}

/**
 * Refuses anything but an object where options must be given.
 *
 * @param doing The operation that needs them, such as "create segment '/md'".
 * @param options What was given as options.
 * @param must The rule, such as "with a byteLength".
 * @throws {TypeError} If they are not an object.
 */
export function requireOptions(doing: string, options: unknown, must = ""): void {
  if (typeof options === "object" && options !== null) return;
  throw new TypeError(
    `Cannot ${doing} as its options must be an object${must === "" ? "" : ` ${must}`}: received ${shown(options)}`,
  );
}

/**
 * Refuses anything but an integer of a range.
 *
 * @param doing The operation, such as "make a ring of Tick".
 * @param what What the number is, such as the option's name.
 * @param value The number.
 * @param least The least that it may be.
 * @param most The most that it may be.
 * @throws {RangeError} If it is not such an integer.
 */
export function requireInteger(doing: string, what: string, value: unknown, least: number, most: number): void {
  if (Number.isInteger(value) && value as number >= least && value as number <= most) return;
  throw new RangeError(
    `Cannot ${doing} as ${what} must be an integer from ${least} to ${most}: received ${shown(value)}`,
  );
}

/**
 * Refuses anything but one of two words.
 *
 * @param doing The operation, such as "make a byte ring".
 * @param what What the word is for, such as the option's name.
 * @param value The word.
 * @param words Those that are allowed.
 * @throws {TypeError} If it is neither.
 */
export function requireWord(doing: string, what: string, value: unknown, words: readonly [string, string]): void {
  if (value === words[0] || value === words[1]) return;
  throw new TypeError(
    `Cannot ${doing} as ${what} must be "${words[0]}" or "${words[1]}": received ${shown(value)}`,
  );
}

/**
 * Refuses anything that is not a time to wait.
 *
 * @param doing The operation that waits.
 * @param timeoutMs How long; undefined for the default.
 * @throws {TypeError} If it is not a number.
 * @throws {RangeError} If it is negative or NaN.
 */
export function requireTimeout(doing: string, timeoutMs: unknown): void {
  if (timeoutMs === undefined || (typeof timeoutMs === "number" && timeoutMs >= 0)) return;
  const ErrorClass = typeof timeoutMs === "number" ? RangeError : TypeError;
  throw new ErrorClass(`Cannot ${doing} as timeoutMs must be 0 or more: received ${shown(timeoutMs)}`);
}

/**
 * Refuses anything that cannot name an attachment.
 *
 * @param doing The operation that needs the role.
 * @param role The role of an attachment.
 * @throws {TypeError} If it is given and is not a string.
 */
export function requireRole(doing: string, role: unknown): void {
  if (role === undefined || typeof role === "string") return;
  throw new TypeError(`Cannot ${doing} as its role must be a string: received ${shown(role)}`);
}

/**
 * Refuses a name that cannot be an object's, or a type that is not one.
 *
 * @param doing The operation that needs the object's name and type.
 * @param name The object's name.
 * @param type The object's type.
 * @throws {TypeError} If the name is not a string or the type not a `SharedType`.
 */
export function requireObject(doing: string, name: unknown, type: unknown): void {
  if (typeof name !== "string") {
    throw new TypeError(`Cannot ${doing} as its name must be a string: received ${shown(name)}`);
  }
  const { kind, byteLength, init, attach } = (type ?? {}) as Record<string, unknown>;
  const isType = typeof kind === "string" && [byteLength, init, attach].every((each) => typeof each === "function");
  if (isType) return;
  throw new TypeError(
    `Cannot ${doing} as its type must be a SharedType, such as LatestTable or Mutex: received ${shown(type)}`,
  );
}
