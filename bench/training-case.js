// One case of encoder training, in a process of its own so that its peak memory is known. Prints one line of JSON.
//
//   node bench/training-case.js '{"settings": {"data": …, "eval": …, "tune": "full", …}, "warmup": 2, "steps": 10}'
//
// Measured: start-up (import, differentiate, create the session), steps and real tokens a second with batches prepared while an
// update runs, processor time of all threads, peak resident set. Nothing is evaluated or written but the embedding cache's folder.
import { batchCursor } from "../dist/dataset/batches/sampler.js";
import { learningRate, warmupSteps } from "../dist/optim/schedule.js";
import { collectGarbage } from "../dist/runtime/collect-garbage.js";
import { openResources } from "../dist/training/model/resources.js";
import { openAuxiliaryOf, openContext } from "../dist/training/model/run-context.js";
import { planTraining } from "../dist/training/plan/plan.js";
import { setUp } from "../dist/training/update/set-up.js";

const { settings, warmup = 2, steps = 10 } = JSON.parse(process.argv[2]);
const plan = await planTraining({ ...settings, steps: warmup + steps });
const resources = await openResources(plan.settings, plan.groups[0].batches.texts.length);
const control = { onEvent: () => {} };
const auxiliary = await openAuxiliaryOf(plan, resources, control);
const context = openContext(plan, resources, { auxiliary, control });
const opened = performance.now();
const { trainable } = await setUp(context);
if (settings.tune !== "head") {
  await resources.encoder.release();
  await collectGarbage();
}
const startUpMs = performance.now() - opened;

const cursor = batchCursor(plan.sampler);
const draw = () => trainable.prepare([cursor.next()]);
const schedule = {
  schedule: plan.settings.schedule,
  rate: plan.settings.lr,
  warmup: warmupSteps(plan.settings.warmup, plan.steps),
  steps: plan.steps,
};
const records = [];
let timedFrom;
let upcoming = draw();
for (let step = 1; step <= warmup + steps; step++) {
  if (step === warmup + 1) timedFrom = process.cpuUsage();
  const started = performance.now();
  const updating = trainable.update(upcoming, learningRate(schedule, step));
  upcoming = draw();
  const { loss, gradNorm, tokens } = await updating;
  const ms = performance.now() - started;
  records.push({ step, loss, gradNorm, tokens, ms });
}
const { user, system } = process.cpuUsage(timedFrom);
const processorSecondsPerStep = (user + system) / 1e6 / steps;
const timed = records.slice(warmup);
const seconds = timed.reduce((sum, { ms }) => sum + ms, 0) / 1000;
const tokens = timed.reduce((sum, record) => sum + record.tokens, 0);
const figures = {
  stepsPerSecond: steps / seconds,
  tokensPerSecond: tokens / seconds,
  realTokensPerStep: tokens / steps,
  processorSecondsPerStep,
  secondsPerStep: timed.map(({ ms }) => ms / 1000),
  startUpMs,
  peakRssMB: process.resourceUsage().maxRSS / 1024,
  losses: records.map(({ loss }) => loss),
};
process.stdout.write(`${JSON.stringify(figures)}\n`);
await trainable.release();
await resources.close();
