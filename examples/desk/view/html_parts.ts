/**
 * What the page of `html_page.ts` looks like, and what it does in a browser.
 *
 * @module
 */

/** The page's style. */
export const STYLE = `
:root { color-scheme: light dark; --ink: #1a1d21; --paper: #fff; --soft: #667; --line: #d8dce2; --right: #1b7a3d; --wrong: #b3261e; --unchecked: #8a6100; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e8eb; --paper: #15181c; --soft: #9aa3ad; --line: #333a42; --right: #3fa564; --wrong: #e2574d; --unchecked: #cf9a2e; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 1000px; margin: 2rem auto; padding: 0 1rem; overflow-wrap: anywhere; }
h1, h2 { line-height: 1.2; } h2 { font-size: 1.1rem; margin-top: 2rem; } ul { padding-left: 1.2rem; }
.badge { color: var(--paper); border-radius: .3rem; padding: .1rem .5rem; font-size: 1rem; vertical-align: middle; }
.badge.right { background: var(--right); } .badge.wrong { background: var(--wrong); } .badge.unchecked { background: var(--unchecked); }
li.wrong { color: var(--wrong); } li.unchecked { color: var(--unchecked); }
dl { display: flex; flex-wrap: wrap; gap: .5rem 2rem; } dt { color: var(--soft); font-size: .8rem; } dd { margin: 0; font-size: 1.3rem; font-variant-numeric: tabular-nums; }
figure { margin: 0; } figcaption { color: var(--soft); font-size: .8rem; } .scroll { overflow-x: auto; }
table { border-collapse: collapse; margin-top: .5rem; font-variant-numeric: tabular-nums; overflow-wrap: normal; }
th, td { padding: .2rem .8rem; text-align: right; border-bottom: 1px solid var(--line); } tr > :first-child { text-align: left; }
.u-legend { font-size: 13px; text-align: left; } .u-title { display: none; }
@media (max-width: 40rem) { body { margin: 1rem auto; } th, td { padding: .2rem .25rem; font-size: .7rem; } td { white-space: nowrap; } td:only-of-type { white-space: normal; } dl { gap: .4rem 1rem; } dd { font-size: 1rem; } }
`;

/** Draws what is in `data`. */
export const DRAWING = `
const colours = ["#2a7ae2", "#d9622b", "#2f9e59", "#9b51c9", "#c8950c"];
const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const time = (ns) => ns == null ? "–" : ns < 1e3 ? ns + " ns" : ns < 1e6 ? +(ns / 1e3).toPrecision(3) + " µs" : ns < 1e9 ? +(ns / 1e6).toPrecision(3) + " ms" : +(ns / 1e9).toPrecision(3) + " s";
const many = (n) => n == null ? "–" : n.toLocaleString("en");
const nines = (x) => x <= 0 ? "0 %" : +(100 - 100 / 10 ** x).toPrecision(Math.max(2, Math.ceil(x) + 1)) + " %";
const axis = (values, size) => ({ stroke: css("--soft"), grid: { stroke: css("--line"), width: 1 }, ticks: { stroke: css("--line") }, size, values: (_, splits) => splits.map((v) => v == null ? "" : values(v, splits[1] - splits[0])) });
function drawMarks(plot) {
  const { ctx, bbox: { left, top, width, height } } = plot, right = left + width, ratio = devicePixelRatio || 1;
  let labelEnd = -Infinity;
  ctx.save();
  ctx.font = 11 * ratio + "px system-ui, sans-serif";
  ctx.fillStyle = ctx.strokeStyle = css("--wrong");
  for (const { name, from, to } of data.marks) {
    const begin = plot.valToPos(from, "x", true), end = to == null ? right : plot.valToPos(to, "x", true);
    if (end < left || begin > right) continue;
    const x = Math.max(left, begin);
    ctx.globalAlpha = 0.15;
    ctx.fillRect(x, top, Math.min(right, end) - x, height);
    ctx.globalAlpha = 0.8;
    if (begin >= left) ctx.fillRect(x, top, ratio, height);
    const wide = ctx.measureText(name).width;
    if (x < labelEnd || x + wide > right) continue;
    ctx.fillText(name, x + 3 * ratio, top + 11 * ratio);
    labelEnd = x + wide + 8 * ratio;
  }
  ctx.restore();
}
function draw(id, names, table, { x, y, isLog, isSigned, isOverTime, label, incrs }) {
  const figure = document.getElementById(id);
  const isEmpty = (row) => row.every((v) => v == null || (isLog && v <= 0));
  const kept = names.map((name, i) => i).filter((i) => table[i + 1] && !isEmpty(table[i + 1]));
  if (table[0].length === 0 || kept.length === 0) { figure.textContent = "Nothing was measured."; return; }
  const isSparse = table[0].length < 30;
  const plot = new uPlot({
    width: figure.clientWidth, height: 300,
    scales: { x: { time: false }, y: isLog ? { distr: 3 } : isSigned ? {} : { range: (_, min, max) => [0, Math.max(1, max * 1.05)] } },
    axes: [{ ...axis(x, 30), incrs }, axis(y, 70)],
    hooks: isOverTime ? { drawClear: [drawMarks] } : {},
    series: [{ label, value: (_, v) => v == null ? "–" : x(v) }, ...kept.map((i) => ({ label: names[i], stroke: colours[i], width: 2, spanGaps: true, points: { show: isSparse && isOverTime === true }, value: (_, v) => y(v) }))],
  }, [table[0], ...kept.map((i) => table[i + 1])], figure);
  addEventListener("resize", () => plot.setSize({ width: figure.clientWidth, height: 300 }));
}
const second = (v, step = 0.1) => v.toFixed(Math.max(0, Math.min(3, Math.ceil(-Math.log10(step) - 1e-9)))) + " s";
const curves = Object.entries(data.distributions);
draw("distributions", curves.map(([name]) => name), curves.length === 0 ? [[]] : uPlot.join(curves.map(([, { nines, ns }]) => [nines, ns])), { x: nines, y: time, isLog: true, label: "of all", incrs: [1] });
const over = { x: second, label: "at", isOverTime: true };
draw("rates", Object.keys(data.rates), [data.times, ...Object.values(data.rates)], { ...over, y: many });
draw("overTime", Object.keys(data.overTime), [data.times, ...Object.values(data.overTime)], { ...over, y: time, isLog: true });
draw("depth", ["events"], [data.times, data.depth], { ...over, y: many });
draw("profit", ["profit"], [data.times, data.profit], { ...over, y: many, isSigned: true });
draw("delta", ["delta"], [data.times, data.delta], { ...over, y: many, isSigned: true });
`;
