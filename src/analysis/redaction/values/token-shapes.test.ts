import assert from "node:assert/strict";
import { test } from "node:test";
import { redactVendorTokens } from "../content/tokens/vendor-tokens.ts";
import type { TextRedaction } from "../text-redaction.ts";

const marker = { mark: (name: string, value: string) => `<${name} ${value}>`, keepsLength: false };
const redact = (run: string): string => redactVendorTokens(run, { marker } as unknown as TextRedaction);

const HEX = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
const MIXED = "q7Wz4Rk9Xm2Tb6Lc8Vd3Ng5Hj1Ps0Fy";
const UPPER = "K7QX2M9RT4WZ6BN8VD3GH5JP";

/**
 * Written down beside the table, so that what is lost there is missed here: of a kind the least of a token behind its beginning, a sign that ends it, and the
 * beginnings; behind those with `!` other words stand, too.
 */
const KINDS: readonly (readonly [kind: string, least: string, end: string, beginnings: string])[] = [
  ["jwt", "hbGciO.e", "+", "eyJ"],
  ["aws-key", UPPER.slice(0, 12), "a", "AKIA ASIA ABIA ACCA AGPA AROA AIDA ANPA ANVA APKA"],
  ["aws-key", `${MIXED}+/${MIXED.slice(0, 7)}`, ".", "ABSK bedrock-api-key- FwoGZXIvYXdzE IQoJb3JpZ2lu"],
  ["github-token", MIXED.slice(0, 16), "-", "ghp_ gho_ ghu_ ghs_ ghr_ github_pat_"],
  ["gitlab-token", `${MIXED.slice(0, 13)}-._`, "/", "glpat- gldt- glptt- glrt- glrtr- glcbt- glft- glffct- glsoat- glimt- glagent- gloas- GR1348941 glwt- _gitlab_session="],
  ["slack-token", "q7.W-4_R", "/", "xoxa- xoxb- xoxc- xoxd- xoxe- xoxe. xoxo- xoxp- xoxr- xoxs- xapp-"],
  ["google-key", `${MIXED.slice(0, 28)}-_`, ".", "AIza"],
  ["google-token", `${MIXED.slice(0, 12)}-_./`, "=", "ya29. GOCSPX- 1//0!"],
  ["google-key", `${MIXED.slice(0, 18)}-_`, ".", "AQ.Ab!"],
  ["stripe-key", MIXED.slice(0, 10), "-", "sk_live_ sk_test_ rk_live_ rk_test_ sk_prod_ rk_prod_ pk_prod_"],
  ["webhook-secret", `${MIXED.slice(0, 13)}+/=`, ".", "whsec_"],
  ["openai-key", `${MIXED.slice(0, 18)}-_`, ".", "sk-proj- sk-svcacct- sk-admin- sk-None- sess-! sk-!"],
  ["anthropic-key", `${MIXED.slice(0, 14)}-_`, ".", "sk-ant-"],
  ["ai-key", `${MIXED.slice(0, 18)}-_`, ".", "sk-or-v1- pplx- gsk_ r8_! xai- nvapi- fw_! tgp_v1_ csk-! jina_ tvly- pcsk_ vapi_"],
  ["huggingface-token", MIXED.slice(0, 20), "-", "hf_ api_org_"],
  ["langsmith-key", MIXED.slice(0, 20), "-", "lsv2_pt_ lsv2_sk_ ls__!"],
  ["sendgrid-key", `${MIXED.slice(0, 10)}-_.${MIXED.slice(0, 9)}.-_`, "/", "SG."],
  ["mail-key", `${MIXED.slice(0, 14)}-_`, ".", "xkeysib- xsmtpsib- key-! re_! pubkey-!"],
  ["twilio-key", HEX.slice(0, 32), "g", "SK! AC!"],
  ["npm-token", MIXED.slice(0, 20), "-", "npm_"],
  ["pypi-token", `${MIXED.slice(0, 18)}-_`, ".", "pypi-"],
  ["registry-token", `${MIXED.slice(0, 13)}-_.`, "/", "rubygems_ dckr_pat_ dckr_oat_ oy2! CLOJARS_ cio! jsr_ hxp_!"],
  ["digitalocean-token", `${MIXED}x`, "-", "dop_v1_ doo_v1_ dor_v1_"],
  ["shopify-token", MIXED.slice(0, 20), "-", "shpat_ shpca_ shppa_ shpss_ shptka_ atkn_ shpua_"],
  ["linear-key", MIXED.slice(0, 20), "-", "lin_api_ lin_oauth_ lin_wh_"],
  ["vault-token", `${MIXED.slice(0, 17)}-_.`, "/", "hvs. hvb. hvr."],
  ["vault-token", MIXED.slice(0, 24), "-", "s.!"],
  ["age-key", UPPER.slice(0, 20), "a", "AGE-SECRET-KEY-1 AGE-SECRET-KEY-PQ-1"],
  ["grafana-token", `${MIXED.slice(0, 16)}-_+=`, ".", "glsa_ glc_ glagt_"],
  ["observability-key", `${MIXED.slice(0, 13)}-_.`, "/", "NRAK- NRJS- NRII- NRAL- NRRA- dt0c01. dt0s01. dt0s16. hcaik_ hcxik_ hcbik_"],
  ["observability-key", `${MIXED.slice(0, 14)}-_.+/=`, "~", "sntrys_ sntryu_ sntrya_ sntryi_ phc_ phx_ phs_ pdus+_ lgk_ ddp_"],
  ["cloud-token", `${MIXED.slice(0, 14)}-_.+/=`, "~", "dapi! dkea! pul- sbp_ sb_secret_ sbp_oauth_ sb_publishable_ vercel_! vcp_ rnd_ nfp_ nfo_ HRKU- fo1_ fm1a_ fm1r_ fm2_ FlyV1"],
  ["cloud-token", `${MIXED.slice(0, 14)}-_.+/=`, "~", "pscale_tkn_ pscale_pw_ pscale_oauth_ napi_! neon_! tskey- cfut_ cfat_ v1.0-! railway_! LTAI! AKID! sha256~ scw_! SCW! tk-us- hcloud_ 4b1d! xau_! at1_!"],
  ["ci-token", `${MIXED.slice(0, 10)}-_.+/=`, "~", "bkua_ bkat_ bkct_ CCIPAT_ CCIPRJ_ cci! pat.! sat.! dp.pt. dp.st. dp.ct. dp.sa. dp.scim. dp.audit. dpct_ pnu_ pnb_ API-!"],
  ["ci-token", `${MIXED.slice(0, 10)}-_.+/=`, "~", "squ_ sqp_ sqa_ sgp_ snyk_! snyk-! cmVmd! AKCp ops_! ghe_! e1-! nuget_! tfp_! atlasv1."],
  ["service-token", `${MIXED.slice(0, 10)}-_.+/=`, "~", "PMAK- PMAT- ntn_ secret_! figd_ figo_ figc_ fio-u- patt_! pat-na! pat-eu! lip_! rdme_ duffel_ EAAA! EAAC! EAAG! EAAB! EAAM! EAAJ!"],
  ["service-token", `${MIXED.slice(0, 10)}-_.+/=`, "~", "sq0atp- sq0csp- sq0idp- shippo_ EZAK EZTK FLWSECK FLWPUBK access_token$! access-sandbox-! access-production-! access-development-!"],
  ["service-token", `${MIXED.slice(0, 10)}-_.+/=`, "~", "live_! test_! shr_! ATATT3x ATCTT3x ATBB ATSTT ATOA p8e- s-s4t2 sm_aat_ sm_pat_ sm_sat_ ico- pk.eyJ sk.eyJ tk.eyJ mfp_ rzp_live_ rzp_test_ APP_USR-! TEST-!"],
  ["airtable-token", `${MIXED.slice(0, 14)}.${HEX}`, "g", "pat"],
  ["crypto-key", `${MIXED.replace(/[0lIO]/g, "z")}${MIXED.replace(/[0lIO]/g, "y")}${MIXED.replace(/[0lIO]/g, "x")}1234567`, "0", "xprv yprv zprv tprv"],
  ["crypto-key", "qpzry9x8gf2tvdw0s3jn54khce6mua7lqpzry9x8gf2tvdw0s3", "b", "nsec1"],
  ["1password-key", "K7QX2M-9RT4WZ-6BN8VD3GH", "a", "A3-"],
]; // biome-ignore format: a table

