import { detectCaptureFormat } from "../../wire/pcap/index.ts";
import { peekFile } from "./input.ts";

/**
 * The inputs of a command, those together that are one capture: all files of packets, at the place of the first. Pipes, which cannot
 * be looked at twice, and whatever cannot be opened stay by themselves.
 */
export function groupCaptures(paths: readonly string[]): readonly (readonly string[])[] {
  if (paths.length < 2) return [paths];
  const groups: string[][] = [];
  let captures: string[] | undefined;
  for (const path of paths)
    if (!isCaptureFile(path)) groups.push([path]);
    else if (captures !== undefined) captures.push(path);
    else {
      captures = [path];
      groups.push(captures);
    }
  return groups;
}

function isCaptureFile(path: string): boolean {
  const file = peekFile(path);
  return file !== undefined && detectCaptureFormat(file.head) !== undefined;
}
