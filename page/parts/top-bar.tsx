import { useEffect, useState } from "preact/hooks";
import {
  collector,
  connection,
  go,
  held,
  isLive,
  isUtc,
  latency,
  lost,
  openedFile,
  paused,
  rate,
  resume,
  series,
  show,
  source,
  url,
} from "../state/app-state.ts";
import { formatCount, formatDuration, formatTime, showText } from "../text/format.ts";
import { FilterBar } from "./filter-bar.tsx";
import { openFile } from "./open-file.tsx";

const RANGES = [
  ["5m", "5 min"],
  ["15m", "15 min"],
  ["1h", "1 hour"],
  ["6h", "6 hours"],
  ["1d", "1 day"],
  ["7d", "7 days"],
  ["all", "all"],
] as const;

/** The source, the filter, and how it goes. */
export function TopBar() {
  const { range, view } = url.value;
  const isFixed = !RANGES.some(([value]) => value === range);
  return (
    <header class="top">
      <strong class="brand">Tapline</strong>
      <SourceChooser />
      <FilterBar />
      <button type="button" aria-label="Saved filters" title="Saved filters" onClick={() => show("filters")}>
        ★
      </button>
      <div class="controls">
        {source.value.follow !== undefined && (
          <button type="button" class="live" aria-pressed={isLive.value && !paused.value} onClick={togglePause}>
            {liveness()}
          </button>
        )}
        <label>
          <span class="visually-hidden">Range</span>
          <select value={range} onChange={(event) => go({ range: event.currentTarget.value })}>
            {RANGES.map(([value, label]) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
            {isFixed && <option value={range}>{labelOf(range)}</option>}
          </select>
        </label>
        <Figures />
        <nav aria-label="Views" class="views">
          <button
            type="button"
            aria-current={view === "exchanges" ? "page" : undefined}
            onClick={() => go({ view: "exchanges" })}
          >
            Exchanges
          </button>
          <button
            type="button"
            class={lost.value > 0 ? "warn" : ""}
            aria-current={view === "losses" ? "page" : undefined}
            onClick={() => go({ view: "losses" })}
          >
            {lost.value > 0 ? `⚠ ${formatCount(lost.value)} lost` : "Sources & losses"}
          </button>
        </nav>
        <button type="button" onClick={openFile}>
          Open…
        </button>
        <button type="button" aria-pressed={isUtc.value} onClick={toggleUtc}>
          UTC
        </button>
        <button type="button" onClick={() => show("columns")}>
          Columns
        </button>
        <button type="button" aria-label="Keyboard shortcuts" onClick={() => show("help")}>
          ?
        </button>
      </div>
    </header>
  );
}

/** Nothing is called live that cannot come. */
function liveness(): string {
  if (!isLive.value || paused.value) return held.value > 0 ? `❚❚ Paused (${held.value} new)` : "❚❚ Paused";
  return connection.value.connected ? "● Live" : "○ Not reached";
}

/** The collector, and the file that is open beside it. */
function SourceChooser() {
  const { name, kind } = source.value;
  const files = [...new Set([openedFile.value?.name, url.value.file].filter((one) => one !== undefined))];
  return (
    <span class="source">
      {files.length === 0 ? (
        <span title="the collector">{name}</span>
      ) : (
        <label>
          <span class="visually-hidden">Source</span>
          <select
            value={url.value.file ?? ""}
            onChange={({ currentTarget: { value } }) =>
              go({ file: value || undefined, range: value === "" ? "15m" : "all", selected: undefined })
            }
          >
            <option value="">{collector.name}</option>
            {files.map((file) => (
              <option key={file} value={file}>
                {showText(file)}
              </option>
            ))}
          </select>
        </label>
      )}
      {kind === "file" && <em> in this page only</em>}
    </span>
  );
}

function Figures() {
  const counted = series.value;
  const totals = [0, 0, 0, 0, 0];
  for (const counts of counted?.buckets ?? [])
    counts.forEach((count, index) => {
      totals[index] = totals[index]! + count;
    });
  const all = totals.reduce((sum, one) => sum + one, 0);
  const wrong = totals[3]! + totals[4]!;
  return (
    <span class="figures">
      {source.value.follow !== undefined && <b>{rate.value.toFixed(rate.value < 10 ? 1 : 0)}/s</b>} {formatCount(all)}{" "}
      requests <b class={wrong > 0 ? "error" : ""}>{all === 0 ? "0" : ((100 * wrong) / all).toFixed(1)} % err</b>{" "}
      <P99 />
    </span>
  );
}

/** How long the slowest of a hundred took; of how many, where not of all. */
function P99() {
  const { count = 0, p50, p99, isComplete } = latency.value ?? {};
  if (p99 === undefined || p50 === undefined) return null;
  const of = isComplete === false ? `the newest ${formatCount(count)} requests` : `${formatCount(count)} requests`;
  return (
    <b class="p99" title={`of ${of}: half took up to ${formatDuration(p50)}, 99 of 100 up to ${formatDuration(p99)}`}>
      p99 {formatDuration(p99)}
    </b>
  );
}

export function togglePause(): void {
  if (!isLive.value) go({ range: "15m", order: "newest" });
  else if (paused.value) {
    document.querySelector(".scroller")?.scrollTo({ top: 0 });
    resume();
  } else paused.value = true;
}

function toggleUtc(): void {
  isUtc.value = !isUtc.value;
  localStorage.setItem("utc", String(isUtc.value));
}

function labelOf(range: string): string {
  const [from, to] = range.split("-").map(Number);
  return from === undefined || to === undefined
    ? range
    : `${formatTime(from, isUtc.value)} – ${formatTime(to, isUtc.value)}`;
}

/** A bar while the collector cannot be reached: nothing that is shown vanishes. */
export function ConnectionBar() {
  const { connected, retryAt, attempt } = connection.value;
  const isShown = !connected && source.value.kind !== "file";
  const [, setNow] = useState(0);
  useEffect(() => {
    if (!isShown) return undefined;
    const clock = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(clock);
  }, [isShown]);
  if (!isShown) return null;
  const seconds = retryAt === undefined ? 0 : Math.max(0, Math.round((retryAt - Date.now()) / 1000));
  const which = attempt === undefined ? "The next attempt" : `Attempt ${attempt}`;
  return (
    <p class="banner" role="status">
      The collector cannot be reached: what is shown stays. <span aria-live="off">{`${which} in ${seconds} s.`}</span>
    </p>
  );
}

/** Never hidden: something was lost. */
export function LossBanner() {
  if (lost.value === 0 || url.value.view === "losses") return null;
  return (
    <p class="banner lost" role="status">
      ⚠ {formatCount(lost.value)} lost.{" "}
      <button type="button" onClick={() => go({ view: "losses" })}>
        Which, and why
      </button>
    </p>
  );
}
