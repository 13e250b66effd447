import { stat } from "node:fs/promises";
import { detectCaptureFormat } from "../../wire/pcap/index.ts";
import { openInput } from "./input.ts";

/**
 * The inputs of a command, those together that are one capture: all files of packets, at the place of the first. Pipes, which cannot
 * be looked at twice, and whatever cannot be opened stay by themselves.
 */
export async function groupCaptures(paths: readonly string[]): Promise<readonly (readonly string[])[]> {
  if (paths.length < 2) return [paths];
  const groups: string[][] = [];
  let captures: string[] | undefined;
  for (const path of paths)
    if (!(await isCaptureFile(path))) groups.push([path]);
    else if (captures !== undefined) captures.push(path);
    else {
      captures = [path];
      groups.push(captures);
    }
  return groups;
}

async function isCaptureFile(path: string): Promise<boolean> {
  try {
    if (path === "-" || !(await stat(path)).isFile()) return false;
    const input = await openInput(path);
    await input.close();
    return detectCaptureFormat(input.head) !== undefined;
  } catch {
    return false;
  }
}
