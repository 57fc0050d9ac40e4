import * as system from "../../ffi/system.ts";
import { unlockFile } from "./ofd_lock.ts";

/** An open file, which is closed only once: the kernel gives its number to the next file at once. */
export class OpenFile {
  /** Its descriptor. */
  readonly fd: number;
  #isOpen = true;
  #onClose: (() => void) | undefined;

  constructor(fd: number) {
    this.fd = fd;
  }

  /** Closes the descriptor. The second time nothing happens. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    system.close(this.fd);
    this.#onClose?.();
  }

  /** Releases the file's locks, which memory that is still mapped would keep, and closes it. */
  unlockAndClose(): void {
    if (!this.#isOpen) return;
    unlockFile(this.fd);
    this.close();
  }

  /** Sets what is called once it is closed, in whichever way. */
  whenClosed(then: () => void): void {
    this.#onClose = then;
  }

  /** Runs a function that is to keep the file, and closes the file if it fails. */
  closingOnError<T>(use: () => T): T {
    try {
      return use();
    } catch (error) {
      this.close();
      throw error;
    }
  }
}
