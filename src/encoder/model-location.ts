import { existsSync, readdirSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { nearest } from "../errors/suggest.js";
import { UserError, usageError } from "../errors/user-error.js";
import { downloadModel, type HubOptions, isHubId } from "./hub.js";

/** Where a model folder came from. */
export type ModelOrigin = "bundled" | "folder" | "run" | "hub";

/** A folder on disk that should hold a model, and what to call it. */
export interface ModelLocation {
  readonly path: string;
  readonly name: string;
  readonly source: ModelOrigin;
}

/** Name of the encoder that comes with the package. */
const BUNDLED = "embtune-mini-en";

/** How a `--model` may be found. */
export interface LocateOptions {
  /** Fetch a hub id that has not been fetched before. Without it no network is touched. */
  readonly allowDownload?: boolean | undefined;
  readonly hub?: HubOptions | undefined;
}

/**
 * The folder that `--model` means: absent the bundled encoder; a model folder; the model of a run folder; or a hub id
 * `org/name` that was downloaded before or, with `allowDownload`, is now. Anything else is a usage error.
 */
export async function locateModel(
  model: string | undefined,
  options: LocateOptions = {},
): Promise<ModelLocation> {
  if (model === undefined) return bundled();
  if (existsSync(model)) return localFolder(model);
  if (isHubId(model)) {
    const path = await downloadModel(model, options.allowDownload ?? false, options.hub);
    if (path !== undefined) return { path, name: model, source: "hub" };
  }
  throw notFound(model);
}

function bundled(): ModelLocation {
  // The same two steps up from src/encoder and from dist/encoder.
  const path = fileURLToPath(new URL(`../../models/${BUNDLED}`, import.meta.url));
  return { path, name: BUNDLED, source: "bundled" };
}

function localFolder(model: string): ModelLocation {
  if (!statSync(model).isDirectory()) {
    throw usageError(
      "model-not-a-folder",
      `--model must be a folder, got the file "${model}"`,
      "name the folder that holds config.json, tokenizer.json and onnx/model.onnx",
    );
  }
  const name = basename(resolve(model));
  if (!existsSync(join(model, "run.json"))) return { path: model, name, source: "folder" };
  const path = join(model, "model");
  if (!existsSync(path)) {
    throw new UserError("run-without-model", `run folder "${model}" holds no model yet`, {
      hint: `finish the run: embtune train --resume ${model}`,
    });
  }
  return { path, name, source: "run" };
}

function notFound(model: string): UserError {
  const near = nearest(basename(model), siblings(model));
  const hints: string[] = [];
  if (near !== undefined) hints.push(`did you mean "${join(dirname(model), near)}"?`);
  // Runs lie in runs/ by default, and what stands in a folder of this machine is no model of the hub.
  const local = dirname(model) === "runs" || existsSync(dirname(model));
  if (isHubId(model) && !local)
    hints.push("to fetch it from the Hugging Face hub, add --allow-download");
  if (near === undefined && local && dirname(model) !== ".")
    hints.push(`in "${dirname(model)}" there ${listed(siblings(model))}`);
  if (hints.length === 0) hints.push("leave --model out to use the bundled encoder");
  return usageError("no-such-model", `model folder "${model}" does not exist`, hints.join("; "));
}

function listed(names: readonly string[]): string {
  if (names.length === 0) return "is nothing";
  return `are ${names.slice(0, 5).join(", ")}${names.length > 5 ? ", …" : ""}`;
}

function siblings(model: string): string[] {
  try {
    const entries = readdirSync(dirname(model), { withFileTypes: true });
    return entries.filter((entry) => !entry.isFile()).map((entry) => entry.name);
  } catch {
    return [];
  }
}
