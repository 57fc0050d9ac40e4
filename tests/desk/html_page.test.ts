import { assert, assertEquals, assertGreater } from "@std/assert";
import { describe, it } from "node:test";
import { stripVTControlCharacters } from "node:util";
import { runInNewContext } from "node:vm";
import { ROLES } from "../../examples/desk/layout/desk.ts";
import { DEFAULT_OPTIONS } from "../../examples/desk/supervisor/desk_options.ts";
import type { DeskResult } from "../../examples/desk/supervisor/run_desk.ts";
import { htmlPage } from "../../examples/desk/view/html_page.ts";
import { summary } from "../../examples/desk/view/summary.ts";
import { modelOf } from "../../examples/desk/instrument/model_of.ts";
import { runLongEnough } from "./desk_program.ts";

/** What a page asks of its plotting library, and draws by itself. */
class PlotSpy {
  static join = (tables: number[][][]): number[][] => [tables[0][0], ...tables.map(([, values]) => values)];
  static made: PlotSpy[] = [];
  readonly labels: string[] = [];
  readonly rectangles: number[][] = [];
  readonly bbox = { left: 0, top: 0, width: 1000, height: 300 };
  readonly ctx = {
    save: () => {},
    restore: () => {},
    measureText: () => ({ width: 30 }),
    fillText: (name: string) => this.labels.push(name),
    fillRect: (...of: number[]) => this.rectangles.push(of),
  };
  readonly table: (number | null)[][];

  constructor(options: { hooks: { drawClear?: ((plot: PlotSpy) => void)[] } }, table: (number | null)[][]) {
    this.table = table;
    PlotSpy.made.push(this);
    for (const draw of options.hooks.drawClear ?? []) draw(this);
  }

  /** The chart has room for the longest run, which is one that was repeated as too little happened. */
  valToPos(seconds: number): number {
    return seconds * 5;
  }
}

/** Runs what the page does in a browser. @returns Its charts, and what it says where it draws none. */
function drawn(page: string): { charts: PlotSpy[]; texts: string[] } {
  const script = page.slice(page.lastIndexOf("<script>") + 8, page.lastIndexOf("</script>"));
  const ids = [...page.matchAll(/<figure id="(\w+)">/g)].map(([, id]) => id);
  const elements = Object.fromEntries(ids.map((id) => [id, { clientWidth: 328, textContent: "" }]));
  PlotSpy.made = [];
  runInNewContext(script, {
    uPlot: PlotSpy,
    devicePixelRatio: 1,
    getComputedStyle: () => ({ getPropertyValue: () => "#000" }),
    addEventListener: () => {},
    document: { documentElement: {}, getElementById: (id: string) => elements[id] },
  });
  return { charts: PlotSpy.made, texts: Object.values(elements).map(({ textContent }) => textContent) };
}

describe("what a run leaves to be read", () => {
  let run: Promise<DeskResult> | undefined;
  const options = { ...DEFAULT_OPTIONS, mix: true, seconds: 3, speed: 5, killEveryMs: 400 };
  const isCompared = ({ audit: { tops } }: DeskResult) => tops > 0;
  const result = () => run ??= runLongEnough(options, (found) => found.deaths.length > 3 && isCompared(found));

  it("is a page with its verdict, deaths, holdings, and where and how it was run", async () => {
    const found = await result(), page = htmlPage(found);
    assertEquals([found.verdict.value, found.verdict.complaints], ["right", []]);
    assertGreater(found.deaths.length, 3);
    assert(page.startsWith("<!doctype html>") && !/(src|href)="?http/.test(page));
    const text = page.replaceAll(/<script>[^]*?<\/script>|<style>[^]*?<\/style>/g, "").replaceAll(/<[^>]+>/g, "\n");
    const parts = [
      "right",
      "options",
      `--seconds ${found.options.seconds} --mix --chaos --speed 5`,
      "initial margin",
      "maintenance margin",
      "profit",
    ];
    const more = [
      "position",
      "trades",
      "gaps",
      "versions",
      "deno ",
      "bun ",
      "shmkit 0.",
      "UTC",
      "successor at work after",
    ];
    for (const part of [...parts, ...more, ...ROLES]) assert(text.includes(part), `${part} is missing: ${text}`);
    for (const { role, pid } of ROLES.map((role) => ({ role, ...found.last.processes[role] }))) {
      assert(page.includes(`<tr><th>${role}</th><td>`) && page.includes(`<td>${pid}</td>`), role);
    }
    const { charts, texts } = drawn(page);
    assertEquals([charts.length, texts.filter((text) => text !== "")], [6, []]);
    for (const { labels, rectangles } of charts.slice(1)) {
      assertEquals(new Set(labels.filter((name) => !ROLES.some((role) => role === name))).size, 0);
      assertGreater(labels.length, 0);
      assert(rectangles.length >= found.deaths.length, "each death is marked");
    }
    assertEquals(charts[0].rectangles, [], "latencies are not drawn over time");
  });

  it("is a summary whose lines fit the terminal, and break no word", async () => {
    const found = await result(), at = (columns: number) => stripVTControlCharacters(summary(found, columns));
    const all = new Set(at(Infinity).split(/\s+/));
    for (const columns of [80, 100]) {
      const lines = at(columns).split("\n");
      assertEquals(lines.filter((line) => line.length > columns), []);
      assertEquals(lines.flatMap((line) => line.trim().split(/\s+/)).filter((word) => !all.has(word)), []);
    }
  });

  it("says what it found even of a run of a second, and does not let names out of their place", async () => {
    const second = await runLongEnough({ ...DEFAULT_OPTIONS, seconds: 1, speed: 50 }, isCompared);
    assertGreater(second.timeline.length, 1);
    const { charts, texts } = drawn(htmlPage(second));
    assertEquals([charts.length, texts.filter((text) => text !== "")], [6, []]);
    const name = "</script><b>&", model = { ...modelOf("BTC_USDC", "deribit"), name };
    const verdict = { ...second.verdict, value: "unchecked" as const, notCompared: [name] };
    const page = htmlPage({ ...second, last: { ...second.last, notValued: [model] }, verdict });
    assert(!page.includes(name) && page.includes("&lt;/script>&lt;b>&amp;"));
    assert(page.includes(`class="badge unchecked"`));
  });
});
