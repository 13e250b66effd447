import assert from "node:assert/strict";
import { test } from "node:test";
import { hiddenParts, SHOWING } from "../../../../../test/support/hidden-parts.ts";
import { redactBytes } from "../../content/redact-body.ts";
import type { TextRedaction } from "../../text-redaction.ts";
import { redactHtmlTables } from "./html-tables.ts";
import { redactJsonRows } from "./json-rows.ts";
import { redactTable } from "./redact-table.ts";
import { redactYamlRows } from "./yaml-rows.ts";

const TEXT = [
  "# export\nuser,password\nbob,«password:x»\n",
  "sep=;\nuser;password\nbob;«password:x»\n",
  "// a\n-- b\n\nuser\ttoken\nbob\t«token:x»",
  "user,password\rbob,«password:x»\rada,«password:y»\r",
  'user,password,note\nbob,«password:x»,"two\nlines, of it"\neve,«password:y»,z\n',
  'user,note,password\nbob,"a\nb\r\nc",«password:x»\neve,d,«password:y»\n',
  'user,password\nbob,"«password:x\ny»"\neve,«password:z»',
  'user,password\nbob,«password:"x»\neve,«password:y»',
  "name,value\nuser,bob\npassword,«password:x»\napi_key,«api_key:y»\n",
  "value;note;setting\nx;y;user\n«token:x»;y;token\n",
  "key\tvalue\nk1\tv1\ntoken\t«token:x»",
  "a,b\n1,2\n\nuser,password\nbob,«password:hunter2»\n\nc,d\n",
  "Users of today:\nuser\tpassword\nbob\t«password:hunter2»\nSo many.\na\tb2c3d4e5",
  "# Users\n\n| user | password |\n|------|----------|\n| bob | «password:x» |\n| eve | «password:y» |\n\n| a | b |\n|---|---|\n| c | d |",
  "user | password\n---|---\nbob | «password:x»\n\nmore | text",
  "| a | b |\n|---|---|\n| 1 | 2 |\n\n| user | password |\n|:-----|---------:|\n| bob | «password:x» |\n",
  "user,password\nbob,«password:x»\n\n| a | token |\n|--|--|\n| c | «token:y» |\n",
  "| name | value |\n|---|---|\n| user | bob |\n| password | «password:x» |",
  "mysql> select *;\n+------+------+\n| user | password |\n+------+------+\n| bob  | «password:x» |\n| eve  | «password:y» |\n+------+------+\n2 rows in set | a",
  "=> \\d\n user | password\n------+------\n bob  | «password:x»\n(1 row)\nx | y",
  "┌──────┬──────────┐\n│ user │ password │\n├──────┼──────────┤\n│ bob  │ «password:x» │\n└──────┴──────────┘\n",
  "user,password\nbob,«password:x»\nan odd line\n1,2,3\neve,«password:y»\n",
  "Name\tThe user account password\nbob\t«The user account password:x»\n",
  "3 users:\n\nUSER   PASSWORD\nbob    «PASSWORD:x»\neve    «PASSWORD:y»\n",
  "====  ========\nuser  password\n====  ========\nbob   «password:x»\n====  ========\n",
  "Some text.\n\nuser  password\n----  --------\nbob   «password:x y»\n\nuser  password",
  "Name      Value\n----      -----\nuser      bob\npassword  «password:x»\n",
  "\uFEFFpassword,user\n«password:x»,bob",
]; // biome-ignore format: a list

const PLAIN_TEXT = [
  "Hello\nuser, password and so on\nred, green and blue\n",
  "Hello\nI need a user; a password\nand that; or this\n",
  "a,b\n1,2\nuser,password\n3,4,5\n",
  "Note, the password\n------------------\nis a, secret\n",
  "Hello Bob, here is the password\nthat you, asked for",
  "My password\n===========\nis short  here\n",
  "Hello\nuser  password\nbob   x\n",
  "Hello\nUSER  PASSWORD\nbob  x\n",
  "| a | b |\n|---|---|\n| user | password |\n| c | d |\n",
  "name,size\npassword,12\n",
  "x,value\npassword,12\n",
  "user!,password\nbob,x\n",
  "Name,The user account password\nbob,x\n",
];

const JSON_ROWS = [
  '[["user","password"],["bob","«password:x»"],["eve","«password:y»"]]',
  '[\n  ["user", "password"],\n  ["bob", "«password:x»"],\n  [null, "«password:y»"]\n]',
  '{"values":[["id","password","z"],[1,"«password:x»",{"a":["b"]}],[2,"«password:y\\"z»",["c"]]],"more":[["a","b","c"]]}',
  '["user","password"]\n["bob","«password:x»"]\n["eve","«password:y»"]\n',
  '[["password","user"],["«password:x»","bob"],["«password:y»","eve"]]',
  '[["reset","password"],["hunter","«password:hunter2x»"],["next","page"]]',
  '[["setting","value"],["user","bob"],["password","«password:x»"]]',
  '[["user","password"],["bob","«password:x»"],["a","b","c"],["d","e"]]',
  '[["user","password"],["bob","«password:x»',
  '[["user","password"],["bob","«password:x»"],["token","«password:note»"],["a","«password:b»"]]',
  '[["user","token"],["bob","«token:x»"]],[["a","secret"],["b","«secret:hunter2x»"]]',
];

const PLAIN_JSON = [
  '[["read","token"],["write","admin"]]',
  '[["password","hunter2x"],["user","bob"]]',
  '[["a","b"],["c","password"],["d","e"]]',
  '[["forgot the password, you?","password"],["c","hunter2x"]]',
  '[["user","password"]]',
  '["user","password"]',
  '[["user","Xk9!mQ2#vL7pZ4tR"],["password","hunter2x"]]',
];

