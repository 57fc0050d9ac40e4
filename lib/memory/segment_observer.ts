import * as system from "../../ffi/system.ts";
import type { SegmentFormatError } from "../errors.ts";
import { Views } from "../layout/mod.ts";
import { Catalog, type CatalogEntry } from "./catalog.ts";
import type { Header } from "./header.ts";
import { Participants, type SlotHolder } from "./participants.ts";
import type { Party } from "./party.ts";
import { Region } from "./region.ts";
import { openSegmentFile, type SegmentFile } from "./segment_file.ts";

/**
 * Observes a segment from outside, for tools. It maps the memory for reading only: it takes no slot, no lock and no
 * role, so it also works where all slots are taken, and it changes no word. Of a segment with a corrupt catalog it
 * still reports the header, the participants, and the objects before the fault.
 */
export class SegmentObserver implements Disposable {
  /** The name. */
  readonly name: string;
  readonly #file: SegmentFile;
  readonly #participants: Participants;
  readonly #catalog: Catalog;

  private constructor(name: string, file: SegmentFile) {
    const { mapping, header } = file;
    this.name = name;
    this.#file = file;
    this.#catalog = new Catalog(name, mapping, header);
    // Only a joiner needs the words of the objects.
    this.#participants = new Participants(name, mapping, header, () => new Int32Array(0));
  }

  /**
   * Observes a segment of any owner, without waiting for one that is being initialised.
   *
   * @param name Its name; of an anonymous one, `/proc/<pid>/fd/<number>` will do.
   * @throws {SystemError} `ENOENT` if it does not exist, `EACCES` without permission.
   * @throws {SegmentFormatError} If the file is not a segment, cut short, of another version, or its header is corrupt.
   * @throws {SegmentStateError} `INITIALISING` or `CREATOR_DIED` if it is not ready.
   */
  static open(name: string): SegmentObserver {
    return new SegmentObserver(name, openSegmentFile(name, { readOnly: true, owner: "any", timeoutMs: 0 }));
  }

  /** The header. */
  get header(): Header {
    return this.#file.header;
  }

  /** The liveness of attachments, for the words of parts. */
  get party(): Party {
    return this.#participants;
  }

  /** How long ago it was created, in nanoseconds. */
  get ageNs(): number {
    return system.monotonicNs() - this.#file.header.createdNs;
  }

  /** All living attachments, and those that died attached and whose slot was not taken since. */
  participants(): SlotHolder[] {
    return this.#participants.holders();
  }

  /** The pid namespaces of all that were ever attached, as far as their slots have not been taken since. */
  namespaces(): Set<number> {
    return this.#participants.namespaces();
  }

  /** The objects in the catalog, and its fault, if there is one. */
  objects(): { readonly entries: CatalogEntry[]; readonly error: SegmentFormatError | undefined } {
    return this.#catalog.readable();
  }

  /** The memory of an object, for the library's own types, which never write what is attached for reading only. */
  region({ name, byteOffset, byteLength }: CatalogEntry): Region {
    const views = new Views(this.#file.mapping.buffer, byteOffset, byteLength, true);
    return new Region(`'${name}' in segment '${this.name}'`, views, this.#participants, true);
  }

  /** Ends the observation. */
  close(): void {
    this.#file.mapping.discard();
  }

  /** The same, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }
}
