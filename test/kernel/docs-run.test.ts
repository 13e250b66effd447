/** The blocks of pages that need the kernel's programs. */
import { describe } from "node:test";
import { describePagesWith } from "../support/docs-run/describe-pages.ts";
import { skipUnless } from "../support/needs.ts";
import { skipWithoutKernel } from "./support/kernel.ts";

const skip =
  (await skipWithoutKernel()) || skipUnless("unshare", "ip", "mount", "openssl", "curl", "nginx", "redis-server");
describe("pages run as they stand, with the kernel", { skip }, () => describePagesWith("kernel"));
