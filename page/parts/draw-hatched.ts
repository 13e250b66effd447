import type uPlot from "uplot";
import type { Series } from "../source/data-source.ts";
import type { HatchedBucket } from "./gaps.ts";

/** Draws slanted lines over the whole height. @param series as `setData` got it */
export function drawHatched(
  chart: uPlot,
  { from, width }: Series,
  hatched: readonly HatchedBucket[],
  colour: string,
): void {
  const { ctx, bbox } = chart;
  ctx.save();
  ctx.strokeStyle = colour;
  ctx.lineWidth = devicePixelRatio;
  const step = 6 * devicePixelRatio;
  for (const { index } of hatched) {
    const left = chart.valToPos((from + index * width) / 1e6, "x", true);
    const right = chart.valToPos((from + (index + 1) * width) / 1e6, "x", true);
    ctx.save();
    ctx.beginPath();
    ctx.rect(left, bbox.top, right - left, bbox.height);
    ctx.clip();
    ctx.beginPath();
    // On one grid, so that lines go on from one bucket to the next.
    for (let x = Math.floor((left - bbox.height) / step) * step; x < right; x += step) {
      ctx.moveTo(x, bbox.top + bbox.height);
      ctx.lineTo(x + bbox.height, bbox.top);
    }
    ctx.stroke();
    ctx.restore();
  }
  ctx.restore();
}
