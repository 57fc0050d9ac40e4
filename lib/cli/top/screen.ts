import process from "node:process";

/** Another screen, and back; the cursor, and back; all at once, and shown. */
const ENTER = "\x1b[?1049h\x1b[?25l", LEAVE = "\x1b[?25h\x1b[?1049l", BEGIN = "\x1b[?2026h", END = "\x1b[?2026l";
const RESET = "\x1b[0m", CLEAR_LINE = "\x1b[2K", CLEAR_BELOW = "\x1b[J", CLEAR = `${RESET}\x1b[H${CLEAR_BELOW}`;

const KEYS: Readonly<Record<string, string>> = {
  "\x1b[A": "up",
  "\x1b[B": "down",
  "\x1bOA": "up",
  "\x1bOB": "down",
  "\x1b[5~": "pageup",
  "\x1b[6~": "pagedown",
  "\x1b[H": "home",
  "\x1b[F": "end",
  "\x1b[1~": "home",
  "\x1b[4~": "end",
  "\r": "enter",
  "\n": "enter",
  "\x1b": "escape",
  "\x7f": "backspace",
  "\x03": "ctrl-c",
};

/** Ctrl-L, by which full-screen programs draw everything anew. */
const REDRAW = "\x0c";

/** The terminal while it shows pictures and hears keys; as it was, afterwards. */
export class Screen implements Disposable {
  readonly #pressed: string[] = [];
  readonly #onData = (data: Uint8Array | string): void => {
    // deno-lint-ignore no-control-regex -- keys begin with such
    const keys: readonly string[] = String(data).match(/\x1b(?:\[[0-9;]*[A-Za-z~]|O[A-Z])?|[^\x1b]/g) ?? [];
    // It is asked for when the terminal shows something else than what was written.
    if (keys.includes(REDRAW)) this.#shown = [];
    this.#pressed.push(...keys.map((key) => KEYS[key] ?? key));
    this.#wake();
  };
  readonly #onResize = (): void => {
    this.#shown = []; // it shows something else by now
    this.#wake();
  };
  /** Ends the program as the signal would, once the terminal is as it was. */
  readonly #onSignal = (): void => {
    this[Symbol.dispose]();
    process.exit(143);
  };
  #wake = (): void => {};
  #isOpen = true;
  #shown: readonly string[] = [];

  constructor() {
    process.stdin.setRawMode(true);
    process.stdin.setEncoding("utf8");
    process.stdin.on("data", this.#onData);
    process.stdin.resume();
    process.stdout.on("resize", this.#onResize);
    process.on("SIGTERM", this.#onSignal);
    process.on("SIGHUP", this.#onSignal);
    process.stdout.write(ENTER);
  }

  /** Shows a picture, in one piece, as far as it differs from the one before. */
  show(lines: readonly string[]): void {
    // Each line is cleared before it is written: after a full one, the cursor is still on its last letter.
    const changes = lines.map((line, i) => line === this.#shown[i] ? "" : `\x1b[${i + 1}H${CLEAR_LINE}${line}`).join(
      "",
    );
    const below = lines.length < this.#shown.length ? `\x1b[${lines.length + 1}H${CLEAR_BELOW}` : "";
    const isFirst = this.#shown.length === 0;
    this.#shown = lines;
    if (isFirst) process.stdout.write(BEGIN + CLEAR + changes + END);
    else if (changes + below !== "") process.stdout.write(BEGIN + RESET + changes + below + END);
  }

  /**
   * The next key.
   *
   * @param ms How long to wait for it.
   * @returns Undefined if there is none in that time, or the terminal was resized.
   */
  async key(ms: number): Promise<string | undefined> {
    if (this.#pressed.length > 0) return this.#pressed.shift();
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, Math.max(0, ms));
    this.#wake = resolve;
    await promise;
    clearTimeout(timer);
    this.#wake = () => {};
    return this.#pressed.shift();
  }

  /** Leaves the terminal as it was. */
  [Symbol.dispose](): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    process.stdout.write(LEAVE);
    process.stdin.off("data", this.#onData);
    process.stdout.off("resize", this.#onResize);
    process.off("SIGTERM", this.#onSignal);
    process.off("SIGHUP", this.#onSignal);
    process.stdin.setRawMode(false);
    process.stdin.pause();
  }
}
