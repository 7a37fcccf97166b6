import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadEncoder } from "../../../src/encoder/load.js";
import { prepareEncoder } from "../../../src/encoder/step/prepare.js";
import { readWeightsGraph } from "../../../src/encoder/weights/weights-graph.js";
import { openRuntime, type Runtime } from "../../../src/runtime/runtime.js";
import { fiveSteps } from "../../support/five-steps.js";
import { hasSharedEncoders, sharedTexts } from "../../support/shared-encoders.js";

/** Folders that sentence-transformers 6.2 wrote, with its vectors and five of its steps in reference.json. */
const ROOT = "test/fixtures/sentence-modules";
const folders = readdirSync(ROOT).filter((name) => existsSync(join(ROOT, name, "modules.json")));

interface ModulesReference {
  readonly vectors: readonly (readonly number[])[];
  readonly losses: readonly number[];
  readonly norms: readonly number[];
}

const referenceOf = (name: string): ModulesReference =>
  JSON.parse(readFileSync(join(ROOT, name, "reference.json"), "utf8"));

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime({ threads: 1 });
});
afterAll(() => runtime.close());

describe.skipIf(!hasSharedEncoders)("poolings and modules (texts of ../shared/encoders)", () => {
  it.each(folders)("%s: vectors are those of sentence-transformers", async (name) => {
    const encoder = await loadEncoder({ model: join(ROOT, name), runtime });
    const { data } = await encoder.encode(sharedTexts());
    await encoder.release();
    const expected = referenceOf(name).vectors.flat();
    expect(data.length).toBe(expected.length);
    expect(Math.max(...expected.map((x, i) => Math.abs(x - data[i])))).toBeLessThan(1e-5);
  });

  it.each(folders)("%s: so are losses and gradient norms of five steps", async (name) => {
    const model = join(ROOT, name);
    const loaded = await loadEncoder({ model, runtime, modules: "leave" });
    const { pooling, modules, includePrompt, prompts } = loaded.info;
    const { graph, hidden } = await readWeightsGraph(model);
    const steps = await fiveSteps({
      encoder: prepareEncoder(graph, hidden),
      ...{ pooling, stack: modules, padId: loaded.padId, prompt: prompts.query ?? "" },
      tokenize: (text) => loaded.tokenize([text])[0],
      promptTokens: includePrompt ? undefined : loaded.promptTokens,
    });
    await loaded.release();
    const expected = referenceOf(name);
    for (let t = 0; t < 5; t++) {
      expect(Math.abs(steps.losses[t] / expected.losses[t] - 1)).toBeLessThan(1e-5);
      expect(Math.abs(steps.norms[t] / expected.norms[t] - 1)).toBeLessThan(1e-4);
    }
  });
});
