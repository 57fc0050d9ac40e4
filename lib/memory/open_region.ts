import { ClosedError } from "../errors.ts";
import type { Region } from "./region.ts";

/**
 * Refuses the use of a region whose segment was closed.
 *
 * @param region The region.
 * @param action What is done to it, in messages.
 * @throws {ClosedError} If its segment was closed.
 */
export function requireOpen(region: Region, action = "use"): void {
  if (region.source.closed) refuseClosed(region, action);
}

/** Throws, as the segment of something with a name, such as a region, was closed. */
export function refuseClosed({ name }: Pick<Region, "name">, action = "use"): never {
  throw new ClosedError(`Cannot ${action} ${name} as its segment was closed; open it again`);
}
