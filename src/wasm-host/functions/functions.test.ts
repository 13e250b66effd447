/** The functions of the host, called as a module calls them: with pointers into its memory. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { HostCaller, OUT, OUT_SIZE } from "../../../test/support/wasm/host-caller.ts";
import { Status } from "../abi.ts";
import { BodyBuffer } from "../body-buffer.ts";
import { HeaderMap } from "../header-map.ts";
import { decodePairs, encodePairs } from "../pairs.ts";

describe("headers", () => {
  const caller = new HostCaller();
  caller.maps.set(
    0,
    new HeaderMap([
      ["A", "1"],
      ["a", "2"],
      ["b", "\xe9"],
    ]),
  );

  test("are read by name, whatever its case: the first of them", () => {
    assert.equal(caller.call("proxy_get_header_map_value", 0, "A", OUT, OUT_SIZE), Status.Ok);
    assert.equal(caller.text, "1");
    caller.call("proxy_get_header_map_value", 0, "b", OUT, OUT_SIZE);
    assert.deepEqual([...caller.answer], [0xe9]);
    assert.equal(caller.call("proxy_get_header_map_value", 0, "none", OUT, OUT_SIZE), Status.NotFound);
  });

  test("one that is missing is an empty one in 0.1.0", () => {
    const old = new HostCaller("0.1.0");
    old.maps.set(0, new HeaderMap());
    assert.equal(old.call("proxy_get_header_map_value", 0, "none", OUT, OUT_SIZE), Status.Ok);
    assert.equal(old.text, "");
  });

  test("are read as pairs", () => {
    assert.equal(caller.call("proxy_get_header_map_pairs", 0, OUT, OUT_SIZE), Status.Ok);
    assert.deepEqual(decodePairs(caller.answer), [
      ["a", "1"],
      ["a", "2"],
      ["b", "\xe9"],
    ]);
    assert.equal(caller.call("proxy_get_header_map_size", 0, OUT), Status.Ok);
    assert.equal(
      caller.uint32(OUT),
      encodePairs([
        ["a", "1"],
        ["a", "2"],
        ["b", "e"],
      ]).length,
    );
  });

  test("are added, replaced, removed and set", () => {
    const map = new HeaderMap([
      ["a", "1"],
      ["b", "2"],
      ["A", "3"],
    ]);
    caller.maps.set(2, map);
    assert.equal(caller.call("proxy_add_header_map_value", 2, "B", "4"), 0);
    assert.equal(caller.call("proxy_replace_header_map_value", 2, "a", "5"), 0);
    assert.equal(caller.call("proxy_replace_header_map_value", 2, "c", "6"), 0);
    assert.deepEqual(map.pairs, [
      ["a", "5"],
      ["b", "2"],
      ["b", "4"],
      ["c", "6"],
    ]);
    assert.equal(caller.call("proxy_remove_header_map_value", 2, "B"), 0);
    assert.deepEqual(map.pairs, [
      ["a", "5"],
      ["c", "6"],
    ]);
    assert.equal(caller.call("proxy_set_header_map_pairs", 2, encodePairs([["X", "1"]])), 0);
    assert.deepEqual(map.pairs, [["x", "1"]]);
    assert.equal(caller.call("proxy_set_header_map_pairs", 2, "not a map"), 0);
    assert.deepEqual(map.pairs, [], "malformed: as proxies take it, an empty one");
  });

  for (const [name, ...args] of [
    ["get_header_map_pairs", OUT, OUT_SIZE],
    ["get_header_map_size", OUT],
    ["get_header_map_value", "a", OUT, OUT_SIZE],
    ["set_header_map_pairs", encodePairs([["a", "b"]])],
    ["add_header_map_value", "a", "b"],
    ["replace_header_map_value", "a", "b"],
    ["remove_header_map_value", "a"],
  ] as const)
    test(`${name} of maps that are not there, or cannot be`, () => {
      // gRPC's are among them.
      for (const map of [1, 3, 4, 5, 6, 7])
        assert.equal(caller.call(`proxy_${name}`, map, ...args), Status.NotFound, String(map));
      for (const map of [8, 99, -1])
        assert.equal(caller.call(`proxy_${name}`, map, ...args), Status.BadArgument, String(map));
    });
});

describe("buffers", () => {
  const caller = new HostCaller();
  const body = new BodyBuffer();
  body.append(Buffer.from("01234"));
  body.append(Buffer.from("56789"));
  caller.buffers.set(0, body);

  for (const [start, most, text] of [
    [0, 100, "0123456789"],
    [3, 4, "3456"],
    [8, 100, "89"],
    [10, 1, ""],
    [500, 1, ""],
    [0, 0, ""],
    [0, 0x7fff_ffff, "0123456789"],
  ] as const)
    test(`${most} bytes from ${start} on are ${JSON.stringify(text)}`, () => {
      assert.equal(caller.call("proxy_get_buffer_bytes", 0, start, most, OUT, OUT_SIZE), Status.Ok);
      assert.equal(caller.text, text);
      if (text === "") assert.equal(caller.uint32(OUT), 0);
    });

  test("a sum beyond all bytes, a buffer that is not there, one that cannot be", () => {
    assert.equal(caller.call("proxy_get_buffer_bytes", 0, 1, 0xffff_ffff, OUT, OUT_SIZE), Status.BadArgument);
    assert.equal(caller.call("proxy_get_buffer_bytes", 1, 0, 1, OUT, OUT_SIZE), Status.NotFound);
    assert.equal(caller.call("proxy_get_buffer_bytes", 9, 0, 1, OUT, OUT_SIZE), Status.BadArgument);
    assert.equal(caller.call("proxy_get_buffer_status", 0, OUT, OUT_SIZE), Status.Ok);
    assert.deepEqual([caller.uint32(OUT), caller.uint32(OUT_SIZE)], [10, 0]);
  });

  test("are prepended to, appended to, replaced, and nothing else", () => {
    for (const [start, size, text, whole, status] of [
      [0, 0, "<", "<0123456789", 0],
      [11, 0, ">", "<0123456789>", 0],
      [0xffff_ffff, 0, "!", "<0123456789>!", 0],
      [3, 2, "x", "<0123456789>!", Status.BadArgument],
      [0, 13, "new", "new", 0],
      [0, 5000, "", "", 0],
    ] as const) {
      assert.equal(caller.call("proxy_set_buffer_bytes", 0, start, size, text), status);
      assert.equal(Buffer.from(body.bytes).toString(), whole);
    }
  });
});

describe("memory that a module gives", () => {
  test("outside of its own is no memory, and the host goes on", () => {
    const caller = new HostCaller();
    caller.maps.set(0, new HeaderMap([["a", "b"]]));
    for (const pointer of [131_072, 131_070, -1, -4]) {
      assert.equal(caller.call("proxy_log", 2, pointer, 10), Status.InvalidMemoryAccess, String(pointer));
      assert.equal(caller.call("proxy_get_header_map_pairs", 0, pointer, OUT_SIZE), Status.InvalidMemoryAccess);
      assert.equal(caller.call("proxy_get_header_map_pairs", 0, OUT, pointer), Status.InvalidMemoryAccess);
    }
    caller.next = 0;
    assert.equal(caller.call("proxy_get_header_map_pairs", 0, OUT, OUT_SIZE), Status.InvalidMemoryAccess);
    caller.next = 200_000;
    assert.equal(caller.call("proxy_get_header_map_pairs", 0, OUT, OUT_SIZE), Status.InvalidMemoryAccess);
    assert.equal(caller.call("fd_write", 1, -1, 1, OUT), 21);
    caller.next = 70_000;
    assert.equal(caller.call("proxy_get_header_map_pairs", 0, OUT, OUT_SIZE), Status.Ok);
  });

  test("may move while it is given", () => {
    const caller = new HostCaller();
    const body = new BodyBuffer();
    const bytes = Buffer.alloc(5_000_000, "x");
    body.append(bytes);
    caller.buffers.set(0, body);
    caller.growsBy = 100;
    assert.equal(caller.call("proxy_get_buffer_bytes", 0, 0, 5_000_000, OUT, OUT_SIZE), Status.Ok);
    assert.ok(bytes.equals(caller.answer));
  });
});

describe("properties", () => {
  const caller = new HostCaller();
  for (const [path, value, bytes] of [
    ["text", "é", [0xc3, 0xa9]],
    ["bytes", Uint8Array.of(1, 2), [1, 2]],
    ["time", 1_700_000_000_123_456_789n, [...new Uint8Array(new BigInt64Array([1_700_000_000_123_456_789n]).buffer)]],
    ["flag", true, [1]],
    ["double", 0.5, [...new Uint8Array(new Float64Array([0.5]).buffer)]],
    ["map", new Map([["a", "b"]]), [...encodePairs([["a", "b"]])]],
  ] as const)
    test(path, () => {
      caller.properties.set(`a.${path}`, value);
      for (const end of ["", "\0"]) {
        assert.equal(caller.call("proxy_get_property", `a\0${path}${end}`, OUT, OUT_SIZE), Status.Ok);
        assert.deepEqual([...caller.answer], [...bytes]);
      }
    });

  test("one that is not there; and one that is set", () => {
    assert.equal(caller.call("proxy_get_property", "nothing", OUT, OUT_SIZE), Status.NotFound);
    assert.equal(caller.call("proxy_set_property", "a\0b", "c"), Status.Ok);
    assert.deepEqual(caller.calls, ["set a.b=c"]);
  });
});

describe("calls", () => {
  const caller = new HostCaller();
  const headers = encodePairs([
    [":method", "GET"],
    [":path", "/"],
    [":authority", "a"],
  ]);
  test("are started for the plugin; without a cluster or a header that they need they are not", () => {
    assert.equal(caller.call("proxy_http_call", "known", headers, "body", new Uint8Array(4), 5, OUT), Status.Ok);
    assert.equal(caller.uint32(OUT), 77);
    assert.deepEqual(caller.calls, ["call 1 known"]);
    assert.equal(caller.call("proxy_http_call", "unknown", headers, "", "", 5, OUT), Status.BadArgument);
    const without = encodePairs([
      [":method", "GET"],
      [":path", "/"],
    ]);
    assert.equal(caller.call("proxy_http_call", "known", without, "", "", 5, OUT), Status.BadArgument);
    assert.equal(caller.call("proxy_http_call", "known", headers, "", "", 5, -1), Status.InvalidMemoryAccess);
    assert.equal(caller.call("proxy_grpc_cancel", 1), Status.Unimplemented);
    assert.equal(caller.calls.length, 1);
  });
});
