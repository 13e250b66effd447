/** The blocks of pages that need a cluster, beside a real API server. */
import { describe } from "node:test";
import { describePagesWith } from "../support/docs-run/describe-pages.ts";
import { whyNoKubernetes } from "../support/kubernetes.ts";
import { skipUnless } from "../support/needs.ts";

const skip = whyNoKubernetes() || skipUnless("unshare", "ip", "mount", "openssl", "go");
describe("pages run as they stand, with a cluster", { skip }, () => describePagesWith("kubernetes"));
