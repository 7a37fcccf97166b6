import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Tiny encoders that are not part of the repository. */
export const SHARED_ENCODERS = "../shared/encoders";

/** Whether they are there: tests that need them are skipped, and say so, where they are not. */
export const hasSharedEncoders = existsSync(SHARED_ENCODERS);

export const sharedEncoder = (name: string): string => join(SHARED_ENCODERS, name);

/** PyTorch's numbers for one of them. */
export interface SharedReference {
  /** Of each text of texts.txt alone, pooled and of length 1. */
  readonly vectors: readonly (readonly number[])[];
  /** Of five steps on 8 rows of train.csv each. */
  readonly losses: readonly number[];
  readonly norms: readonly number[];
}

export function sharedReference(name: string): SharedReference {
  return JSON.parse(readFileSync(join(sharedEncoder(name), "reference.json"), "utf8"));
}

/** The texts that `vectors` are of. */
export function sharedTexts(): string[] {
  return readFileSync(join(SHARED_ENCODERS, "texts.txt"), "utf8").replace(/\n$/, "").split("\n");
}
