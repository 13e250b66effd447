/**
 * Classifies a value by the last word of its name. The last one decides: a `secret_menu` is a menu, and a `token_type` a type.
 * Words are in the singular and in small letters.
 */

/** The value is secret, whatever it is. */
export const STRONG: ReadonlySet<string> = words(`
  password passwd passwort pwd passphrase passcode secret token credential authorization mnemonic bearer jwt otp cvv cvc cvv2
  cvc2 csc ssn sessid jsessionid phpsessid assertion verifier seedphrase
  samlresponse samlrequest otpauth pgpass htpasswd requirepass masterauth dpop jwe psk presharedkey
  securestring kennwort contrasena contraseña senha wachtwoord motdepasse hasło haslo parola salasana lösenord şifre sifre пароль 密码 密碼 パスワード 비밀번호
`);

/** The value is secret when it looks like one. */
export const WEAK: ReadonlySet<string> = words(`
  key code pass pw session sess signature sig pin auth salt nonce state ticket sid hmac mac license licence seed answer cookie csrf xsrf
  sas principal login cred pat challenge totp tan puk dsn phrase oauth sso saml invite sign signed pan card lt svc cert tgt proof
  magic recovery userinfo iv share
`);

/** Weak ones whose values may be digits alone, how many at least. */
export const DIGITS: ReadonlyMap<string, number> = new Map([
  ["pin", 4],
  ["totp", 6],
  ["tan", 4],
  ["puk", 8],
  ["card", 12],
  ["pan", 12],
  ["sid", 8],
  ["session", 8],
  ["pass", 4],
  ["pw", 4],
]);

/** Weak ones that people choose themselves: letters with digits or signs are enough. */
export const CHOSEN: ReadonlySet<string> = words("pass pw pin");

/** Words that make `key` a secret, whatever it is. */
export const SECRET_KEYS: ReadonlySet<string> = words(`
  api secret private access signing decryption master account subscription auth authentication authorization session shared
  ssh priv license licence functions webhook admin root recovery deploy wrapping storage host integration hmac aes pgp gpg rsa jwt otp totp
  seed wallet stream sas consumer
`);

/** Words that make `key` no secret at all: of tables, caches, messages, keyboards. */
export const PLAIN_KEYS: ReadonlySet<string> = words(`
  primary foreign sort partition cache row routing idempotency public translation i18n l10n message composite unique index group object
  dedup deduplication range registry hot short arrow natural candidate surrogate business lookup join cluster clustering map query react
  item parent issue project publishable hash order metric event topic config setting feature flag label locale
`);

/** Words that make `code` a secret, whatever it is. */
export const SECRET_CODES: ReadonlySet<string> = words(`
  verification verify security otp sms mfa 2fa tfa auth authorization authentication recovery backup device access activation reset
  login confirmation totp pass factor challenge unlock card pin
`);

/** Words that make `token` one of a list's next page: it is looked at. */
export const PAGE_TOKENS: ReadonlySet<string> = words(`
  next page continuation pagination cursor previous prev sync resume scroll skip marker start
`);

/** Words that make `answer`, `number` and `id` a secret. */
export const SECRET_PAIRS: ReadonlySet<string> = new Set([
  "security answer",
  "secret answer",
  "card number",
  "creditcard number",
  "cc number",
  "session id",
  "sess id",
  "secret id",
  "key id",
  "seed phrase",
  "seed words",
  "recovery phrase",
  "mnemonic phrase",
  "security number",
  "set cookie",
  "set cookie2",
  "oidc data",
  "client principal",
  "client cert",
]);

/** Words after a secret's that say nothing else of it: `passwordConfirmation`, `SecretString`, `token_hash`. */
export const FILLERS: ReadonlySet<string> = words(`
  base value string str text plain plaintext raw hash hashed digest encrypted enc base64 b64 hex new old current confirm confirmation
  confirmed repeat repeated again verify retype binary bytes header env var pem material data param
`);

/** Words that say that the value is a question's answer or a number, whatever is asked: `has_password`, `max_token`. */
export const ASKING: ReadonlySet<string> = words(`
  has is max min num total count show hide needs need allow allowed allows enable enabled disable require required requires use uses
  used can should prompt completion input output cached reasoning
`);

/** Words that stand for themselves: each names a thing, or says that it is the same as before. Nothing random is sought in it. */
export const PLAIN: ReadonlySet<string> = words(`
  id uid uuid guid ulid ksuid nanoid etag checksum commit sha sha1 sha256 sha384 sha512 md5 crc crc32 revision rev fingerprint
  thumbprint integrity image img photo avatar icon thumbnail picture logo svg png jpg jpeg gif pdf boundary trace span traceparent
  tracestate version build arn urn ref slug filename cursor etags algorithm alg kid jti public
`);

/** Ends of names that are written as one word. */
export const STRONG_ENDING =
  /(?:password|passwd|passphrase|passcode|secret|apikey|(?:secret|private|access|auth|signing|encryption|master|account|subscription|shared|license|session|deploy|webhook)key|[a-z]token|(?:session|sess)id|credential|userpwd|dbpwd|(?:root|bind|user|admin|db|login)pw)s?$/;

function words(list: string): ReadonlySet<string> {
  return new Set(list.split(/\s+/).filter((word) => word !== ""));
}
