/** Where an anonymous segment is found: its creator's descriptor, reopened. */
const DESCRIPTOR_PATH = /^\/proc\/(self|[1-9][0-9]*)\/fd\/(0|[1-9][0-9]*)$/;

/** Linux's longest file name, in bytes. */
const NAME_MAX = 255;

/** Whether a name is that of an anonymous segment. */
export function isDescriptorPath(name: string): boolean {
  return DESCRIPTOR_PATH.test(name);
}

/**
 * Refuses what POSIX refuses or leaves open in names of shared memory.
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
