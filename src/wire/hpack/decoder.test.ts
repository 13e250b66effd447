import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Header } from "../../model/index.ts";
import { HpackDecoder, type HpackOptions } from "./decoder.ts";

/** A script: blocks in hex, and what each decodes to: `name: value` lines (`?` for what is unknown), or `!error`. */
function play(options: HpackOptions, script: [block: string, ...expected: string[]][]): HpackDecoder {
  const decoder = new HpackDecoder(options);
  for (const [index, [block, ...expected]] of script.entries()) {
    const headers: Header[] = [];
    const error = decoder.decode(hex(block), headers);
    const lines = headers.map(
      ({ name = "?", value = "?", sensitive }) => `${name}: ${value}${sensitive ? " (sensitive)" : ""}`,
    );
    if (error !== undefined) lines.push(`!${error}`);
    assert.deepEqual(lines, expected, `block ${index}`);
  }
  return decoder;
}

describe("RFC 7541, Appendix C", () => {
  test("C.2: the representations", () => {
    play({}, [
      ["400a637573746f6d2d6b65790d637573746f6d2d686561646572", "custom-key: custom-header"],
      ["040c2f73616d706c652f70617468", ":path: /sample/path"],
      ["100870617373776f726406736563726574", "password: secret (sensitive)"],
      ["82", ":method: GET"],
      ["be", "custom-key: custom-header"],
    ]);
  });

  for (const [name, blocks] of [
    [
      "C.3: requests",
      [
        "828684410f7777772e6578616d706c652e636f6d",
        "828684be58086e6f2d6361636865",
        "828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565",
      ],
    ],
    [
      "C.4: requests in Huffman code",
      [
        "828684418cf1e3c2e5f23a6ba0ab90f4ff",
        "828684be5886a8eb10649cbf",
        "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf",
      ],
    ],
  ] as const)
    test(name, () => {
      play({}, [
        [blocks[0], ":method: GET", ":scheme: http", ":path: /", ":authority: www.example.com"],
        [
          blocks[1],
          ":method: GET",
          ":scheme: http",
          ":path: /",
          ":authority: www.example.com",
          "cache-control: no-cache",
        ],
        [
          blocks[2],
          ":method: GET",
          ":scheme: https",
          ":path: /index.html",
          ":authority: www.example.com",
          "custom-key: custom-value",
        ],
      ]);
    });

  test("C.6: responses in Huffman code, with evictions from a table of 256 bytes", () => {
    const decoder = play({}, [
      ["3fe101"],
      [
        "488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82ae43d3",
        ":status: 302",
        "cache-control: private",
        "date: Mon, 21 Oct 2013 20:13:21 GMT",
        "location: https://www.example.com",
      ],
      [
        "4883640effc1c0bf",
        ":status: 307",
        "cache-control: private",
        "date: Mon, 21 Oct 2013 20:13:21 GMT",
        "location: https://www.example.com",
      ],
      [
        "88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007",
        ":status: 200",
        "cache-control: private",
        "date: Mon, 21 Oct 2013 20:13:22 GMT",
        "location: https://www.example.com",
        "content-encoding: gzip",
        "set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1",
      ],
    ]);
    assert.equal(decoder.hasUnseenEntries, false);
  });
});

describe("errors", () => {
  for (const [name, block, ...expected] of [
    ["index 0", "80", "!invalid-index"],
    ["an index beyond the tables", "82be", ":method: GET", "!invalid-index"],
    ["a name beyond the tables", "7e0161", "!invalid-index"],
    ["a block that ends in an integer", "ff", "!truncated-block"],
    ["a block that ends before a value", "41", "!truncated-block"],
    ["a block that ends in a string", "410361", "!truncated-block"],
    ["an integer that never ends", "ff8080808080808001", "!integer-overflow"],
    ["a value's length that never ends", "82047fffffffffff0f", ":method: GET", "!integer-overflow"],
    ["a string in Huffman code with EOS", "4184ffffffff", "!bad-huffman"],
    ["a table size above the limit", "3fe21f", "!table-size-exceeded"],
    ["a table size after a field", "8220", ":method: GET", "!misplaced-table-size"],
  ] as [string, string, ...string[]][])
    test(name, () => {
      play({}, [[block, ...expected]]);
    });

  test("after an error the table is unknown", () => {
    play({}, [
      ["4001610162", "a: b"],
      ["80", "!invalid-index"],
      ["be", "?: ?"],
      ["4001630164be", "c: d", "c: d"],
      ["bf", "?: ?"],
    ]);
  });
});

describe("joined in the middle", () => {
  const joined = { joined: true };

  test("what was inserted before is unknown, what is inserted since resolves exactly", () => {
    play(joined, [
      ["82bec6", ":method: GET", "?: ?", "?: ?"],
      ["4001610162", "a: b"],
      ["bebf", "a: b", "?: ?"],
      ["4001630164", "c: d"],
      ["bebfc0", "c: d", "a: b", "?: ?"],
    ]);
  });

  test("a literal whose name is unknown has a value, also where it is inserted", () => {
    play(joined, [
      ["0f2f0178", "?: x"],
      ["7e0179", "?: y"],
      ["be7e017a", "?: y", "?: z"],
      ["bebf", "?: z", "?: y"],
    ]);
  });

  test("an emptied table is known again", () => {
    const decoder = play(joined, [["203fe11f4001610162be", "a: b", "a: b"]]);
    assert.equal(decoder.hasUnseenEntries, false);
    play(joined, [["20bf", "!invalid-index"]]);
  });

  test("what the sender's limit squeezes out is no longer unknown", () => {
    // A table of 70 bytes: two entries of 34 bytes leave room for no third.
    play(joined, [
      ["3f27be", "?: ?"],
      ["4001610162bf", "a: b", "?: ?"],
      ["4001630164bf", "c: d", "a: b"],
      ["c0", "!invalid-index"],
    ]);
  });

  test("forgetting makes every entry unknown", () => {
    const decoder = new HpackDecoder();
    decoder.decode(hex("4001610162"), []);
    decoder.forget();
    const headers: Header[] = [];
    assert.equal(decoder.decode(hex("be"), headers), undefined);
    assert.deepEqual(headers, [{ name: undefined, value: undefined }]);
    assert.equal(decoder.unknownFields, 1);
  });
});

