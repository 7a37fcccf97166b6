import type { Command } from "commander";
import { counted } from "../../errors/counted.js";
import type { DistillEvent } from "../../jobs/distill/context.js";
import { distill } from "../../jobs/distill/distill.js";
import type { DistillState } from "../../jobs/distill/state.js";
import { distillFileOptions, distillTable } from "../../jobs/options/distill.js";
import { times100 } from "../../report/scores.js";
import { interruptSignal } from "../interrupt.js";
import { flagsOf, jobOptions } from "../options/add-options.js";
import { outputOptions } from "../options/output-options.js";
import { openTerminal } from "../terminal.js";
import { trainProgress } from "../train-progress.js";

/** What `embtune distill` does. */
export async function runDistill(data: readonly string[], command: Command): Promise<void> {
  const terminal = openTerminal(flagsOf(command, outputOptions));
  let progress = trainProgress(terminal, { steps: 0 });
  const onEvent = (event: DistillEvent): void => {
    if (event.type === "stage" || event.type === "lesson") progress.stop();
    if (event.type === "stage") terminal.note(`${event.name} …`);
    else if (event.type === "lesson") {
      terminal.note(`training, ${counted(event.steps, "update")} …`);
      progress = trainProgress(terminal, { steps: event.steps });
    } else progress.onEvent(event);
  };
  const { out, teacher } = flagsOf(command, distillFileOptions);
  const { model, state } = await distill({
    ...jobOptions(command, distillTable),
    ...{ data, out, teacher },
    signal: interruptSignal(() => true),
    onEvent,
  }).finally(() => progress.stop());
  if (terminal.json) terminal.result(JSON.stringify({ model, ...state }, null, 2));
  else terminal.result(summary(model, state));
}

function summary(model: string, { corpus, parameters = 0, ceiling }: DistillState): string {
  const left = [
    ...[corpus?.repeated ? `${corpus.repeated} repeated` : []].flat(),
    ...[corpus?.excluded ? `${corpus.excluded} that stand in --eval or --exclude` : []].flat(),
    ...[corpus?.empty ? `${corpus.empty} empty` : []].flat(),
  ];
  const out = left.length === 0 ? "" : `, left out: ${left.join(", ")}`;
  const made = corpus?.exchanged ? `, and ${corpus.exchanged} with exchanged words` : "";
  return [
    `corpus:  ${counted(corpus?.texts ?? 0, "text")}${made}${out}`,
    `student: ${(parameters / 1e6).toFixed(2)} million parameters`,
    ...(ceiling === undefined
      ? []
      : [`ceiling: ${times100(ceiling)} has the teacher on --eval in the student's width`]),
    `model:   ${model}`,
    `next:    embtune evaluate FILE --model ${model}`,
  ].join("\n");
}
