// A plugin context: one configuration, and what belongs to it.

import { addToList, createList, releaseList } from "./list";
import { allocate, release } from "./memory";
import { charAt } from "./text";

export const FORMAT_SCN: u32 = 0;
export const FORMAT_APICLARITY: u32 = 1;
export const BODY_DROP: u32 = 0;
export const BODY_PREFIX: u32 = 1;
export const BODY_NONE: u32 = 2;
export const MESH_ISTIO: u32 = 0;
export const MESH_KUMA: u32 = 1;

@unmanaged
export class Root {
  id: u32;
  next: usize;
  /** The configuration as the host gave it: texts and lists of it are borrowed from there. */
  source: usize;

  format: u32;
  bodyMode: u32;
  mesh: u32;
  timeout: u32;
  maxBody: u32;
  maxMemory: u64;
  sampleRate: f64;
  isCompatible: bool;
  redacts: bool;
  flushesOnDone: bool;

  path: usize;
  pathSize: u32;
  authority: usize;
  authoritySize: u32;
  cluster: usize;
  clusterSize: u32;
  subject: usize;
  subjectSize: u32;
  token: usize;
  tokenSize: u32;

  excludedPrefixes: usize;
  redactedHeaders: usize;
  redactedQuery: usize;
  skippedPaths: usize;

  samples: bool;
  tracesBeforeList: bool;
  hasList: bool;
  samplingInterval: u32;
  samplingCluster: usize;
  samplingClusterSize: u32;
  samplingPath: usize;
  samplingPathSize: u32;
  /** The call for the list that is under way, plus one. */
  samplingCall: u32;
  samplingRetry: u32;
  hosts: usize;
  hostsSource: usize;

  callsUnderWay: u32;
  failures: u32;
}

/** A context with the defaults; 0 where there is no memory. */
export function createRoot(id: u32): usize {
  const pointer = allocate(offsetof<Root>());
  if (pointer === 0) return 0;
  memory.fill(pointer, 0, offsetof<Root>());
  changetype<Root>(pointer).id = id;
  setDefaults(changetype<Root>(pointer));
  return pointer;
}

/** Forgets the configuration before: it may come again. */
export function setDefaults(root: Root): void {
  releaseConfiguration(root);
  root.format = FORMAT_SCN;
  root.bodyMode = BODY_DROP;
  root.mesh = MESH_ISTIO;
  root.timeout = 15000;
  root.maxBody = 1000000;
  root.maxMemory = 64 * 1024 * 1024;
  root.sampleRate = 1;
  root.isCompatible = false;
  root.redacts = true;
  root.flushesOnDone = false;
  root.samples = false;
  root.tracesBeforeList = false;
  root.samplingInterval = 60000;
  root.excludedPrefixes = listOf("x-envoy-");
  root.redactedHeaders = listOf(REDACTED_HEADERS);
  root.redactedQuery = listOf(REDACTED_QUERY);
  root.skippedPaths = 0;
  root.path = root.authority = root.cluster = root.subject = root.token = 0;
  root.samplingCluster = root.samplingPath = 0;
}

export function releaseConfiguration(root: Root): void {
  releaseList(root.excludedPrefixes);
  releaseList(root.redactedHeaders);
  releaseList(root.redactedQuery);
  releaseList(root.skippedPaths);
  release(root.source);
  root.excludedPrefixes = root.redactedHeaders = root.redactedQuery = root.skippedPaths = root.source = 0;
}

/** The names of a text with commas between them. */
function listOf(names: string): usize {
  const list = createList();
  if (list === 0) return 0;
  const bytes = copyStatic(names);
  if (bytes === 0) return list;
  let start: u32 = 0;
  for (let at: u32 = 0; at <= <u32>names.length; at++)
    if (at === <u32>names.length || charAt(names, at) === 0x2c) {
      addToList(list, bytes + start, at - start);
      start = at + 1;
    }
  return list;
}

const STATICS: usize = memory.data(4096);
let staticSize: u32 = 0;

/** The texts of the defaults as bytes, which stay for good: the same text is the same bytes. */
function copyStatic(text: string): usize {
  for (let at: usize = STATICS; at < STATICS + staticSize; ) {
    const size = load<u32>(at);
    if (load<u32>(at, 4) === <u32>changetype<usize>(text)) return at + 8;
    at += 8 + size;
  }
  if (staticSize + 8 + <u32>text.length > 4096) return 0;
  const entry = STATICS + staticSize;
  store<u32>(entry, text.length);
  store<u32>(entry, <u32>changetype<usize>(text), 4);
  for (let at: u32 = 0; at < <u32>text.length; at++) store<u8>(entry + 8 + at, charAt(text, at));
  staticSize += 8 + text.length;
  return entry + 8;
}

/** Headers whose values are credentials: Tapline's own list (src/analysis/redaction/rules.ts), those that are met most. */
const REDACTED_HEADERS =
  "authorization,proxy-authorization,authentication-info,cookie,cookie2,set-cookie,set-cookie2,x-api-key,api-key,apikey,x-api-token," +
  "x-auth,x-auth-token,x-auth-key,x-access-token,x-access-key,x-secret-key,x-refresh-token,x-id-token,x-session-token,x-session-id,x-user-token," +
  "x-csrf-token,x-xsrf-token,csrf-token,x-otp,x-amz-security-token,x-amzn-oidc-data,x-amzn-oidc-accesstoken,x-goog-api-key," +
  "x-goog-iap-jwt-assertion,cf-access-jwt-assertion,x-ms-client-principal,x-ms-token-aad-access-token,x-functions-key," +
  "ocp-apim-subscription-key,x-forwarded-client-cert,x-forwarded-access-token,x-forwarded-authorization,x-original-authorization," +
  "x-vault-token,x-consul-token,x-gitlab-token,private-token,job-token,x-github-token,x-hub-signature,x-hub-signature-256," +
  "x-slack-signature,x-jwt-assertion,dpop,token,secret,password,x-trace-source-token";

/** Parameters whose values are credentials. */
const REDACTED_QUERY =
  "access_token,accesstoken,refresh_token,refreshtoken,id_token,auth_token,authtoken,token,auth,authorization,api_key,apikey,api-key,key," +
  "password,passwd,pwd,passphrase,secret,client_secret,clientsecret,client_assertion,assertion,code,otp,session,session_id,sessionid," +
  "sid,jsessionid,phpsessid,jwt,sig,signature,x-amz-signature,x-amz-credential,x-amz-security-token,x-goog-signature,x-goog-credential";
