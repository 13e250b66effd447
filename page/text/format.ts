/** Figures and times as the page shows them. What is not known is `‹unknown›`, never empty. */
export const UNKNOWN = "‹unknown›";

export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  for (const [size, unit] of [
    [1e6, "k"],
    [1e9, "M"],
    [1e12, "G"],
  ] as const)
    if (bytes < size) return `${(bytes / (size / 1000)).toFixed(1)} ${unit}`;
  return `${(bytes / 1e12).toFixed(1)} T`;
}

/** With as much behind the point, or behind where it would stand, as all others have: in a column points stand one below the other. */
export function formatBytesAligned(bytes: number): string {
  return bytes < 1000 ? `${bytes}\u2007\u2007 B` : formatBytes(bytes);
}

/** RFC 3339, to the microsecond. @param micros since the epoch */
export function timestampOf(micros: number): string {
  const seconds = new Date(Math.floor(micros / 1e6) * 1000).toISOString().slice(0, 19);
  return `${seconds}.${String(((micros % 1e6) + 1e6) % 1e6).padStart(6, "0")}Z`;
}

/** @param nanos absent: not known */
export function formatDuration(nanos: number | undefined): string {
  if (nanos === undefined) return UNKNOWN;
  if (nanos < 1e3) return `${nanos} ns`;
  if (nanos < 1e6) return `${(nanos / 1e3).toFixed(1)} µs`;
  if (nanos < 1e9) return `${(nanos / 1e6).toFixed(1)} ms`;
  return nanos < 120e9 ? `${(nanos / 1e9).toFixed(2)} s` : `${(nanos / 60e9).toFixed(1)} min`;
}

/** @param micros since the epoch @param utc not in the browser's time zone */
export function formatTime(micros: number, utc: boolean, digits: 3 | 6 = 3): string {
  const date = new Date(Math.floor(micros / 1000));
  const two = (value: number): string => String(value).padStart(2, "0");
  const [hours, minutes, seconds] = utc
    ? [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()]
    : [date.getHours(), date.getMinutes(), date.getSeconds()];
  const fraction = String(((micros % 1e6) + 1e6) % 1e6)
    .padStart(6, "0")
    .slice(0, digits);
  return `${two(hours)}:${two(minutes)}:${two(seconds)}.${fraction}`;
}

export function formatDate(micros: number, utc: boolean): string {
  const date = new Date(Math.floor(micros / 1000));
  return utc ? date.toISOString().slice(0, 10) : date.toLocaleDateString("sv");
}

export function formatCount(count: number): string {
  return count.toLocaleString("en").replaceAll(",", " ");
}

/** Control characters and marks of direction as they can be seen: nothing that traffic brings moves what stands around it. */
export function showText(text: string): string {
  return text.replace(
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
