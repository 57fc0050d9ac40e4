import * as system from "../../ffi/system.ts";
import { layOut, MAX_BYTE_LENGTH } from "./geometry.ts";
import { requireOptions, requireRole, requireTimeout } from "./option_checks.ts";
import type { CreateRequest } from "./segment_file.ts";
import type { CreateOptions, OpenOptions } from "./segment_options.ts";

/**
 * Checks a creator's options, before anything is made, and lays the segment out.
 *
 * @param action What is being done to the segment, for messages.
 * @param name Its name, for messages.
 * @param options The creator's options.
 * @throws {TypeError} If something is missing or of the wrong type.
 * @throws {RangeError} If a number is out of range, or the parts leave no room for objects.
 */
export function createRequest(
  action: string,
  name: string,
  options: CreateOptions & Pick<OpenOptions, "timeoutMs" | "owner">,
): CreateRequest & Pick<OpenOptions, "role"> {
  const doing = `${action} segment '${name}'`;
  requireOptions(doing, options, "with a byteLength");
  requireTimeout(doing, options.timeoutMs);
  requireRole(doing, options.role);
  const { byteLength, mode = 0o600, maxParticipants, maxObjects } = options;
  const page = system.pageSize();
  if (!Number.isInteger(byteLength) || byteLength < page || byteLength > MAX_BYTE_LENGTH) {
    throw new RangeError(
      `Cannot ${doing} as byteLength must be an integer from ${page} (one page) to ${MAX_BYTE_LENGTH} (4 GiB, the longest ArrayBuffer in Bun): received ${
        String(byteLength)
      }`,
    );
  }
  if (!Number.isInteger(mode) || mode < 0 || mode > 0o777) {
    throw new RangeError(`Cannot ${doing} as mode must be an integer from 0 to 0o777: received ${String(mode)}`);
  }
  const wholePages = Math.ceil(byteLength / page) * page;
  return { ...options, readOnly: false, mode, geometry: layOut(wholePages, maxParticipants, maxObjects) };
}
