import { ClosedError } from "../errors.ts";

/*
 * The attachments of this scope, which is one thread's one set of globals. A reload leaves attachments behind that will
 * never be closed.
 *
 * `bun --hot` evaluates all modules again in the same scope. So each run of this module finds the attachments of
 * earlier runs here, and closes them before its own first attachment; from then on an earlier run can make no more.
 *
 * `deno run --watch` starts anew in the same thread with new globals. Then an attachment that is this thread's by the
 * segment's table, and that this scope does not know, belongs to globals that are gone.
 *
 * The globals keep one plain record that every copy and version of the library can read.
 */

/** One attachment. */
interface Attachment {
  /** The address of the module that made it; another copy of the library has another one. */
  readonly url: string;
  /** Which run of that module made it. */
  readonly run: number;
  close(): void;
}

interface Scope {
  /** How often each module was run. */
  readonly runs: Map<string, number>;
  /** Attachments by name: a segment's and one of its ids. */
  readonly open: Map<string, Attachment>;
}

const SCOPE: unique symbol = Symbol.for("@shmkit/shmkit: attachments of this scope");

interface Globals {
  [SCOPE]?: Scope;
}

function scopeOf(globals: Globals): Scope {
  if (globals[SCOPE] === undefined) {
    Object.defineProperty(globals, SCOPE, { value: { runs: new Map(), open: new Map() } satisfies Scope });
  }
  return globals[SCOPE]!;
}

const scope = scopeOf(globalThis as unknown as Globals);

/** Where a bundler has not kept the module's address, no run counts as an earlier one. */
const url: string = import.meta.url ?? crypto.randomUUID();

const run: number = (scope.runs.get(url) ?? 0) + 1;
scope.runs.set(url, run);

let isFirst = true;

/**
 * Called before each attachment: closes the attachments of earlier runs of the program.
 *
 * @param doing The operation, in messages.
 * @throws {ClosedError} If this is an earlier run itself.
 */
export function requireCurrentRun(doing: string): void {
  if (scope.runs.get(url) !== run) {
    throw new ClosedError(`Cannot ${doing} as the program was reloaded since, and its former run must not continue`);
  }
  if (!isFirst) return;
  isFirst = false;
  for (const attachment of scope.open.values()) {
    if (attachment.url === url && attachment.run < run) attachment.close();
  }
}

/** The name of an attachment among all that a scope can have. */
export function attachmentName(createdNs: number, id: number): string {
  return `${createdNs}:${id}`;
}

/** Whether this scope has any. */
export function hasAttachments(): boolean {
  return scope.open.size > 0;
}

let observers = 0;

/**
 * Notes an attachment.
 *
 * @param createdNs When its segment was created, which distinguishes it from others.
 * @param id The attachment's id; 0 if it only reads.
 * @param close Closes it, and must not prevent its collection.
 * @returns A function that forgets it, once it is closed or collected.
 */
export function noteAttachment(createdNs: number, id: number, close: () => void): () => void {
  const name = id === 0 ? `observer ${url} ${run}.${observers++}` : attachmentName(createdNs, id);
  const noted: Attachment = { url, run, close };
  scope.open.set(name, noted);
  return () => {
    if (scope.open.get(name) === noted) scope.open.delete(name);
  };
}

/** Whether an attachment of this thread was made with these globals. */
export function isKnownAttachment(createdNs: number, id: number): boolean {
  return scope.open.has(attachmentName(createdNs, id));
}