const HTML = [
  "<table><tr><th>user</th><th>password</th></tr><tr><td>bob</td><td>«password:x»</td></tr><tr><td>eve</td><td>«password:y»</td></tr></table>",
  "<TABLE class=a>\n<thead>\n<TR><TH scope='col'> user </TH>\n<th> <b>password</b> </th></TR>\n</thead><tbody>\n<tr>\n<td>bob</td>\n<td> «password:x» </td>\n</tr></tbody></table>",
  "<table><tr><td>user</td><td>password</td></tr><tr><td>bob</td><td><code>«password:x»</code></td></tr></table>",
  "<table><tr><th>user<th>password<tr><td>bob<td>«password:x»</table>",
  "<table><tr><th>user</th><th>password</th></tr><tr><td>bob</td><td>«password:x»",
  "<table><tr><th>name</th><th>value</th></tr><tr><td>token</td><td>«token:x»</td></tr><tr><td>size</td><td>12</td></tr></table>",
  "<table><tr><th>a</th><th>b</th></tr></table><table><tr><th>c</th><th>token</th></tr><tr><td>d</td><td>«token:x»</td></tr></table>",
  "<table><tr><th>user</th><th>token</th></tr><tr><td>a</td><td>«token:x»</td></tr><tr><th>user</th><th>city</th></tr><tr><td>b</td><td>Rome</td></tr></table>",
]; // biome-ignore format: a list

const PLAIN_HTML = [
  "<table><tr><th>user</th><th>password</th></tr><tr><td colspan=2>none</td></tr></table>",
  "<table><tr><th>password</th><td>x</td></tr><tr><th>user</th><td>bob</td></tr></table>",
  "<table><tr><td>password</td><td>hunter2x</td></tr><tr><td>user</td><td>bob</td></tr></table>",
  "<table><tr><td>a</td><td>b</td></tr><tr><td>user</td><td>password</td></tr><tr><td>c</td><td>d</td></tr></table>",
  "<table><tr><th>user</th><th>password</th></tr></table><table><tr><td>a</td><td>b</td></tr></table>",
  "<table><tr><th>user</th><th>password</th></tr><tr><td>bob</td><td></td></tr></table>",
];

const YAML = [
  "columns: [user, password]\nrows:\n  - [bob, «password:x»]\n  - ['eve', \"«password:y»\"]\n",
  "columns:\n  - user\n  - password\nrows:\n  - - bob\n    - «password:x»\n  - - eve\n    - '«password:y»'\n",
  "- [user, password]\n- [bob, «password:x»]\n- [eve, «password:y»]\n",
  "- - user\n  - password\n- - bob\n  - «password:x»\n- - a\n  - «password:b»\n",
  "a:\n- [user, token]\n- [bob, «token:x»]\nb: 1\nc:\n- [d, e]\n- [token, f]\n",
  "- [user, password]\n- [bob, '«password:hunter2x»']\n- [eve, «password:it's 'x'»]\n- [ada, «password:'a'b»]\n",
  "- [setting, value]\n- [user, bob]\n- [token, «token:x»]\n",
]; // biome-ignore format: a list

const PLAIN_YAML = [
  "- [password, hunter2x]\n- [user, bob]\n",
  "- [user, password]\n- [a, b, c]\n",
  "- user\n- password\n- hunter2x\n",
  "- - user\n  - password\n",
  "columns:\n  - user\n  - password\nsize: 12\nrows:\n  - - bob\n    - page\n",
];

for (const [kind, rows, plain, redact] of [
  ["texts", TEXT, PLAIN_TEXT, redactTable],
  ["JSON", JSON_ROWS, PLAIN_JSON, redactJsonRows],
  ["HTML", HTML, PLAIN_HTML, redactHtmlTables],
  ["YAML", YAML, PLAIN_YAML, redactYamlRows],
] as const satisfies readonly (readonly [
  string,
  readonly string[],
  readonly string[],
  (text: string, redaction: TextRedaction) => string,
])[])
  test(`of ${kind}' tables just the cells are hidden that their titles say are secret`, () => {
    for (const [text, shown] of rows.map(hiddenParts)) assert.equal(redact(text, SHOWING), shown);
    for (const text of plain) assert.equal(redact(text, SHOWING), text);
  });

test("tables are found in content of each type that may have them, and in a text that stands in JSON", () => {
  for (const [type, content] of [
    ["text/x-rst", "====  ========\nuser  password\n====  ========\nbob   «password:x»\n"],
    ["application/csv", "user,password\nbob,«password:x»\n"],
    ["application/json", '[["user","password"],["bob","«password:x»"]]'],
    ["application/x-ndjson", '["user","password"]\n["bob","«password:x»"]\n'],
    ["application/json", '{"message":"So:\\n\\n| user | password |\\n|---|---|\\n| bob | «password:x» |","n":1}'],
    ["text/html", "<table><tr><th>a</th><th>token</th></tr><tr><td>b</td><td>«token:x»</td></tr></table>"],
    ["application/yaml", "columns: [user, password]\nrows:\n- [bob, «password:x»]\n"],
    ["application/json", '{"cols":["a","token"],"rows":[["b","«token:x»"]]}'],
    ["text/csv", `# c\n${"\n".repeat(40)}user,password\nbob,«password:x»\n`],
    ["", "# Users\n\n| user | password |\n|---|---|\n| bob | «password:x» |\n"],
  ] as const) {
    const [text, shown] = hiddenParts(content);
    assert.equal(Buffer.from(redactBytes(Buffer.from(text), type, SHOWING)).toString(), shown, type);
  }
});
