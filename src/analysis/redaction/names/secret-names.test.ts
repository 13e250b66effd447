import assert from "node:assert/strict";
import { test } from "node:test";
import { type NameVerdict, SecretNames } from "./secret-names.ts";

const names = new SecretNames(new Set(), new Set());

const STRONG = `password passwd passwort pwd passphrase passcode secret token credential authorization mnemonic bearer jwt otp
    cvv cvc cvv2 cvc2 csc ssn sessid jsessionid phpsessid assertion
    verifier seedphrase samlresponse samlrequest otpauth pgpass htpasswd requirepass masterauth dpop jwe psk presharedkey
    kennwort contrasena contraseña senha wachtwoord motdepasse hasło haslo parola salasana lösenord şifre sifre пароль
    密码 密碼 パスワード 비밀번호`;

/** Written down beside the tables of words, so that a word that is lost there is missed here. `*` stands for the word. */
const VERDICTS: readonly (readonly [string, NameVerdict["kind"], string])[] = [
  ["my_*", "strong", STRONG],
  ["my_*", "strong", "apikey privatekey secretkey accesskey authkey sessionid"],
  ["*_menu", "weak", STRONG],
  [
    "my_*",
    "weak",
    `key code pass pw session sess signature sig pin auth salt nonce state ticket sid hmac mac license licence seed answer
    cookie csrf xsrf sas principal login cred pat challenge totp tan puk dsn phrase oauth sso saml invite sign signed pan
    card lt svc cert tgt proof magic recovery userinfo iv share`,
  ],
  [
    "my_*_key",
    "strong",
    `api secret private access signing encryption decryption master account subscription auth authentication authorization
    session shared ssh priv license licence functions webhook admin root recovery deploy wrapping storage host integration
    hmac aes pgp gpg rsa jwt otp totp seed wallet stream sas consumer`,
  ],
  [
    "my_*_key",
    "plain",
    `primary foreign sort partition cache row routing idempotency public translation i18n l10n message composite unique
    index group object dedup deduplication range registry hot short arrow natural candidate surrogate business lookup join
    cluster clustering map query react item parent issue project publishable hash order metric event topic config setting
    feature flag label locale`,
  ],
  ["my_*_keys", "plain", "primary foreign sort partition cache public index group map query locale"],
  [
    "my_*_code",
    "strong",
    `verification verify security otp sms mfa 2fa tfa auth authorization authentication recovery backup device access
    activation reset login confirmation totp pass factor challenge unlock card pin`,
  ],
  ["my_*_codes", "strong", "verification otp recovery backup unlock"],
  ["my_*_token", "weak", "next page continuation pagination cursor previous prev sync resume scroll skip marker start"],
  [
    "*",
    "strong",
    `my_security_answer my_secret_answer my_card_number my_creditcard_number my_cc_number my_session_id my_sess_id
    my_secret_id my_key_id my_seed_phrase my_seed_words my_recovery_phrase my_mnemonic_phrase my_security_number
    my_set_cookie my_set_cookie2 my_oidc_data my_client_principal my_client_cert`,
  ],
  [
    "my_secret_*",
    "strong",
    `base value string str text plain plaintext raw hash hashed digest encrypted enc base64 b64 hex new old current confirm
    confirmation confirmed repeat repeated again verify retype binary bytes header env var pem material data param 2 99`,
  ],
  [
    "*_secret",
    "weak",
    `has is max min num total count show hide needs need allow allowed allows enable enabled disable require required
    requires use uses used can should prompt completion input output cached reasoning`,
  ],
  [
    "my_*",
    "plain",
    `id uid uuid guid ulid ksuid nanoid etag checksum commit sha sha1 sha256 sha384 sha512 md5 crc crc32 revision rev
    fingerprint thumbprint integrity image img photo avatar icon thumbnail picture logo svg png jpg jpeg gif pdf boundary
    trace span traceparent tracestate version build arn urn ref slug filename cursor etags algorithm alg kid jti public`,
  ],
  [
    "my*",
    "strong",
    `password passwd passphrase passcode secret apikey secretkey privatekey accesskey authkey signingkey encryptionkey
    masterkey accountkey subscriptionkey sharedkey licensekey sessionkey deploykey webhookkey sometoken sessionid sessid
    credential userpwd dbpwd rootpw bindpw userpw adminpw dbpw loginpw`,
  ],
  [
    "*",
    "weak",
    "nexttoken pagetoken synctoken scrolltoken skiptoken cursortoken prevtoken resumetoken continuationtoken",
  ],
  ["*", "weak", "secret_menu token_type my_secrets my_tokens has_passwords x_has_token has_token_x password_image"],
  [
    "*",
    "strong",
    "y_has_token x_password secret_hash_value menu_secret_value a[b]..token a[][][token] a::b//token token[0][1] [token] token.",
  ],
  ["*", "none", "has x menu my_menu secret_menu_value password_menu_hash"],
  ["my_*", "strong", "passwords credentials"],
];

for (const [pattern, kind, words] of VERDICTS)
  test(`${pattern} with each of ${words.slice(0, 40)}… is ${kind}`, () => {
    for (const word of words.trim().split(/\s+/)) {
      const name = pattern.replace("*", word);
      assert.equal(names.judge(name).kind, kind, name);
    }
  });

test("digits are enough for some, from so many on; letters for those that people choose", () => {
  const digits = { pin: 4, totp: 6, tan: 4, puk: 8, card: 12, pan: 12, sid: 8, session: 8, pass: 4, pw: 4 };
  for (const [word, least] of Object.entries(digits)) {
    const verdict = names.judge(`my_${word}`);
    assert.equal(verdict.kind === "weak" ? verdict.digits : undefined, least, word);
  }
  for (const word of ["pass", "pw", "pin"]) {
    const verdict = names.judge(`my_${word}`);
    assert.equal(verdict.kind === "weak" ? verdict.chosen : undefined, true, word);
  }
  assert.deepEqual(names.judge("my_code"), { kind: "weak" });
});

test("words that are written together are two", () => {
  const first = `api secret private access auth signing encryption master account subscription session license client user
    admin db csrf xsrf refresh id otp sms verification security recovery backup credit card set`;
  for (const word of first.trim().split(/\s+/)) {
    assert.equal(names.judge(`my_${word}secret`).kind, "strong", word);
    assert.equal(names.judge(`my_${word}password`).kind, "strong", word);
  }
  for (const word of ["primary", "foreign", "public", "cache", "sort"])
    assert.equal(names.judge(`my_${word}key`).kind, "plain", word);
  for (const word of ["zip", "postal", "status", "error"])
    assert.equal(names.judge(`my_${word}code`).kind, "weak", word);
});
