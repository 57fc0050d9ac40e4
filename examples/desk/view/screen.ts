/**
 * Pictures on a terminal, each over the one before. They begin at the terminal's first line, not where the cursor is:
 * so it does not matter what the process that drew the one before was doing when it died.
 *
 * @module
 */

/** Goes to the terminal's first column, with nothing of a colour left. */
const HOME = "\x1b[0m\x1b[H", CLEAR_LINE = "\x1b[2K", CLEAR_BELOW = "\x1b[J";

/** Pushes what is there up, out of sight, but not out of reach. @param rows Lines that the terminal has. */
export function emptyScreen(rows: number): string {
  return "\n".repeat(rows) + clearedScreen();
}

/** Shows a picture that is lower than the terminal. */
export function pictureOnScreen(picture: string): string {
  // Each line is cleared before it is written: after a full one, the cursor is still on its last letter.
  return HOME + picture.split("\n").map((line) => `${CLEAR_LINE}${line}\r\n`).join("") + CLEAR_BELOW;
}

/** Takes the picture away. */
export function clearedScreen(): string {
  return HOME + CLEAR_BELOW;
}
