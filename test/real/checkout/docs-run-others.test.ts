/** The pages that `docs-run` does not run, as they stand: in a file of their own, so that both are run at once. */
import { PAGES } from "../../support/docs-run/blocks.ts";
import { describePages, FIRST_PAGES } from "../../support/docs-run/describe-pages.ts";

describePages(PAGES.filter((page) => !FIRST_PAGES.includes(page)));
