import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { sharedData } from "../support/needs.ts";
import { runProgram } from "../support/run-program.ts";
import { MAIN } from "../support/tapline-main.ts";
import { makeTemporaryFolder } from "../support/temporary-folder.ts";

const { path, skip } = sharedData("corpora/captures");
const folder = makeTemporaryFolder();
after(folder.remove);

test("tapline read -vv --proto shows the messages of a call as JSON", { skip }, async () => {
  const proto = join(folder.path, "cart.proto");
  writeFileSync(
    proto,
    `syntax = "proto3"; package hipstershop;
     message CartItem { string product_id = 1; int32 quantity = 2; }
     message GetCartRequest { string user_id = 1; }
     message Cart { string user_id = 1; repeated CartItem items = 2; }
     service CartService { rpc GetCart(GetCartRequest) returns (Cart) {} }`,
  );
  const args = [MAIN, "read", join(path, "h2c_ascii.pcap"), "-vv", "--proto", proto];
  const { stdout, code } = await runProgram(process.execPath, args);
  assert.equal(code, 0);
  assert.match(stdout, /> message, 38 B, hipstershop\.GetCartRequest\n {2}\{\n {4}"userId": "23c6f77d-9e74-44e5-/);
  assert.match(
    stdout,
    /< message, 16 B, hipstershop\.Cart\n {2}\{\n {4}"items": \[\n {6}\{\n {8}"productId": "1YMWWN1N4O"/,
  );
});
