/** The pages that `npm test` does not run, as they stand. */
import { PAGES } from "../support/docs-run/blocks.ts";
import { describePages, EVERY_TIME } from "../support/docs-run/describe-pages.ts";

describePages(PAGES.filter((page) => !EVERY_TIME.includes(page)));
