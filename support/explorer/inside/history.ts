/**
 * Histories of what operations returned, for scenarios that compare a part with a specification.
 *
 * @module
 */
import type { Specification } from "../linearizability.ts";
import { endOperation } from "../steps.ts";
import { world } from "../world.ts";

export { DIES, type Operation, type Specification } from "../linearizability.ts";

/** What the actors of a run call, and what they are returned. */
export class History<State> {
  /** Makes the history of a run: it is compared with the specification at the run's end. To be called in `start`. */
  constructor(specification: Specification<State>) {
    world.beginHistory(specification as Specification<unknown>);
  }

  /**
   * Calls something and notes it.
   *
   * @param name What the specification calls it.
   * @param args What it is called with.
   * @param operation Calls it. What it returns is noted, and of what it throws the name.
   */
  call<T>(name: string, args: readonly unknown[], operation: () => T): T | undefined {
    const call = world.beginOperation(name, args);
    try {
      const result = operation();
      endOperation(call, result);
      return result;
    } catch (error) {
      endOperation(call, (error as Error).name);
      return undefined;
    }
  }
}
