import type { Browser } from "playwright-core";
import { ask, openTab } from "./browser-page.ts";
import { tell } from "./budget-row.ts";

const ROWS = 100_000;
const FRAMES = 600;
/** Pixels a frame: three rows, as a wheel has them, and more than what is seen, as a bar that is dragged has them. */
const SPEEDS = [72, 2400] as const;
const WANTED_MILLIS = 8;

interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  /** Microseconds. */
  readonly ts: number;
  readonly dur?: number;
  /** By the clock of the thread, which other programs do not hold up. */
  readonly tdur?: number;
  readonly pid: number;
  readonly tid: number;
}

/** Begins a frame. */
const FRAME = "AnimationFrame::Render";
/** Script (with the collections of its memory), style and layout. */
const COUNTED: ReadonlySet<string> = new Set([
  "FireAnimationFrame",
  "FunctionCall",
  "EvaluateScript",
  "EventDispatch",
  "TimerFire",
  "RunMicrotasks",
  "MinorGC",
  "MajorGC",
  "UpdateLayoutTree",
  "Layout",
]);

/** The time of script, style and layout in each frame, by the trace of the devtools protocol, while 100 000 rows are scrolled through. */
export async function measureScroll(browser: Browser, url: string): Promise<void> {
  const page = await openTab(browser, url);
  await ask(page, `scrollUntil(${ROWS})`);
  for (const pixels of SPEEDS) {
    await browser.startTracing(page, { categories: ["devtools.timeline"] });
    await ask(page, `scrollBy(${-pixels}, ${FRAMES})`);
    const trace = JSON.parse((await browser.stopTracing()).toString()) as { traceEvents: readonly TraceEvent[] };
    const frames = millisOfFrames(trace.traceEvents).sort((a, b) => a - b);
    const at = (share: number) => frames[Math.min(frames.length - 1, Math.floor(frames.length * share))]!;
    const shares = `${at(0.5).toFixed(1)} ms, ${at(0.99).toFixed(1)} at 99 %, at worst ${at(1).toFixed(1)}`;
    tell(
      `scroll, CPU at ${pixels} pixels a frame`,
      `≤ ${WANTED_MILLIS} ms at 99 %`,
      `${shares} (${frames.length} frames)`,
      at(0.99) <= WANTED_MILLIS,
    );
  }
  await page.context().close();
}

/**
 * Milliseconds of each frame of the thread that has frames, by the thread's own clock: other programs of the machine are not in it. Of events
 * that lie in one another the outermost counts.
 */
function millisOfFrames(events: readonly TraceEvent[]): number[] {
  const first = events.find(({ name }) => name === "FireAnimationFrame");
  const counted = events
    .filter(({ pid, tid }) => pid === first?.pid && tid === first.tid)
    .filter(({ name, ph }) => (ph === "X" ? COUNTED.has(name) : ph === "b" && name === FRAME))
    .sort((a, b) => a.ts - b.ts);
  const frames: number[] = [];
  let end = 0;
  for (const { name, ts, dur = 0, tdur = dur } of counted) {
    if (name === FRAME) frames.push(0);
    else if (ts >= end) {
      end = ts + dur;
      if (frames.length > 0) frames[frames.length - 1]! += tdur / 1000;
    }
  }
  // The last one has not ended.
  return frames.slice(0, -1);
}
