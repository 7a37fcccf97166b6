import { join } from "node:path";
import { type JsonObject, readJsonObject } from "../../files/json-file.js";
import type { SentenceModules } from "../modules/read-modules.js";

/** Tokens of a text that a static model is the mean of: all that any text has, but for whole books. */
const STATIC_LIMIT = 65_536;

/** What is different about a folder with a static model. */
export interface StaticFolder {
  /** The folder of the table and of tokenizer.json: the model folder, or that of its first module. */
  readonly home: string;
  readonly modules: SentenceModules;
  /** Tokens a text may have without being asked for; the rest is cut. */
  readonly limit: number;
}

/**
 * Whether a folder holds a static model, and where: modules.json begins with a StaticEmbedding, or config.json has the model_type
 * `model2vec`, whose `normalize` then says whether vectors have length 1. Undefined: it holds none.
 */
export async function staticFolder(
  path: string,
  config: JsonObject,
  modules: SentenceModules | undefined,
): Promise<StaticFolder | undefined> {
  if (modules !== undefined && !modules.isStatic) return undefined;
  if (modules === undefined && config.model_type !== "model2vec") return undefined;
  const home = join(path, modules?.path ?? "");
  const own = modules ?? bareModules(config);
  return {
    home,
    modules: { ...own, pooling: "mean", includePrompt: true },
    limit: await limitOf(home),
  };
}

/** The modules of a model2vec folder without modules.json. */
function bareModules({ normalize }: JsonObject): SentenceModules {
  return { normalize: normalize !== false, isStatic: true, path: "", stack: undefined, files: [] };
}

/** What tokenizer.json cuts texts to: sentence-transformers leaves that to it. */
async function limitOf(home: string): Promise<number> {
  const truncation = (await readJsonObject(join(home, "tokenizer.json")))?.truncation;
  const most = (truncation as JsonObject | null | undefined)?.max_length;
  return typeof most === "number" && most > 0 ? most : STATIC_LIMIT;
}
