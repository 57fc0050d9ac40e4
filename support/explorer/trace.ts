import type { Actor } from "./actor.ts";
import type { Site } from "./rewrite/twins.ts";

/** Takes down a run, line by line. */
export class Trace {
  /** What happened. */
  readonly lines: string[] = [];
  readonly #sites: readonly Site[];
  readonly #nameOfWord: (word: number) => string;
  #last: Actor | undefined;

  /**
   * @param sites Of the explored program.
   * @param nameOfWord What a word of the shared memory is called.
   */
  constructor(sites: readonly Site[], nameOfWord: (word: number) => string) {
    this.#sites = sites;
    this.#nameOfWord = nameOfWord;
  }

  /** Where an actor stands. */
  siteOf(actor: Actor): string {
    const site = this.#sites[actor.site];
    return site === undefined ? "its first step" : `${site.name}: ${site.text}`;
  }

  /** Another actor continues. */
  turn(isPreemption: boolean): void {
    if (isPreemption && this.#last !== undefined) {
      this.note(`${this.#last.name} has to wait before ${this.siteOf(this.#last)}`);
    }
  }

  /** An actor made a step. */
  step(actor: Actor, what: string, word: number, value: number): void {
    this.#last = actor;
    const site = this.#sites[actor.site];
    const where = word < 0 ? "" : ` ${/life/.test(what) ? word : this.#nameOfWord(word)}`;
    this.lines.push(
      `${actor.name.padEnd(8)} ${`${what}${where}`.padEnd(34)} → ${
        String(value).padEnd(12)
      } ${site.name}: ${site.text} (${site.place})`,
    );
  }

  /** Something that is no step. */
  note(text: string): void {
    this.lines.push(`    -- ${text}`);
  }
}
