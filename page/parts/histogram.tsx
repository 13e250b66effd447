import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { go, isUtc, series, url } from "../state/app-state.ts";
import { DEFAULTS, isLiveRange } from "../state/url-state.ts";
import { formatDate, formatTime } from "../text/format.ts";
import { drawHatched } from "./draw-hatched.ts";
import { describeHatched, hatchedBuckets } from "./gaps.ts";

/** In the order of the counts: the last is drawn on top. */
const OUTCOMES = ["ok", "redirect", "client-error", "error", "none"] as const;

/** Requests by time and outcome. Drag to look closer, double click to go back. */
export function Histogram() {
  const host = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot>(null);
  const counted = series.value;
  useEffect(() => {
    const box = host.current!;
    const made = new uPlot(optionsOf(box), [[], ...OUTCOMES.map(() => [])] as unknown as uPlot.AlignedData, box);
    chart.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: box.clientWidth, height: box.clientHeight }));
    observer.observe(box);
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    const redraw = (): void => made.redraw();
    scheme.addEventListener("change", redraw);
    return () => {
      observer.disconnect();
      scheme.removeEventListener("change", redraw);
      made.destroy();
    };
  }, []);
  useEffect(() => {
    if (counted === undefined || chart.current === null) return;
    const { from, width, buckets } = counted;
    const times = buckets.map((_, index) => (from + index * width) / 1e6);
    const sums = buckets.map(() => 0);
    const stacked = OUTCOMES.map((_, outcome) =>
      buckets.map((counts, index) => {
        sums[index] = sums[index]! + (counts[outcome] ?? 0);
        return sums[index]!;
      }),
    );
    // The highest is drawn first, so that each shows above the one below it.
    chart.current.setData([times, ...stacked.toReversed()] as unknown as uPlot.AlignedData);
  }, [counted]);
  const totals = OUTCOMES.map((name, outcome) => ({
    name,
    count: counted?.buckets.reduce((sum, counts) => sum + (counts[outcome] ?? 0), 0) ?? 0,
  }));
  const gaps = counted === undefined ? [] : describeHatched(hatchedBuckets(counted), counted.width);
  const said = [...totals.map(({ name, count }) => `${count} ${name}`), ...gaps].join(", ");
  return (
    <section class="histogram" aria-label={`Requests by time and outcome: ${said}`}>
      <div class="chart" ref={host} aria-hidden="true" />
      <ul class="legend">
        {totals.map(({ name, count }) => (
          <li key={name}>
            <i class={`swatch ${name}`} /> {name === "none" ? "no answer" : name} {count}
          </li>
        ))}
        {gaps.map((gap) => (
          <li key={gap}>
            <i class="swatch hatched" /> {gap}
          </li>
        ))}
        {counted?.isComplete === false && <li>of the first {counted.scanned} that were looked at</li>}
        {!isLiveRange(url.value.range) && (
          <li>
            <button type="button" onClick={zoomOut}>
              Back
            </button>
          </li>
        )}
      </ul>
    </section>
  );
}

/** The ranges that were looked closer at, by what became of them. */
const widerRanges = new Map<string, string>();

function zoomTo(range: string): void {
  widerRanges.set(range, url.value.range);
  go({ range });
}

/** Back to what was looked closer at. */
function zoomOut(): void {
  const { range } = url.value;
  if (!isLiveRange(range)) go({ range: widerRanges.get(range) ?? DEFAULTS.range });
}

/** As the list has times; the day, too, where more than one is shown. */
function formatMoment({ scales }: uPlot, seconds: number): string {
  const { min = 0, max = 0 } = scales["x"] ?? {};
  const span = (max ?? 0) - (min ?? 0);
  const micros = seconds * 1e6;
  const time = formatTime(micros, isUtc.value).slice(0, span < 300 ? 8 : 5);
  return span > 86_400 ? `${formatDate(micros, isUtc.value).slice(5)} ${time}` : time;
}

function optionsOf(box: HTMLElement): uPlot.Options {
  const colour = (name: string) => () => getComputedStyle(box).getPropertyValue(`--${name}`);
  const axis: uPlot.Axis = {
    stroke: colour("quiet"),
    grid: { stroke: colour("line"), width: 1 },
    font: "11px system-ui",
    ticks: { show: false },
  };
  return {
    width: Math.max(100, box.clientWidth),
    height: box.clientHeight || 84,
    legend: { show: false },
    cursor: { y: false, points: { show: false }, drag: { x: true, y: false, setScale: false } },
    scales: { x: { time: true }, y: { range: (_, __, most) => [0, Math.max(1, most)] } },
    axes: [
      { ...axis, size: 20, values: (chart, moments) => moments.map((moment) => formatMoment(chart, moment)) },
      { ...axis, size: 40, space: 24 },
    ],
    series: [
      {},
      ...OUTCOMES.toReversed().map(
        (name): uPlot.Series => ({
          label: name,
          fill: colour(name),
          width: 0,
          points: { show: false },
          paths: uPlot.paths.bars!({ size: [0.9, 40], align: 1 }),
        }),
      ),
    ],
    hooks: {
      drawClear: [
        (chart) => {
          const counted = series.peek();
          if (counted !== undefined) drawHatched(chart, counted, hatchedBuckets(counted), colour("quiet")());
        },
      ],
      setSelect: [
        (chart) => {
          const { left, width } = chart.select;
          if (width < 3) return;
          const from = Math.floor(chart.posToVal(left, "x") * 1e6);
          const to = Math.ceil(chart.posToVal(left + width, "x") * 1e6);
          chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          zoomTo(`${from}-${to}`);
        },
      ],
      ready: [(chart) => chart.over.addEventListener("dblclick", zoomOut)],
    },
  };
}
