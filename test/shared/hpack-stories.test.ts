import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { Header } from "../../src/model/index.ts";
import { HpackDecoder } from "../../src/wire/hpack/index.ts";
import { sharedData } from "../support/needs.ts";
import { shareOf } from "../support/share-of.ts";

const { path, skip } = sharedData("corpora/hpack");

interface StoryBlock {
  readonly wire: Uint8Array;
  readonly headers: readonly [name: string, value: string][];
  readonly tableSize: number | undefined;
}

describe("HPACK stories", { skip }, () => {
  for (const encoder of skip === false ? readdirSync(path) : []) {
    const files = readdirSync(join(path, encoder)).sort();
    const stories = files.slice(0, shareOf(files.length)).map((file) => readStory(join(path, encoder, file)));

    test(`${encoder}: every block of ${stories.length} stories`, () => {
      for (const [number, story] of stories.entries()) {
        const decoder = new HpackDecoder();
        for (const [index, block] of story.entries()) {
          if (block.tableSize !== undefined) decoder.allowTableSize(block.tableSize);
          const headers: Header[] = [];
          assert.equal(decoder.decode(block.wire, headers), undefined, `story ${number}, block ${index}`);
          assert.deepEqual(
            headers.map(({ name, value }) => [name, value]),
            block.headers,
            `story ${number}, block ${index}`,
          );
        }
      }
    });

    test(`${encoder}: joined at any block, what is not unknown is right`, () => {
      let unknown = 0;
      let fields = 0;
      for (const story of stories) {
        const step = Math.max(1, Math.floor(story.length / shareOf(24)));
        for (let first = 0; first < story.length; first += step) {
          const decoder = new HpackDecoder({ joined: true });
          for (const { wire, headers: expected } of story.slice(first)) {
            const headers: Header[] = [];
            assert.equal(decoder.decode(wire, headers), undefined);
            assert.equal(headers.length, expected.length);
            for (const [at, { name, value }] of headers.entries()) {
              fields++;
              if (name === undefined || value === undefined) unknown++;
              if (name !== undefined) assert.equal(name, expected[at]![0]);
              if (value !== undefined) assert.equal(value, expected[at]![1]);
            }
          }
        }
      }
      assert.ok(unknown < fields, "something is known");
    });
  }
});

function readStory(file: string): StoryBlock[] {
  const { cases } = JSON.parse(readFileSync(file, "utf8")) as {
    cases: { wire: string; headers: Record<string, string>[]; header_table_size?: number }[];
  };
  return cases.map(({ wire, headers, header_table_size }) => ({
    wire: new Uint8Array(Buffer.from(wire, "hex")),
    headers: headers.map((header) => Object.entries(header)[0]!),
    tableSize: header_table_size,
  }));
}
