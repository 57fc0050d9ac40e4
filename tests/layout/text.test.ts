import { describe, it } from "node:test";
import { assertEquals } from "@std/assert";
import { readText, utf8Length, writeCutText, writeText } from "../../lib/layout/text.ts";
import { getChars, setChars } from "../../lib/memory/bytes.ts";

/** What each of the two ways to write makes of a text in 8 bytes: both are one codec. */
const TEXTS: [text: string, refused: string | undefined, cut: string][] = [
  ["", undefined, ""],
  ["abcdefgh", undefined, "abcdefgh"],
  ["\ufeffab", undefined, "\ufeffab"],
  ["héé", undefined, "héé"],
  ["😀😀", undefined, "😀😀"],
  ["abcdefghi", "of at most 8 bytes in UTF-8", "abcdefgh"],
  ["abcdef😀", "of at most 8 bytes in UTF-8", "abcdef"],
  ["abcdefgé", "of at most 8 bytes in UTF-8", "abcdefg"],
  ["ab\0cd", "without NUL", "ab"],
  ["a\ud83d", "without lone surrogates", "a\ufffd"],
  ["\ude00a", "without lone surrogates", "\ufffda"],
];

describe("text", () => {
  for (const [text, refused, cut] of TEXTS) {
    it(`${JSON.stringify(text)} in 8 bytes`, () => {
      const u8 = new Uint8Array(24).fill(0xa5), guards = [...u8.subarray(0, 8), ...u8.subarray(16)];
      const before = [...u8];
      assertEquals(writeText(u8, 8, 8, text), refused);
      if (refused === undefined) assertEquals(readText(u8, 8, 8), text);
      else assertEquals([...u8], before, "a refused text must not be written in part");
      writeCutText(u8, 8, 8, text);
      assertEquals(readText(u8, 8, 8), cut);
      const record = new DataView(new SharedArrayBuffer(32), 8);
      setChars(record, 8, 8, "xxxxxxxx");
      setChars(record, 8, 8, text);
      assertEquals(getChars(record, 8, 8), cut);
      assertEquals([...new Uint8Array(record.buffer, 16, 8)], [...u8.subarray(8, 16)]);
      assertEquals([...u8.subarray(0, 8), ...u8.subarray(16)], guards);
      if (refused === undefined) assertEquals(utf8Length(text), u8.subarray(8, 16).filter((byte) => byte !== 0).length);
    });
  }

  it("of no bytes is empty", () => assertEquals(getChars(new DataView(new ArrayBuffer(0)), 0, 0), ""));
});
