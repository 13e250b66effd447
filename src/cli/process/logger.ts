import { pino } from "pino";
import type { Logger } from "../../model/index.ts";

/**
 * The process's logger: pino's JSON lines on stderr, or `time LEVEL message key=value` where stderr is a terminal.
 * @param level `debug`, `info`, `warn`, `error` or `silent`.
 */
export function createLogger(level = "info"): Logger {
  const destination = pino.destination({ fd: 2, sync: true });
  if (!process.stderr.isTTY) return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination);
  return pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    { write: (line: string) => destination.write(formatLine(line)) },
  );
}

const LEVELS: Record<number, string> = { 20: "DEBUG", 30: "INFO ", 40: "WARN ", 50: "ERROR" };

function formatLine(line: string): string {
  const { level, time, msg, ...fields } = JSON.parse(line) as { level: number; time: string; msg: string };
  const rest = Object.entries(fields).map(
    ([key, value]) => ` ${key}=${typeof value === "string" && !/[\s"]/.test(value) ? value : JSON.stringify(value)}`,
  );
  return `${time.slice(11, 23)} ${LEVELS[level] ?? level} ${msg}${rest.join("")}\n`;
}
