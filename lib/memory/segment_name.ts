/** How an anonymous segment is found: its creator's descriptor, reopened; and when it was created. */
const ANONYMOUS_NAME = /^(\/proc\/(?:self|[1-9][0-9]*)\/fd\/(?:0|[1-9][0-9]*))(?:#([0-9a-z]+))?$/;

/** Linux's longest file name, in bytes. */
const NAME_MAX = 255;

/** The parts of an anonymous segment's name. */
export interface AnonymousName {
  /** The path that leads to its memory while its creator has it open. */
  readonly path: string;
  /**
   * Distinguishes it from another one that a process of the same id has opened under the same number; none in a bare
   * path.
   */
  readonly stamp: string | undefined;
}

/**
 * The name of an anonymous segment. Processes and descriptors get numbers that others had before, so it holds the time
 * of creation, which only one segment of a process can have.
 */
export function anonymousName(path: string, createdNs: number): string {
  return `${path}#${stampOf(createdNs)}`;
}

/** The stamp of a segment that was created then. */
export function stampOf(createdNs: number): string {
  return createdNs.toString(36);
}

/** The parts of an anonymous segment's name; undefined if it is not one. */
export function parseAnonymousName(name: string): AnonymousName | undefined {
  const match = ANONYMOUS_NAME.exec(name);
  return match === null ? undefined : { path: match[1], stamp: match[2] };
}

/**
 * Refuses names of shared memory that POSIX refuses or leaves undefined.
 *
 * @throws {TypeError} If it is not a string.
 * @throws {RangeError} If it is not a slash followed by 1 to 254 bytes without slash or NUL.
 */
export function requireSegmentName(action: string, name: unknown): asserts name is string {
  if (typeof name !== "string") {
    throw new TypeError(`Cannot ${action} segment as its name must be a string: received ${typeof name}`);
  }
  const refuse = (rule: string) => {
    throw new RangeError(`Cannot ${action} segment ${JSON.stringify(name)} as its name must ${rule}`);
  };
  if (!name.startsWith("/")) refuse(`start with '/': write ${JSON.stringify("/" + name)}`);
  const rest = name.slice(1);
  if (rest === "" || rest === "." || rest === "..") refuse("have a part after '/' that is not '.' or '..'");
  if (rest.includes("/")) refuse("have no other '/': shared memory knows no folders");
  if (rest.includes("\0")) refuse("not contain NUL");
  const byteLength = new TextEncoder().encode(rest).byteLength;
  if (byteLength > NAME_MAX - 1) refuse(`be at most ${NAME_MAX} bytes long: received ${byteLength + 1}`);
}
