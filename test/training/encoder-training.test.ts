import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadModel } from "../../src/jobs/load-model.js";
import type { TrainOptions } from "../../src/training/options/settings.js";
import { userErrorOf } from "../dataset/temporary-files.js";
import {
  checkpoint,
  distance,
  file,
  gradientDistance,
  inFolder,
  options,
  pairs,
  texts,
  model as tiny,
  updates,
} from "../support/encoder-run.js";
import { train } from "../support/train.js";

const modes: [string, Partial<TrainOptions>][] = [
  ["full", { tune: "full" }],
  ["the last layer with an MLP head", { tune: "last:1", head: "mlp" }],
  ["adapters with a head of fewer dimensions", { tune: "lora", headDim: 8, head: "linear" }],
];

describe("an exported model", () => {
  it.each(modes)("gives the vectors of training: %s", async (name, changes) => {
    const target = inFolder(`model ${name}`);
    const { vectors, parts } = await updates(changes, [1, 1], { write: target });
    expect(parts.weights!.size).toBeGreaterThan(0);
    const model = await loadModel(target);
    const base = await loadModel(tiny);
    const got = await model.encode(texts);
    const before = await base.encode(texts);
    const width = got.cols;
    for (let i = 0; i < texts.length; i++) {
      const row = vectors.subarray(i * width, (i + 1) * width);
      const norm = Math.hypot(...row);
      const own = got.data.subarray(i * width, (i + 1) * width);
      row.forEach((x, k) => {
        expect(Math.abs(x / norm - own[k])).toBeLessThan(1e-5);
      });
    }
    if (width === before.cols) expect(distance(got.data, before.data)).toBeGreaterThan(1e-3);
    await model.release();
    await base.release();
  });
});

/** Each with dropout, whose masks belong to the tokens of a batch and not to a chunk. */
const dropped = modes.map(([name, changes]): [string, Partial<TrainOptions>] => [
  name,
  { ...changes, dropout: 0.2 },
]);

describe("gradients", () => {
  it.each([...modes.slice(0, 1), ...dropped])(
    "of chunks are those of the whole batch: %s",
    async (_, changes) => {
      const plain = await updates(changes, [1]);
      const cached = await updates({ ...changes, miniBatchTokens: 24 }, [1]);
      expect(gradientDistance(cached.weights, plain.weights)).toBeLessThan(1e-5);
      expect(cached.gradNorms[0]).toBeCloseTo(plain.gradNorms[0], 4);
    },
  );

  it("of accumulated batches are the mean of theirs", async () => {
    const changes = { tune: "full", maxGradNorm: 0 } as const;
    const both = await updates(changes, [2]);
    const cached = await updates({ ...changes, miniBatchTokens: 24 }, [2]);
    const [first, second] = [await updates(changes, [1]), await updates(changes, [1], { skip: 1 })];
    const mean = new Map(
      [...first.weights.firstMoments].map(([name, tensor]) => {
        const other = second.weights.firstMoments.get(name)!.data;
        const data = Float32Array.from(
          tensor.data as Float32Array,
          (x, i) => (x + Number(other[i])) / 2,
        );
        return [name, { ...tensor, data }];
      }),
    );
    expect(gradientDistance(both.weights, { ...first.weights, firstMoments: mean })).toBeLessThan(
      1e-5,
    );
    expect(gradientDistance(cached.weights, both.weights)).toBeLessThan(1e-5);
  });
});

describe("training", () => {
  it("ends in the same bits after 50 steps, with one thread and with two", async () => {
    const run = async (threads: number): Promise<Buffer> => {
      const settings = options({ tune: "full", steps: 50, epochs: 20, threads, evalEvery: 50 });
      await train(settings);
      return checkpoint(settings.out, 50);
    };
    const one = await run(1);
    expect(one.equals(await run(2))).toBe(true);
    expect(one.equals(await run(2))).toBe(true);
  }, 120_000);

  it.each(modes)(
    "goes on from a checkpoint to the same bits: %s",
    async (_, changes) => {
      const settings = options({ ...changes, steps: 6, saveEvery: 3, keep: 9 });
      await train(settings);
      const again = `${settings.out} again`;
      cpSync(settings.out, again, { recursive: true });
      rmSync(join(again, "checkpoints", "step-000006"), { recursive: true });
      await train({ ...settings, out: again, resume: true });
      expect(checkpoint(again, 6).equals(checkpoint(settings.out, 6))).toBe(true);
      expect(checkpoint(again, 3).equals(checkpoint(again, 6))).toBe(false);
    },
    60_000,
  );
});

describe("dropout", () => {
  it("changes gradients, and not what a model embeds with", async () => {
    const without = await updates({ tune: "full" }, [1]);
    const same = await updates({ tune: "full", dropout: 0.2 }, []);
    const untouched = await updates({ tune: "full" }, []);
    const { weights } = await updates({ tune: "full", dropout: 0.2 }, [1]);
    expect(gradientDistance(weights, without.weights)).toBeGreaterThan(0.05);
    expect(same.vectors).toEqual(untouched.vectors);
  });

  it("of config.json is told with its rates", async () => {
    const notes: string[] = [];
    await train({
      ...options({ tune: "full", dropout: "config", steps: 1 }),
      onEvent: (event) => event.type === "note" && notes.push(event.message),
    });
    const rates = "embeddings 0.1, attention 0.1, attention output 0.1, feed-forward 0.1";
    expect(notes).toContain(`config.json's dropout: ${rates}`);
  });

  it("makes two views of a single text (SimCSE), and a pull between them", async () => {
    const single = file(
      "texts.txt",
      pairs.map((pair) => pair.split(",")[0]),
    );
    const views = { data: single, tune: "full", objective: "infonce" } as const;
    const { gradNorms } = await updates({ ...views, dropout: 0.3 }, [1, 1]);
    expect(gradNorms[0]).toBeGreaterThan(1e-3);
    await expect(updates(views, [1])).rejects.toThrow(/holds single texts/);
  });

  it("cannot make two views by a config.json without any", async () => {
    const model = inFolder("without dropout");
    cpSync(tiny, model, { recursive: true });
    const path = join(model, "config.json");
    const config = JSON.parse(readFileSync(path, "utf8"));
    const rates = { hidden_dropout_prob: 0, attention_probs_dropout_prob: 0 };
    writeFileSync(path, JSON.stringify({ ...config, ...rates }));
    const single = file("single.txt", ["A cat sleeps.", "A dog runs.", "It rains.", "Sun shines."]);
    const views = { data: single, model, tune: "full", objective: "infonce" } as const;
    const error = await userErrorOf(train({ ...options(views), dropout: "config" }));
    expect(error).toMatchObject({
      code: "equal-views",
      message: expect.stringContaining("has no dropout in its config.json"),
      hint: expect.stringContaining("--dropout 0.1"),
    });
  });
});
