import { SegmentFormatError } from "../errors.ts";
import { shown } from "./option_checks.ts";
import type { Region } from "./region.ts";

/**
 * Checks a part's header for those that attach: it may be corrupt, or lie in too short a region, and the caller's
 * options may be those of another part.
 */
export class HeaderCheck {
  readonly #part: string;
  readonly #byteLength: number;

  /**
   * @param kind What the part is, in messages: "ring".
   * @param region Where it lies.
   * @param headerBytes The bytes of its header.
   * @throws {SegmentFormatError} If the region is shorter than that.
   */
  constructor(kind: string, region: Region, headerBytes: number) {
    this.#part = `${kind} ${region.name}`;
    this.#byteLength = region.byteLength;
    this.requireLength(headerBytes, "or more");
  }

  /** Throws, as something is not what it must be. */
  refuse(what: string, expected: unknown, found: unknown): never {
    throw new SegmentFormatError(
      "OBJECT",
      `Cannot attach to ${this.#part} as ${what} must be ${expected}: found ${found}`,
    );
  }

  /** Refuses what is not as expected. */
  require(what: string, expected: unknown, found: unknown): void {
    if (found !== expected) this.refuse(what, expected, found);
  }

  /** Refuses a region in which the part does not fit; `why` follows the number of bytes. */
  requireLength(byteLength: number, why: string): void {
    if (byteLength > this.#byteLength) this.refuse("its length", `${byteLength} ${why}`, this.#byteLength);
  }

  /** Refuses more than there can be of something. */
  requireAtMost(what: string, most: number, found: number): void {
    if (found > most) this.refuse(what, `at most ${most}`, found);
  }

  /**
   * Refuses options that differ from what the header says. Those that are left out do not.
   *
   * @param found What the header says, by the names of the options.
   * @param options The caller's.
   */
  requireOptions<Options extends object>(found: Options, options: Partial<Options> | undefined): void {
    for (const name of Object.keys(found) as (keyof Options & string)[]) {
      this.requireOption(name, found[name], options?.[name]);
    }
  }

  /** Refuses one option that differs from what the header says. */
  requireOption(name: string, found: unknown, asked: unknown): void {
    if (asked !== undefined && asked !== found) {
      this.refuse(`'${name}'`, shown(found), `${shown(asked)} in the options`);
    }
  }

  /** Makes a geometry of what the header says; where that is not possible, it is the header that is wrong. */
  geometry<Geometry>(make: () => Geometry): Geometry {
    try {
      return make();
    } catch (error) {
      throw new SegmentFormatError("OBJECT", `Cannot attach to ${this.#part}: ${(error as Error).message}`);
    }
  }
}
