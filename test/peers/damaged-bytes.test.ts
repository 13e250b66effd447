import { describe, test } from "node:test";
import { damageOneByte, readableFiles } from "../support/damage-files.ts";
import { sharedData } from "../support/needs.ts";

/** Takes minutes: only `npm run test:peers` asks for all. */
const COUNT = process.env["npm_lifecycle_event"] === "test:peers" ? 1000 : 10;
const SEEDS = Array.from({ length: COUNT }, (_, i) => i + 1);

const { path, skip } = sharedData("");

describe("one byte of a file is changed, over and over", { skip }, () => {
  for (const name of skip ? [] : readableFiles(path)) test(name, () => damageOneByte(`${path}/${name}`, SEEDS));
});
