// Draws the overview's series as bars, the period before as a line, in the colours of the page; a
// table beside them says the same.

/**
 * One figure a day under the name of each chart, and of the period before under `NAME_before`;
 * `days` as 2026-02-28, `labels` as people read them.
 * @typedef {{days: string[], labels: string[]} & Record<string, (string | number | null)[]>} Series
 */

/** @type {Series} */
const data = JSON.parse(document.getElementById("chart-data")?.textContent ?? "");
const times = data.days.map((day) => Date.parse(`${day}T00:00:00Z`) / 1000);
const step = times.length > 1 ? times[1] - times[0] : 86_400;
// German stands in where a browser does not know Luxembourgish.
const asNumber = new Intl.NumberFormat([document.documentElement.lang, "de"]);
const dark = window.matchMedia("(prefers-color-scheme: dark)");

/** @param {number} time Seconds; the name of the bar that stands there or next to it. */
const asDay = (time) =>
  data.labels[Math.min(times.length - 1, Math.max(0, Math.round((time - times[0]) / step)))];

/** @param {string} name A custom property of the stylesheet, such as `--accent`. */
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/**
 * @param {Element} place
 * @param {HTMLOutputElement} told Says the day under the pointer.
 * @returns {object} What uPlot draws.
 */
function options(place, told) {
  const axis = {
    stroke: colour("--ink-soft"),
    ticks: { show: false },
    font: "12px system-ui, sans-serif",
  };
  return {
    width: place.clientWidth,
    height: place.clientHeight,
    tzDate: (/** @type {number} */ seconds) => window.uPlot.tzDate(new Date(seconds * 1000), "UTC"),
    legend: { show: false },
    cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
    padding: [8, 18, 0, 0],
    scales: {
      x: { range: aroundBars },
      y: { range: fromZero },
    },
    axes: [
      {
        ...axis,
        size: 26,
        grid: { show: false },
        space: 64,
        values: (/** @type {Plot} */ _plot, /** @type {number[]} */ marks) => marks.map(asDay),
      },
      {
        ...axis,
        size: 44,
        space: 36,
        incrs: [
          1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000,
          1_000_000,
        ],
        grid: { stroke: colour("--line"), width: 1 },
        values: (/** @type {Plot} */ _plot, /** @type {number[]} */ marks) =>
          marks.map((mark) => asNumber.format(mark)),
      },
    ],
    series: [
      {},
      {
        fill: colour("--accent"),
        width: 0,
        points: { show: false },
        paths: window.uPlot.paths.bars({ size: [0.68, 24], radius: 0.2 }),
      },
      {
        stroke: colour("--warn"),
        width: 1.5,
        dash: [5, 4],
        points: { show: false },
      },
    ],
    hooks: {
      setCursor: [
        (/** @type {Plot} */ plot) => {
          const { idx } = plot.cursor;
          told.textContent = idx == null ? "" : tell(plot, idx);
        },
      ],
    },
  };
}

/**
 * The bar under the pointer in words, and in brackets what stood there the period before.
 * @param {Plot} plot
 * @param {number} idx
 */
function tell(plot, idx) {
  const [, now, before] = plot.data.map((values) => values[idx]);
  const was = before == null ? "" : ` (${asNumber.format(before)})`;
  return `${data.labels[idx]}: ${asNumber.format(now ?? 0)}${was}`;
}

/**
 * @param {Plot} _plot
 * @param {number} low
 * @param {number} high
 */
const aroundBars = (_plot, low, high) => [low - step * 0.6, high + step * 0.6];

// Where a scale may end, so that two or three steps of an axis lead to a number at its top.
const ENDS = [10, 15, 20, 30, 40, 60];

/**
 * From nothing to an end above the tallest bar.
 * @param {Plot} _plot
 * @param {number} _low
 * @param {number} high
 */
function fromZero(_plot, _low, high) {
  const power = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(high, 1) / 10)));
  const end =
    high <= 4 ? 4 : high <= 6 ? 6 : (ENDS.find((one) => one * power >= high) ?? 100) * power;
  return [0, end];
}

/**
 * The element inside another. Throws where there is none.
 * @param {ParentNode} around
 * @param {string} selector
 */
function within(around, selector) {
  const element = around.querySelector(selector);
  if (!element) throw new Error(`the page has no ${selector}`);
  return element;
}

/** @param {HTMLElement} figure */
function draw(figure) {
  figure.hidden = false;
  const caption = within(figure, "figcaption");
  const told =
    caption.querySelector("output") ?? caption.appendChild(document.createElement("output"));
  const place = within(figure, ".chart-plot");
  place.replaceChildren();
  const name = figure.dataset.chart ?? "";
  return new window.uPlot(options(place, told), [times, data[name], data[`${name}_before`]], place);
}

/** @type {HTMLElement[]} */
const figures = [...document.querySelectorAll("[data-chart]")].filter(
  (figure) => figure instanceof HTMLElement,
);
for (const figure of figures) figure.hidden = false;
let plots = figures.map(draw);
dark.addEventListener("change", () => {
  for (const plot of plots) plot.destroy();
  plots = figures.map(draw);
});
new ResizeObserver(() => {
  for (const plot of plots) {
    const place = plot.root.parentElement;
    if (place) plot.setSize({ width: place.clientWidth, height: place.clientHeight });
  }
}).observe(within(document, ".chart-grid"));
