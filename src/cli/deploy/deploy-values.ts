import { InvalidArgumentError } from "commander";
import { TaplineError } from "../../model/index.ts";

/** RFC 1123 labels. */
const NAME = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;

/** @throws TaplineError (`usage`) */
export function checkNamespace(name: string): void {
  if (!NAME.test(name)) throw new TaplineError("usage", `${name} is no name of a namespace`);
}

export function parseObjectName(text: string): string {
  if (/^[a-z](?:[-a-z0-9]{0,50}[a-z0-9])?$/.test(text)) return text;
  throw new InvalidArgumentError("Expected lower-case letters, digits and -.");
}

export function parseMebibytes(text: string): number {
  if (/^\d{3,7}$/.test(text) && Number(text) >= 256) return Number(text);
  throw new InvalidArgumentError("Expected MiB, 256 or more.");
}

export function parseCpu(text: string): string {
  if (/^(?:[1-9]\d{0,4}m|\d{1,3}(?:\.\d{1,3})?)$/.test(text) && Number.parseFloat(text) > 0) return text;
  throw new InvalidArgumentError("Expected CPUs, such as 500m or 2.");
}
