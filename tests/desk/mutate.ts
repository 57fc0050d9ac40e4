import type { Random } from "../../support/random.ts";

/** A change that a recorder, a disk or an editor might make to a capture. */
type Mutation = (lines: string[], random: Random) => void;

/** Somewhere among the lines. */
function any(lines: readonly string[], random: Random): number {
  return random.below(lines.length);
}

/** The places in a line at which a pattern matches. */
function matchesIn(line: string, pattern: RegExp): RegExpMatchArray[] {
  return [...line.matchAll(pattern)];
}

/** Changes one place of one line, if there is any. */
function changeOne(pattern: RegExp, change: (text: string, random: Random) => string): Mutation {
  return (lines, random) => {
    const at = any(lines, random), found = matchesIn(lines[at], pattern);
    if (found.length === 0) return;
    const { 0: text, index = 0 } = found[random.below(found.length)];
    lines[at] = lines[at].slice(0, index) + change(text, random) + lines[at].slice(index + text.length);
  };
}

/** A number, as JSON has it, or in a string. */
const NUMBER = /-?\d+(\.\d+)?/g;
/** A member of an object whose value is no object or array. */
const MEMBER = /"\w+":("[^"]*"|-?[\d.]+|true|false|null),?/g;

export const MUTATIONS: Readonly<Record<string, Mutation>> = {
  "a line is lost": (lines, random) => void lines.splice(any(lines, random), 1),
  "many lines are lost": (lines, random) => void lines.splice(any(lines, random), 1 + random.below(20)),
  "a line is doubled": (lines, random) => {
    const at = any(lines, random);
    lines.splice(at, 0, lines[at]);
  },
  "lines are doubled, later": (lines, random) => {
    const at = any(lines, random), part = lines.slice(at, at + 1 + random.below(15));
    lines.splice(Math.min(lines.length, at + random.below(40)), 0, ...part);
  },
  "two lines are swapped": (lines, random) => {
    const one = any(lines, random),
      other = random.below(2) === 0 ? Math.min(one + 1, lines.length - 1) : any(lines, random);
    [lines[one], lines[other]] = [lines[other], lines[one]];
  },
  "a line is cut": (lines, random) => {
    const at = any(lines, random);
    lines[at] = lines[at].slice(0, random.below(lines[at].length));
  },
  "the end is cut off": (lines, random) => {
    lines.length = 1 + any(lines, random);
    lines[lines.length - 1] = lines[lines.length - 1].slice(0, -random.below(30) - 1);
  },
  "a member is removed": changeOne(MEMBER, () => ""),
  "a member is renamed": changeOne(/"\w+":/g, (text, random) => `"${"xyz"[random.below(3)]}${text.slice(1)}`),
  "a number is scaled": changeOne(NUMBER, (text, random) => {
    const factor = [10, 0.1, 1000, 1.5, -1, 1e9, 2][random.below(7)];
    return String(Number((Number(text) * factor).toPrecision(15)));
  }),
  "a digit is changed": changeOne(/\d/g, (text, random) => String((Number(text) + 1 + random.below(9)) % 10)),
  "a line is another one's": (lines, random) => void (lines[any(lines, random)] = lines[any(lines, random)]),
};

/** A capture with one to four mutations, and what they are. */
export function mutated(text: string, random: Random): { text: string; what: string } {
  const lines = text.trimEnd().split("\n"), names = Object.keys(MUTATIONS), what: string[] = [];
  for (let i = 1 + random.below(4); i > 0 && lines.length > 1; i--) {
    const name = names[random.below(names.length)];
    MUTATIONS[name](lines, random);
    what.push(name);
  }
  return { text: lines.join("\n") + "\n", what: what.join(", ") };
}
