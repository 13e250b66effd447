/** The pages that one begins with, as they stand; `docs-run-others` has the rest. */
import { describePages, FIRST_PAGES } from "../../support/docs-run/describe-pages.ts";

describePages(FIRST_PAGES);
