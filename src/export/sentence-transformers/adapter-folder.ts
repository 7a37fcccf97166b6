import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { architectureGraph, architectureParameters } from "../../encoder/architectures/registry.js";
import { isWeightsFile } from "../../encoder/weights/stored-weights.js";
import { invariant } from "../../errors/internal.js";
import { usageError } from "../../errors/user-error.js";
import { writeFolderAtomic } from "../../files/files.js";
import { objectIn, writeJson } from "../../files/json-file.js";
import { writeTensors } from "../../files/tensor-file.js";
import type { Tensor } from "../../math/tensor.js";
import { decode } from "../../onnx/model.js";
import { type ModelContent, sourceFile } from "../model-content.js";
import { linearModules } from "./weight-names.js";

/** The modules whose weight each initializer [in, out] is. */
async function modulesOf({ encoder }: ModelContent): Promise<Map<string, string[]>> {
  const file = sourceFile({ encoder }, "config.json");
  const config = await objectIn(file);
  if (!isWeightsFile(encoder.modelFile)) {
    const model = decode(await readFile(encoder.modelFile), encoder.modelFile);
    return linearModules(model, architectureParameters(config, file));
  }
  const { pieces } = architectureGraph(config, file);
  const whole = pieces.filter(({ rows, transposed }) => transposed && rows === undefined);
  return new Map(whole.map(({ name, parameter }) => [name, [parameter.replace(/\.weight$/, "")]]));
}

/** Usage error `no-adapters` for a model that has none to write: no run with `--tune lora`, or one whose start goes out. */
export function requireAdapters({ encoder, adapters = [], run }: ModelContent): void {
  if (run !== undefined && adapters.length > 0) return;
  const untouched = run?.options.tune === "lora";
  throw usageError(
    "no-adapters",
    untouched
      ? "--adapter writes what a run has trained, and of this run the start goes out, without adapters"
      : `--adapter writes what a run with --tune lora has trained, and "${encoder.name}" has no adapters`,
    untouched ? "another point has some: --interpolate 1" : undefined,
  );
}

/**
 * Writes the adapters of a run with `--tune lora` in the layout of PEFT, whole or not at all: adapter_config.json, and
 * adapter_model.safetensors with `base_model.model.MODULE.lora_A.weight` [r, in] and `…lora_B.weight` [out, r]. For
 * `PeftModel.from_pretrained` on the base encoder.
 */
export async function writeAdapterFolder(target: string, content: ModelContent): Promise<void> {
  requireAdapters(content);
  const { encoder, adapters = [], run } = content;
  invariant(run, "adapters of no run");
  const modules = await modulesOf(content);
  const tensors = new Map<string, Tensor>();
  const targets: string[] = [];
  for (const { weight, a, b } of adapters) {
    for (const module of modules.get(weight) ?? []) {
      targets.push(module);
      tensors.set(`base_model.model.${module}.lora_A.weight`, a);
      tensors.set(`base_model.model.${module}.lora_B.weight`, b);
    }
  }
  if (targets.length < adapters.length) {
    throw usageError(
      "unmapped-weights",
      "the model does not tell to which modules its adapters belong",
    );
  }
  await writeFolderAtomic(target, async (folder) => {
    await writeTensors(join(folder, "adapter_model.safetensors"), tensors);
    await writeJson(join(folder, "adapter_config.json"), {
      peft_type: "LORA",
      task_type: "FEATURE_EXTRACTION",
      base_model_name_or_path: encoder.name,
      r: run.options.loraRank,
      lora_alpha: run.options.loraAlpha,
      lora_dropout: 0,
      target_modules: targets,
      bias: "none",
      fan_in_fan_out: false,
      inference_mode: true,
      init_lora_weights: true,
    });
  });
}
