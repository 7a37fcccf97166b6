import { join } from "node:path";
import { UserError } from "../../errors/user-error.js";
import { type JsonObject, readJsonObject } from "../../files/json-file.js";
import {
  joinModes,
  POOLING_MODES,
  type Pooling,
  poolingModeNamed,
  poolingModes,
  sentenceTransformersName,
} from "../pooling-mode.js";

/** What a Pooling module says. */
export interface PoolingConfig {
  readonly pooling: Pooling;
  /** Whether the tokens of a prompt take part. */
  readonly includePrompt: boolean;
}

/** Older boolean settings and the modes they stand for, in the order in which their vectors follow each other. */
const LEGACY_MODES: readonly (readonly [key: string, mode: string])[] = [
  ["pooling_mode_cls_token", "cls"],
  ["pooling_mode_max_tokens", "max"],
  ["pooling_mode_mean_tokens", "mean"],
  ["pooling_mode_mean_sqrt_len_tokens", "mean_sqrt_len_tokens"],
  ["pooling_mode_weightedmean_tokens", "weightedmean"],
  ["pooling_mode_lasttoken", "lasttoken"],
];

/** Reads config.json of a Pooling module's folder: older booleans or the newer `pooling_mode`. */
export async function readPoolingConfig(folder: string): Promise<PoolingConfig> {
  const file = join(folder, "config.json");
  const config = await readJsonObject(file);
  if (config === undefined) {
    throw new UserError("no-pooling-config", "does not exist, though modules.json refers to it", {
      at: { file },
    });
  }
  const names = modeNames(config);
  const modes = names.map(poolingModeNamed).filter((mode) => mode !== undefined);
  if (modes.length === 0 || modes.length < names.length) {
    throw new UserError(
      "unknown-pooling",
      `asks for the pooling ${names.join(" + ") || "of nothing"}`,
      {
        at: { file },
        hint: `known are ${POOLING_MODES.map(sentenceTransformersName).join(", ")}`,
      },
    );
  }
  return { pooling: joinModes(modes), includePrompt: config.include_prompt !== false };
}

/** As sentence-transformers reads it: `pooling_mode` wins; no mode at all means the mean. */
function modeNames(config: JsonObject): string[] {
  const mode = config.pooling_mode;
  if (mode !== undefined) return [mode].flat().map(String);
  const modes = LEGACY_MODES.filter(([key]) => config[key] === true);
  return modes.length === 0 ? ["mean"] : modes.map(([, name]) => name);
}

/** The settings of a Pooling module: older booleans, which every version reads, where they can say it. */
export function poolingSettings(
  { pooling, includePrompt }: PoolingConfig,
  dimension: number,
): Record<string, unknown> {
  const modes = poolingModes(pooling).map(sentenceTransformersName);
  const legacy = LEGACY_MODES.filter(([, name]) => modes.includes(name)).map(([, name]) => name);
  if (`${legacy}` !== `${modes}`)
    return { embedding_dimension: dimension, pooling_mode: modes, include_prompt: includePrompt };
  const flags = LEGACY_MODES.map(([key, name]) => [key, modes.includes(name)] as const);
  return {
    word_embedding_dimension: dimension,
    ...Object.fromEntries(flags),
    include_prompt: includePrompt,
  };
}
