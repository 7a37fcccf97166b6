import { existsSync } from "node:fs";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { UserError } from "../errors/user-error.js";

/** Where models are fetched from and kept. */
export interface HubOptions {
  /** Default: the Hugging Face hub. Others serve the same paths: `{host}/{org}/{name}/resolve/main/{file}`. */
  readonly host?: string | undefined;
  /** Default: ~/.cache/embtune/hub. A model lies in `{cache}/{org}/{name}`, in the layout of a model folder. */
  readonly cache?: string | undefined;
}

/** Files that not every model has, besides what transformers.js fetches for tokenizer and model. */
const SENTENCE_FILES = [
  "modules.json",
  "sentence_bert_config.json",
  "config_sentence_transformers.json",
  "1_Pooling/config.json",
];

/** Written last: a folder without it was not fetched completely. */
const COMPLETE = "download.json";

/** Whether the text has the form `org/name`. */
export function isHubId(model: string): boolean {
  return /^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*$/.test(model) && !model.includes("..");
}

/**
 * The local folder of a hub model: the one fetched before, or fetched now when `allow` is set, else undefined.
 * A model that the hub does not have, or a broken connection, is a UserError.
 */
export async function downloadModel(
  id: string,
  allow: boolean,
  options: HubOptions = {},
): Promise<string | undefined> {
  const cache = options.cache ?? join(homedir(), ".cache", "embtune", "hub");
  const folder = join(cache, id);
  if (existsSync(join(folder, COMPLETE))) return folder;
  if (!allow) return undefined;
  try {
    await fetchModel(id, cache, options.host);
  } catch (cause) {
    throw new UserError("download-failed", `cannot fetch "${id}": ${(cause as Error).message}`, {
      hint: "check the name and the connection; the hub must offer tokenizer.json and onnx/model.onnx",
      cause,
    });
  }
  return folder;
}

/**
 * transformers.js fetches tokenizer and model into its file cache, whose folders have the layout of a model folder; the files of
 * sentence-transformers, which it does not know, are fetched from the same place with its `fetch`.
 */
async function fetchModel(id: string, cache: string, host: string | undefined): Promise<void> {
  const { AutoModel, AutoTokenizer, env } = await import("@xenova/transformers");
  const before = { host: env.remoteHost, local: env.allowLocalModels };
  env.remoteHost = host ?? before.host;
  env.allowLocalModels = false;
  try {
    await AutoTokenizer.from_pretrained(id, { cache_dir: cache });
    const model = await AutoModel.from_pretrained(id, { cache_dir: cache, dtype: "fp32" });
    await model.dispose();
    const base = `${env.remoteHost.replace(/\/$/, "")}/${id}/resolve/main/`;
    for (const file of SENTENCE_FILES) await fetchOptional(base + file, join(cache, id, file));
    await writeFile(join(cache, id, COMPLETE), `${JSON.stringify({ id, from: base })}\n`);
  } finally {
    env.remoteHost = before.host;
    env.allowLocalModels = before.local;
  }
}

/** Fetches a file unless the hub says that there is none (404). */
async function fetchOptional(url: string, path: string): Promise<void> {
  const { env } = await import("@xenova/transformers");
  const response = await env.fetch(url);
  if (response.status === 404) return;
  if (!response.ok) throw new Error(`${url} answers ${response.status}`);
  await mkdir(dirname(path), { recursive: true });
  const partial = `${path}.partial`;
  await writeFile(partial, new Uint8Array(await response.arrayBuffer()));
  await rename(partial, path);
}
