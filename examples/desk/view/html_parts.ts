/**
 * What the page of `html_page.ts` looks like, and what it does in a browser.
 *
 * @module
 */

/** The page's style. */
export const STYLE = `
:root { color-scheme: light dark; --ink: #1a1d21; --paper: #fff; --soft: #667; --line: #d8dce2; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e8eb; --paper: #15181c; --soft: #9aa3ad; --line: #333a42; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 1000px; margin: 2rem auto; padding: 0 1rem; }
h1, h2 { line-height: 1.2; } h2 { font-size: 1.1rem; margin-top: 2rem; }
dl { display: flex; flex-wrap: wrap; gap: .5rem 2rem; } dt { color: var(--soft); font-size: .8rem; } dd { margin: 0; font-size: 1.3rem; font-variant-numeric: tabular-nums; }
figure { margin: 0; } table { border-collapse: collapse; margin-top: .5rem; font-variant-numeric: tabular-nums; }
th, td { padding: .2rem .8rem; text-align: right; border-bottom: 1px solid var(--line); } tr > :first-child { text-align: left; }
.u-legend { font-size: 13px; text-align: left; } .u-title { display: none; }
`;

/** Draws what is in `data`. */
export const DRAWING = `
const colours = ["#2a7ae2", "#d9622b", "#2f9e59", "#9b51c9", "#c8950c"];
const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const time = (ns) => ns == null ? "–" : ns < 1e3 ? ns + " ns" : ns < 1e6 ? +(ns / 1e3).toPrecision(3) + " µs" : ns < 1e9 ? +(ns / 1e6).toPrecision(3) + " ms" : +(ns / 1e9).toPrecision(3) + " s";
const many = (n) => n == null ? "–" : n.toLocaleString("en");
const nines = (x) => x <= 0 ? "0 %" : +(100 - 100 / 10 ** x).toPrecision(Math.max(2, Math.ceil(x) + 1)) + " %";
const axis = (values, size) => ({ stroke: css("--soft"), grid: { stroke: css("--line"), width: 1 }, ticks: { stroke: css("--line") }, size, values: (_, splits) => splits.map((v) => v == null ? "" : values(v, splits[1] - splits[0])) });
function draw(id, names, table, { x, y, isLog, label, incrs }) {
  const figure = document.getElementById(id);
  const isEmpty = (row) => row.every((v) => v == null || (isLog && v <= 0));
  const kept = names.map((name, i) => i).filter((i) => table[i + 1] && !isEmpty(table[i + 1]));
  if (table[0].length === 0 || kept.length === 0) { figure.textContent = "Nothing was measured."; return; }
  const plot = new uPlot({
    width: figure.clientWidth, height: 300,
    scales: { x: { time: false }, y: isLog ? { distr: 3 } : { range: (_, min, max) => [0, Math.max(1, max * 1.05)] } },
    axes: [{ ...axis(x, 30), incrs }, axis(y, 70)],
    series: [{ label, value: (_, v) => v == null ? "–" : x(v) }, ...kept.map((i) => ({ label: names[i], stroke: colours[i], width: 2, spanGaps: true, points: { show: false }, value: (_, v) => y(v) }))],
  }, [table[0], ...kept.map((i) => table[i + 1])], figure);
  addEventListener("resize", () => plot.setSize({ width: figure.clientWidth, height: 300 }));
}
const second = (v, step = 0.1) => v.toFixed(Math.max(0, Math.min(3, Math.ceil(-Math.log10(step) - 1e-9)))) + " s";
const curves = Object.entries(data.distributions);
draw("distributions", curves.map(([name]) => name), curves.length === 0 ? [[]] : uPlot.join(curves.map(([, { nines, ns }]) => [nines, ns])), { x: nines, y: time, isLog: true, label: "of all", incrs: [1] });
draw("rates", Object.keys(data.rates), [data.times, ...Object.values(data.rates)], { x: second, y: many, label: "at" });
draw("overTime", Object.keys(data.overTime), [data.times, ...Object.values(data.overTime)], { x: second, y: time, isLog: true, label: "at" });
draw("depth", ["events"], [data.times, data.depth], { x: second, y: many, label: "at" });
`;
