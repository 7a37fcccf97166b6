import { loadEncoder } from "../../encoder/load.js";
import { locateModel } from "../../encoder/model-location.js";
import { openModelSource } from "../../export/model-source.js";
import { ownVectors, verifyFolder } from "../../export/verify.js";
import type { Runtime } from "../../runtime/runtime.js";
import { importEncoder } from "../../training/model/import-encoder.js";
import { type Check, checked } from "./check.js";

/** A model folder, run or hub id: its layout, what of it can be trained, and its vectors against those of transformers.js. */
export async function modelChecks(model: string, runtime: Runtime): Promise<Check[]> {
  const layout = await checked("layout", "see docs/interop.md for the layout of a folder", () =>
    layoutCheck(model, runtime),
  );
  if (layout.status === "bad") return [layout];
  const tuning = await checked(
    "training",
    "train a head on it: --tune head needs the encoder's vectors alone",
    () => tuningCheck(model, runtime),
  );
  const vectors = await checked("vectors", "export the model again", () =>
    vectorCheck(model, runtime),
  );
  return [layout, tuning, vectors];
}

async function layoutCheck(model: string, runtime: Runtime): Promise<Check> {
  const encoder = await loadEncoder({ model, runtime });
  await encoder.release();
  const { dimension, maxLength, pooling, poolingSource, normalize, checked: intact } = encoder.info;
  const guess = poolingSource === "guess";
  return {
    name: "layout",
    status: guess ? "slow" : "good",
    found: `${dimension} dimensions, ${maxLength} tokens, ${pooling} pooling${normalize ? ", unit length" : ""}${intact === true ? ", files as their hashes say" : ""}`,
    advice: guess
      ? "mean pooling is a guess: add modules.json and 1_Pooling, or give --pooling"
      : undefined,
  };
}

async function tuningCheck(model: string, runtime: Runtime): Promise<Check> {
  const encoder = await loadEncoder({ model, runtime });
  try {
    const { depth } = await importEncoder(encoder.info, runtime);
    const found = `head, lora, last:1 to last:${depth} and full`;
    return { name: "training", status: "good", found: `${found} can be tuned` };
  } finally {
    await encoder.release();
  }
}

async function vectorCheck(model: string, runtime: Runtime): Promise<Check> {
  const source = await openModelSource(model, runtime);
  try {
    const { pooling, normalize } = source.content.encoder;
    // Of a run the folder that it has written, and not the base that its vectors are computed from.
    const { path } = await locateModel(model);
    const own = await ownVectors(source);
    const { largestDifference, tolerance, passed } = await verifyFolder(path, own, {
      pooling,
      normalize,
    });
    return {
      name: "vectors",
      status: passed ? "good" : "bad",
      found: `differ from those of transformers.js by ${largestDifference.toExponential(1)}, allowed ${tolerance}`,
      advice: passed ? undefined : "report the folder: the two should agree",
    };
  } finally {
    await source.release();
  }
}
