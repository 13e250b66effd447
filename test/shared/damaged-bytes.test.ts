import { describe, test } from "node:test";
import { damageOneByte, readableFiles } from "../support/damage-files.ts";
import { sharedData } from "../support/needs.ts";

const SEEDS = process.env["SEED"] === undefined ? [1, 2, 3] : [Number(process.env["SEED"])];

const { path, skip } = sharedData("");

/** test/peers/damaged-bytes.test.ts tries a thousand. */
describe("one byte of a file is changed", { skip }, () => {
  for (const name of skip ? [] : readableFiles(path)) test(name, () => damageOneByte(`${path}/${name}`, SEEDS));
});
