/** A line on a terminal that says how far long work is; nothing elsewhere. */
export interface Progress {
  /** @param done bytes */
  update(done: number): void;
  /** Wipes the line. */
  end(): void;
}

const SECOND = 1000;
const INTERVAL = 200;

/** @param total bytes, where that is known */
export function startProgress(total: number | undefined, stream = process.stderr): Progress {
  if (!stream.isTTY) return { update() {}, end() {} };
  const started = performance.now();
  let shown = started;
  let isShown = false;
  return {
    update(done) {
      const now = performance.now();
      if (now - shown < INTERVAL) return;
      shown = now;
      isShown = true;
      const rate = (done / (now - started)) * SECOND;
      const share =
        total === undefined || total === 0 ? "" : ` of ${megabytes(total)} (${Math.floor((done / total) * 100)} %)`;
      stream.write(`\r\x1b[K${megabytes(done)}${share}, ${megabytes(rate)}/s`);
    },
    end() {
      if (isShown) stream.write("\r\x1b[K");
    },
  };
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
