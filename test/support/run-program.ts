import { execFile } from "node:child_process";
import { findProgram } from "./needs.ts";

/** Runs a program to its end (at most two minutes) and gives what it wrote, as latin1; never rejects for its exit code. */
export function runProgram(
  program: string,
  args: readonly string[],
  options: { input?: string; timeoutMillis?: number; cwd?: string } = {},
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const { input = "", timeoutMillis: timeout = 120_000, cwd } = options;
    const child = execFile(
      findProgram(program) ?? program,
      args,
      { encoding: "latin1", timeout, maxBuffer: 64 << 20, cwd },
      (_error, stdout, stderr) => resolve({ code: child.exitCode, stdout, stderr }),
    );
    child.stdin?.on("error", () => {});
    child.stdin?.end(input);
  });
}
