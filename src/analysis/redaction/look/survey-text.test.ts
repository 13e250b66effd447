import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { SecretNames } from "../names/secret-names.ts";
import { OTHER_SHAPES } from "../values/other-shapes.ts";
import { characterCodes } from "./character-codes.ts";
import {
  hasBinaryControls,
  hasLineEnd,
  hasLineFeed,
  mayBeDrawn,
  mayHave,
  mayHaveAny,
  mayHaveSpace,
  surveyBytes,
  surveyText,
} from "./survey-text.ts";

const { grams } = new SecretNames(new Set(), new Set());

describe("which characters a text has", () => {
  test("a text may have each of its parts, in either case", () => {
    const text = "Authorization: Bearer aB3/+_~{}[]|\\^`\"'<>?\u00e9\u2028 $%&()*,-.;=@#!";
    for (let start = 0; start < text.length; start++)
      for (let end = start; end <= text.length; end++) {
        const part = text.slice(start, end);
        for (const one of [part, part.toUpperCase().replace("É", ""), part.toLowerCase()])
          assert.ok(mayHave(surveyText(text), surveyText(one.replace(/[^ -~]/g, ""))), one);
      }
  });

  test("what has one character that the text has not cannot be in it", () => {
    for (let code = 0x20; code < 0x7f; code++) {
      const one = String.fromCharCode(code);
      const others = Array.from({ length: 95 }, (_, at) => String.fromCharCode(at + 0x20)).filter(
        (other) => (other.charCodeAt(0) | 0x20) !== (code | 0x20) || (code < 0x40 && other !== one),
      );
      assert.ok(!mayHave(surveyText(others.join("")), surveyText(`a${one}`)), one);
    }
  });

  test("a text and its bytes, short or long, have the same", () => {
    for (let code = 0; code < 0x200; code++)
      for (const rest of ["", "x".repeat(500)]) {
        const text = String.fromCharCode(code) + rest;
        const { isAscii, codes: _, ...survey } = surveyText(text);
        const { codes, stems: _s, meanings: _m, ...ofBytes } = surveyBytes(new TextEncoder().encode(text), grams);
        assert.deepEqual({ isAscii, ...survey }, ofBytes, String(code));
        assert.equal(codes?.length, isAscii ? text.length : undefined);
        assert.equal(isAscii, code < 0x80);
        const words = [survey.controls, survey.signs, survey.capitals, survey.smalls].map((word) => word >>> 0);
        const expected = [0, 0, 0, rest === "" ? 0 : 2 ** 24];
        if (code < 0x80) expected[code >> 5] = (expected[code >> 5]! | (1 << (code & 31))) >>> 0;
        assert.deepEqual(words, expected, String(code));
      }
  });

  test("what is told of single characters is as regular expressions tell it", () => {
    for (let code = 0; code < 0x80; code++) {
      const text = String.fromCharCode(code);
      const survey = surveyText(text);
      assert.equal(hasBinaryControls(survey), /[\u0000-\u0008\u000e-\u001a\u001c-\u001f]/.test(text), text);
      assert.equal(hasLineEnd(survey), /[\r\n]/.test(text), text);
      assert.equal(hasLineFeed(survey), text === "\n");
      assert.equal(mayBeDrawn(survey), /\d/.test(text), text);
      assert.equal(mayBeDrawn(surveyText(`${text}a`)), /[A-Z\d]/.test(text), text);
      assert.equal(mayHaveAny(survey, surveyText(':="')), /[:="]/.test(text), text);
    }
  });

  test("white space is ASCII's, or may be among what is not ASCII", () => {
    for (const space of " \t\n\v\f\r\u00a0\u2003\ufeff") assert.ok(mayHaveSpace(surveyText(`a${space}b`)));
    assert.ok(!mayHaveSpace(surveyText("a-b\u0001\u001f\u007f")));
  });

  test("a text has a byte for each character", () => {
    assert.deepEqual(
      characterCodes("a\u007f\u0080é\u2028\u{1f511}z"),
      Uint8Array.of(97, 127, 128, 128, 128, 128, 128, 122),
    );
  });

  test("no hint of a secret is missed for want of what it needs", () => {
    const hinted: Readonly<Record<string, readonly string[]>> = {
      bearer: ["BEARER"],
      basic: ["Basic"],
      mnemonic: ["abc ".repeat(11)],
      "slack-webhook": ["/services/", "/workflows/", "/triggers/"],
      "mysql-password": ["@tcp(", "@unix("],
      "discord-token": [`M${"a".repeat(20)}.aaaaa.`],
      "facebook-token": [`${"1".repeat(15)}|`],
      "database-password": [":*:", ":54321:"],
    };
    const regular = OTHER_SHAPES.filter(({ hint }) => typeof hint !== "string");
    assert.deepEqual(new Set(regular.map(({ name }) => name)), new Set(Object.keys(hinted)));
    for (const { name, hint, needs, signs } of OTHER_SHAPES)
      for (const text of typeof hint === "string" ? [hint] : hinted[name]!) {
        assert.ok(typeof hint === "string" || hint.test(text), name);
        assert.ok(mayHave(surveyText(text), surveyText(needs ?? "")), name);
        assert.ok(signs === undefined || signs.some((sign) => text.toLowerCase().includes(sign)), text);
        assert.ok(signs === undefined || signs.every((sign) => sign.length === 3 && sign === sign.toLowerCase()), name);
      }
  });
});
