import type { TokenCounter } from "../dataset/inspect/summaries.js";
import { resolveMaxLength } from "./max-length.js";
import { readModelFolder, tokenizing } from "./model-folder.js";
import { type LocateOptions, locateModel } from "./model-location.js";
import { loadTokenizer } from "./tokenizer.js";

export interface TokenCounterOptions extends LocateOptions {
  /** Folder, run or hub id; absent: the bundled encoder. */
  readonly model?: string | undefined;
  readonly maxLength?: number | undefined;
}

/** Longer texts are counted up to here: what matters is how far they are beyond the maximum length. */
const most = 8192;

/** The tokenizer of a model, without loading the model itself. UserError: as loadEncoder. */
export async function openTokenCounter(options: TokenCounterOptions = {}): Promise<TokenCounter> {
  const folder = await readModelFolder(await locateModel(options.model, options));
  const tokenizer = await loadTokenizer(folder.home, tokenizing(folder));
  const maxLength = resolveMaxLength({
    requested: options.maxLength,
    folder: folder.maxSeqLength,
    tokenizer: tokenizer.modelMaxLength,
    positions: folder.positions,
    specialTokens: tokenizer.specialTokens,
    limit: folder.limit,
  });
  return {
    model: folder.name,
    maxLength,
    tokenize: (text) => tokenizer.encode(text, most),
    unknownId: tokenizer.unknownId,
  };
}