describe("bounds", () => {
  test("a table that is larger than its memory keeps the newest entries and calls the others unknown", () => {
    play({ tableBytes: 70 }, [
      ["400161016240016301644001650166bebfc0", "a: b", "c: d", "e: f", "e: f", "c: d", "?: ?"],
    ]);
  });

  test("entries that take just the table's memory stay, one that takes more is unknown", () => {
    play({ tableBytes: 34 }, [["4001610162be", "a: b", "a: b"]]);
    play({ tableBytes: 68 }, [["40016101624001630164bebf", "a: b", "c: d", "c: d", "a: b"]]);
    play({ tableBytes: 33 }, [["4001610162be", "a: b", "?: ?"]]);
  });

  test("an entry larger than the table empties it", () => {
    play({}, [
      ["3f0740016101624001630a30313233343536373839", "a: b", "c: 0123456789"],
      ["be", "!invalid-index"],
    ]);
  });

  test("fields beyond the list's limits are decoded and counted, not given", () => {
    const decoder = new HpackDecoder({ listBytes: 100 });
    const headers: Header[] = [];
    decoder.decode(hex("400161016240016301644001650166"), headers);
    assert.deepEqual(
      headers.map(({ name }) => name),
      ["a", "c"],
    );
    assert.equal(decoder.omittedFields, 1);
    const next: Header[] = [];
    decoder.decode(hex("be"), next);
    assert.deepEqual(next, [{ name: "e", value: "f" }], "it was inserted all the same");
    const counted = new HpackDecoder({ fieldCount: 2 });
    const few: Header[] = [];
    counted.decode(hex("82828282"), few);
    assert.deepEqual([few.length, counted.omittedFields], [2, 2]);
  });

  test("a receiver may allow a larger table", () => {
    const decoder = new HpackDecoder();
    decoder.allowTableSize(65536);
    assert.equal(decoder.decode(hex("3fe1ff03"), []), undefined);
    assert.equal(decoder.decode(hex("3fe2ff03"), []), "table-size-exceeded");
  });

  test("the table's ring keeps its order as it grows and wraps", () => {
    const decoder = new HpackDecoder();
    for (let index = 0; index < 500; index++) {
      const text = String(index).padStart(3, "0");
      decoder.decode(Uint8Array.from([0x40, 1, 0x61, 3, ...[...text].map((digit) => digit.charCodeAt(0))]), []);
      const headers: Header[] = [];
      decoder.decode(Uint8Array.from([0xbe, ...(index > 50 ? [0xbe + 50] : [])]), headers);
      assert.equal(headers[0]!.value, text);
      if (index > 50) assert.equal(headers[1]!.value, String(index - 50).padStart(3, "0"));
    }
  });
});

describe("bounds by one", () => {
  test("the last static entry is 61, and the first dynamic one 62", () => {
    play({}, [
      ["bd", "www-authenticate: "],
      ["be", "!invalid-index"],
    ]);
    play({}, [
      ["4001610162", "a: b"],
      ["be", "a: b"],
      ["bf", "!invalid-index"],
    ]);
  });

  test("an integer has four octets behind its prefix at most", () => {
    play({}, [["7fffffff0f0161", "!invalid-index"]]);
    play({}, [["ffffffff7f", "!invalid-index"]]);
    play({}, [["ffffffffff00", "!integer-overflow"]]);
  });

  test("a block ends where a string would begin, or in it", () => {
    play({}, [["40", "!truncated-block"]]);
    play({}, [["400161", "!truncated-block"]]);
    play({}, [["4001610262", "!truncated-block"]]);
    play({}, [["40016100", "a: "]]);
    play({}, [["40016180", "a: "]]);
  });

  test("an entry as large as the table stays, one octet more empties it", () => {
    const value = (size: number) => "62".repeat(size);
    // 32 and the name's octet: 4 096 in all with 4 063 octets of value.
    play({}, [
      [`4001617fe01e${value(4063)}`, `a: ${"b".repeat(4063)}`],
      ["be", `a: ${"b".repeat(4063)}`],
      [`4001617fe11e${value(4064)}`, `a: ${"b".repeat(4064)}`],
      ["be", "!invalid-index"],
    ]);
  });

  test("fields are counted as unknown where a part of them is", () => {
    const decoder = new HpackDecoder({ joined: true });
    for (const [block, unknown] of [
      ["82", 0],
      ["be", 1],
      ["8282bebe", 2],
      ["7f000162", 1],
      ["4001610162", 0],
    ] as const) {
      decoder.decode(hex(block), []);
      assert.equal(decoder.unknownFields, unknown, block);
    }
  });

  test("once the list is full, no smaller field comes behind it", () => {
    const decoder = new HpackDecoder({ listBytes: 68 });
    const headers: Header[] = [];
    // Fields of 34, 35 (too many for the rest of 34) and 34 octets.
    decoder.decode(hex("0001610162" + "000161026262" + "0001610162"), headers);
    assert.equal(headers.length, 1);
    assert.equal(decoder.omittedFields, 2);
    assert.equal(decoder.omittedBytes, 11);
  });
});

function hex(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}
