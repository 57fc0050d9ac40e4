/**
 * Lines over Unix sockets, many in each write, with back-pressure from slow readers.
 *
 * @module
 */
import { createConnection, createServer, type Socket } from "node:net";

/** Characters that are collected before they are written. */
const BATCH = 1 << 14;

/** Sends lines. */
export class LineSender {
  readonly #socket: Socket;
  #text = "";
  /** Whether more should wait. */
  isFull = false;

  readonly #waiting: (() => void)[] = [];

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("drain", () => {
      this.isFull = false;
      for (const resume of this.#waiting.splice(0)) resume();
    });
  }

  /** Connects to a listener, once it is there. */
  static async connect(path: string): Promise<LineSender> {
    for (let i = 0; i < 2000; i++) {
      const socket = createConnection(path);
      const isConnected = await new Promise<boolean>((resolve) => {
        socket.once("connect", () => resolve(true));
        socket.once("error", () => resolve(false));
      });
      if (isConnected) {
        socket.on("error", () => {});
        return new LineSender(socket);
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    throw new Error(`Nobody listens at ${path}`);
  }

  /** Adds a line. */
  send(line: string): void {
    this.#text += line;
    if (this.#text.length >= BATCH) this.flush();
  }

  /** Writes what was collected. */
  flush(): void {
    if (this.#text === "") return;
    if (!this.#socket.write(this.#text)) this.isFull = true;
    this.#text = "";
  }

  /** Waits until there is room. */
  async drained(): Promise<void> {
    if (this.isFull) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}

/**
 * Receives the lines of one sender after another.
 *
 * @param onLine Takes a line.
 * @param onBatch Called after all lines that came together; the next ones are taken once it has resolved.
 */
export function listen(path: string, onLine: (line: string) => void, onBatch: () => Promise<void>): Promise<void> {
  const server = createServer((socket) => {
    let rest = "";
    socket.setEncoding("utf8");
    socket.on("error", () => {});
    socket.on("data", async (text: string) => {
      socket.pause();
      const lines = (rest + text).split("\n");
      rest = lines.pop()!;
      for (const line of lines) onLine(line);
      await onBatch();
      socket.resume();
    });
  });
  return new Promise((resolve) => server.listen(path, resolve));
}
