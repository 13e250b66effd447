/** Texts that repeat the beginning of something that is looked for cost what others do: 64 KB once took up to forty seconds. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createNodeRedactor } from "./node-redactor.ts";

const LENGTH = 64 * 1024;
/** Seconds of CPU: a hundred times of what it takes, a tenth of what the square of the length would. */
const MOST = 4;

const UNITS = `
  %2525 %25 %41 sk- key- eyJ- eyJab- xoxb- AC- SG. abcdefghijklmnopqrst. Abcdefghijk1mnopqrst. password= token: Bearer a=b; http:// a@b. &amp;
  &lt; \\" \\\\ {"a": [[ <a> <!-- -----BEGIN ["password","a"],
`;

const WITH_SPACES = [
  "a ",
  "key=<<E\n",
  "key=a\\\n",
  "? key\n: ",
  '"keys":["pin"],"rows":[[1],',
  "key: # a\n",
  '"cookies":[',
  'id="key">',
  "WIFI:S:",
  "b@tcp(",
  "config a ",
  " -p",
  "/key/",
  "abcde ",
  "name: password\n",
  "name=password ",
  "- name: password\n  x: y\n",
  "name: password, value",
  "user,password\n",
  "|password|\n|-|\n",
  'a,"password\n',
  "<tr><td>password<td>",
  "- [a, password]\n",
  "- - password\n",
  "columns:\n  - password\n",
  '"cols":[{"label":"pin"}],"rows":[{"c":[{"v":"x"}]},',
  '"rows":[{"c":[',
  '"fields":[{"fields":[',
  '"columns":["pin"],"data":[{"row":[["x"',
  '"majorDimension":"COLUMNS","values":[["pin"',
  '"variables":{"p":"(password:$p)',
  "<w:tr><w:tc>password",
];

for (const [name, before] of [
  ["alone", ""],
  ["behind an entity", "&lt;<"],
  ["behind an encoded quote", "%22"],
  ["in JSON", '[{"name":"password"},'],
] as const)
  test(`64 KB of beginnings, ${name}, are searched once`, () => {
    const redactor = createNodeRedactor();
    for (const unit of [...UNITS.trim().split(/\s+/), ...WITH_SPACES]) {
      const text = before + unit.repeat(LENGTH / unit.length);
      const began = process.threadCpuUsage();
      redactor.content(Buffer.from(text), "text/html");
      redactor.content(Buffer.from(text), "text/plain");
      redactor.target(`/?x=${text}`);
      const { user, system } = process.threadCpuUsage(began);
      assert.ok(user + system < MOST * 1e6, `${before}${unit}: ${user + system} µs`);
    }
  });

for (const [name, text] of [
  ["a token at each letter", `. ${"M".repeat(LENGTH)}`],
  ["the end of what surrounds a value", `password=${")".repeat(LENGTH)}x`],
  ["the white space before an item of a list", `password:\n  -${" ".repeat(LENGTH)}x\n`],
  ["the white space at the end of a line", `\npassword: a${" ".repeat(LENGTH)}x\n`],
] as const)
  test(`64 KB that could be ${name} are searched once`, () => {
    const began = process.threadCpuUsage();
    createNodeRedactor().content(Buffer.from(text), "text/plain");
    const { user, system } = process.threadCpuUsage(began);
    assert.ok(user + system < 1e6, `${user + system} µs`);
  });

test("a name of 64 KB in capitals is split once", () => {
  const began = process.threadCpuUsage();
  createNodeRedactor().headers([{ name: "A".repeat(LENGTH), value: "abcd1234" }]);
  const { user, system } = process.threadCpuUsage(began);
  assert.ok(user + system < 1e6, `${user + system} µs`);
});
