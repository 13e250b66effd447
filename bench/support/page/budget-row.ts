import { loadavg } from "node:os";
import { median } from "../process-usage.ts";

/** Prints what was measured of a budget, its median and its worst, and whether that is within it. */
export function tellTimes(name: string, wanted: number, millis: readonly number[]): void {
  const [middle, worst] = [median(millis), Math.max(...millis)];
  tell(
    name,
    `< ${wanted} ms`,
    `${middle.toFixed(0)} ms (${millis.length} times, at worst ${worst.toFixed(0)})`,
    middle < wanted,
  );
}

export function tell(name: string, wanted: string, measured: string, isMet: boolean): void {
  const [load] = loadavg();
  console.log(
    `${name.padEnd(44)} ${measured} (wanted ${wanted}: ${isMet ? "met" : "MISSED"}; load ${load!.toFixed(1)})`,
  );
}
