// Trains one cell to its last step and embeds the task's texts, in a process of its own. Prints one line of JSON.
//
//   node bench/quality/train.js '{"task": "snli", "model": "minilm", "tune": "full", "seed": 42, "folder": …}'
//
// Writes into the folder: texts.json; batches.jsonl, the texts of each step by role, for the peer; base.f32 and tuned.f32, the
// vectors [texts, D] as raw little-endian float32.
import { appendFileSync, existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { batchCursor } from "../../dist/dataset/batches/sampler.js";
import { learningRate, warmupSteps } from "../../dist/optim/schedule.js";
import { openResources } from "../../dist/training/model/resources.js";
import { openContext } from "../../dist/training/model/run-context.js";
import { planTraining } from "../../dist/training/plan/plan.js";
import { setUp } from "../../dist/training/update/set-up.js";
import { writeRows } from "../rows-file.js";
import { dataFolder, miniLmFolder } from "../shared-data.js";
import { groups } from "./tasks.js";

const { task: name, model, tune, seed, folder } = JSON.parse(process.argv[2]);
const path = (file) => join(folder, file);

/** What an update is made of, as texts. */
function batchTexts(plan, planned) {
  const { texts, constants } = plan.groups[0].batches.make(planned);
  const columns = Object.fromEntries(
    Object.entries(texts).map(([role, numbers]) => [
      role,
      Array.from(numbers, (number) => plan.groups[0].batches.texts[number]),
    ]),
  );
  const values = (tensor) => (tensor === undefined ? undefined : Array.from(tensor.data, Number));
  return {
    ...columns,
    scores: values(constants.scores),
    labels: values(constants.labels),
    mask: values(constants.mask),
  };
}

function writeVectors(file, { data }) {
  writeFileSync(path(file), Buffer.from(data.buffer, data.byteOffset, data.byteLength));
}

const task = await groups[name]();
writeRows(path("rows.jsonl"), task.rows);
writeFileSync(path("texts.json"), JSON.stringify(task.texts));
const plan = await planTraining({
  ...task.train,
  data: path("rows.jsonl"),
  // Never evaluated on; without it a tenth of the rows would be held out.
  eval: join(dataFolder, "stsb/dev.csv"),
  out: path("run"),
  ...(model === "minilm" ? { model: miniLmFolder } : {}),
  tune,
  // The peer's, in the place of the defaults.
  ...(tune === "head" ? {} : { dropout: 0, lr: tune === "lora" ? 1e-4 : 2e-5 }),
  seed,
  maxLength: 128,
  threads: 2,
});
const { settings, steps } = plan;
const resources = await openResources(settings, plan.groups[0].batches.texts.length);
const context = openContext(plan, resources, {
  auxiliary: undefined,
  control: { onEvent: () => {} },
});
if (!existsSync(path("base.f32")))
  writeVectors("base.f32", await resources.encoder.encode(task.texts));

const started = performance.now();
const { trainable } = await setUp(context);
const warmup = warmupSteps(settings.warmup, steps);
const schedule = { schedule: settings.schedule, rate: settings.lr, warmup, steps };
const cursor = batchCursor(plan.sampler);
rmSync(path("batches.jsonl"), { force: true });
const losses = [];
let masked = 0;
for (let step = 1; step <= steps; step++) {
  const planned = cursor.next();
  const { mask = [], ...columns } = batchTexts(plan, planned);
  masked += mask.reduce((sum, one) => sum + one, 0);
  appendFileSync(path("batches.jsonl"), `${JSON.stringify(columns)}\n`);
  const { loss } = await trainable.update(
    trainable.prepare([planned]),
    learningRate(schedule, step),
  );
  losses.push(loss);
}
const seconds = (performance.now() - started) / 1000;
writeVectors("tuned.f32", await trainable.embed(task.texts, "query"));
await trainable.release();
await resources.close();
const { objective, lr, batchSize, epochs, maxLength, weightDecay, maxGradNorm } = settings;
process.stdout.write(
  `${JSON.stringify({
    settings: {
      objective,
      ...plan.objective.options,
      lr,
      warmup,
      steps,
      batchSize,
      epochs,
      maxLength,
      weightDecay,
      maxGradNorm,
    },
    rows: plan.groups[0].train.rows.length,
    masked,
    seconds,
    losses,
  })}\n`,
);
