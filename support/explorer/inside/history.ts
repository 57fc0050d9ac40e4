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
  /**
   * Makes the history of a run: it is compared with the specification at the run's end. To be called in `start`.
   *
   * @param specification What the part does if operations are done one after the other.
   * @param late The names of operations that others may see only after they have returned, where a processor keeps
   *   stores back: those that publish without a fence, as sleepers fence all processes. Where the kernel has no fence
   *   for that, and for all other operations, what is returned must be visible.
   */
  constructor(specification: Specification<State>, late: readonly string[] = []) {
    world.beginHistory(specification as Specification<unknown>, late);
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
