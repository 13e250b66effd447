import assert from "node:assert/strict";
import { test } from "node:test";
import { Random } from "../../../test/support/random.ts";
import { collectStreams, createNetwork, run, type Step } from "./testing.ts";