const ALL = KINDS.flatMap(([, , , beginnings]) => beginnings.replaceAll("!", "").split(" "));

test("a token of each vendor is found by how it begins, from its least length on, up to what ends it", () => {
  for (const [kind, least, end, beginnings] of KINDS)
    for (const beginning of beginnings.replaceAll("!", "").split(" ")) {
      assert.equal(redact(`${beginning}${least}`), `<${kind} ${beginning}${least}>`);
      const behind = redact(`see.${beginning}${least}${end}more`);
      assert.ok(behind.startsWith(`see.<${kind} ${beginning}${least}`) && behind.endsWith(`>${end}more`), behind);
      // Another one may begin so, of which less is enough.
      if (!ALL.some((one) => one !== beginning && beginning.startsWith(one)))
        assert.ok(!redact(`${beginning}${least.slice(0, -1)}`).startsWith(`<${kind} `), beginning);
      assert.ok(!redact(`x${beginning}${least}`).startsWith("x<"), beginning);
    }
});

test("words behind a beginning that other texts have are none, behind others they are", () => {
  const words = "list_of_names_and_values_of_all_the_orders";
  for (const [kind, least, , beginnings] of KINDS)
    for (const beginning of beginnings
      .split(" ")
      .filter(() => /[a-z]/.test(least) && !/^(?:vault|jwt|sendgrid|airtable|crypto|twilio)/.test(kind)))
      if (beginning.endsWith("!")) assert.equal(redact(beginning.slice(0, -1) + words), beginning.slice(0, -1) + words);
      else assert.equal(redact(beginning + words), `<${kind} ${beginning}${words}>`);
});

test("several tokens in one run are found, one behind the other, and marks are passed over", () => {
  const one = `ghp_${MIXED.slice(0, 16)}`;
  const mark = "redacted-ghp_secret_of_test-1a2b3c4d";
  assert.equal(
    redact(`a=${one}/b=${one}-${one}=`),
    `a=<github-token ${one}>/b=<github-token ${one}>-<github-token ${one}>=`,
  );
  assert.equal(redact(`${mark}.${one}`), `${mark}.<github-token ${one}>`);
  assert.equal(redact(`ghp_redacted-github-token-1a2b3c4d`), "ghp_redacted-github-token-1a2b3c4d");
  assert.equal(redact("ghp_"), "ghp_");
  // Each beginning is tried so often in a run, not more.
  for (const [count, isFound] of [
    [31, true],
    [32, false],
  ] as const) {
    const run = `${"ghp_-".repeat(count)}${one}`;
    assert.equal(redact(run) !== run, isFound, `${count}`);
  }
});
