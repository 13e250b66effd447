/** `0 B`, `999 B`, `1.5 kB`, `12 MB`: three digits at most, thousands as in SI. */
export function formatSize(bytes: number): string {
  if (bytes < 999.5) return `${Math.round(bytes)} B`;
  let value = bytes;
  for (const unit of ["B", "kB", "MB", "GB"]) {
    if (value < 999.5) return `${value < 9.95 && unit !== "B" ? value.toFixed(1) : Math.round(value)} ${unit}`;
    value /= 1000;
  }
  return `${value.toFixed(1)} TB`;
}

/** `250 µs`, `1.5 ms`, `12 s`, `3m 20s`, `5h 12m`, `30d 4h` of nanoseconds. */
export function formatDuration(nanos: number | undefined): string {
  if (nanos === undefined) return "-";
  if (nanos < 0) return `-${formatDuration(-nanos)}`;
  if (nanos >= 2 * DAY) return `${Math.floor(nanos / DAY)}d ${Math.floor((nanos % DAY) / HOUR)}h`;
  if (nanos >= 2 * HOUR) return `${Math.floor(nanos / HOUR)}h ${Math.floor((nanos % HOUR) / 60e9)}m`;
  if (nanos >= 119.5e9) return `${Math.floor(nanos / 60e9)}m ${Math.floor((nanos % 60e9) / 1e9)}s`;
  const [unit, scale] = nanos < 999.5e3 ? ["µs", 1e3] : nanos < 999.5e6 ? ["ms", 1e6] : ["s", 1e9];
  const value = nanos / (scale as number);
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)} ${unit}`;
}

/** Nanoseconds. */
const HOUR = 3600e9;
const DAY = 24 * HOUR;
