import { UserError } from "../errors/user-error.js";
import { sizeOf } from "../math/tensor.js";
import { isObjectiveInput, type ObjectiveInput } from "./roles.js";

/** A tensor as golden files write it: row-major numbers. */
export interface GoldenTensor {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

/** One case: inputs and options with the loss and gradients that must come out. */
export interface GoldenCase {
  readonly name: string;
  /** Only what differs from the defaults. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly inputs: ReadonlyMap<ObjectiveInput, GoldenTensor>;
  readonly loss: number;
  readonly gradients: ReadonlyMap<ObjectiveInput, GoldenTensor>;
  /** Relative tolerance in float32 where 1e-5 is not enough. */
  readonly float32Tolerance?: number;
  /** Start value of z for the batch (nce). */
  readonly initialLogNormalizer?: number;
}

/** The cases of one objective or modifier. */
interface GoldenFile {
  readonly objective: string;
  readonly cases: readonly GoldenCase[];
}

type Json = Readonly<Record<string, unknown>>;

/** Reads decoded JSON as a golden file. Throws a UserError that names what is missing or malformed. */
export function readGoldenFile(contents: unknown): GoldenFile {
  const file = record(contents, "a golden file");
  const cases = file.cases;
  if (!Array.isArray(cases)) throw malformed('"cases" must be a list');
  return {
    objective: text(file.objective, '"objective"'),
    cases: cases.map((value, i) => readCase(record(value, `case ${i + 1}`), i)),
  };
}

function readCase(value: Json, i: number): GoldenCase {
  const name = text(value.name, `"name" of case ${i + 1}`);
  const at = (field: string): string => `"${field}" of case "${name}"`;
  return {
    name,
    options: record(value.options, at("options")),
    inputs: tensors(value.inputs, at("inputs")),
    loss: number(value.loss, at("loss")),
    gradients: tensors(value.gradients, at("gradients")),
    ...optionalNumber(value, "float32Tolerance", at),
    ...optionalNumber(value, "initialLogNormalizer", at),
  };
}

function optionalNumber<F extends string>(
  value: Json,
  field: F,
  at: (field: string) => string,
): { readonly [Name in F]?: number } {
  if (value[field] === undefined) return {};
  return { [field]: number(value[field], at(field)) } as { readonly [Name in F]: number };
}

function tensors(value: unknown, what: string): ReadonlyMap<ObjectiveInput, GoldenTensor> {
  const entries = Object.entries(record(value, what)).map(([role, tensor]) => {
    if (!isObjectiveInput(role)) throw malformed(`${what} has an unknown input "${role}"`);
    return [role, readTensor(tensor, `${what}: "${role}"`)] as const;
  });
  return new Map(entries);
}

function readTensor(value: unknown, what: string): GoldenTensor {
  const { shape, data } = record(value, what);
  if (!isNumbers(shape) || !isNumbers(data))
    throw malformed(`${what} must have lists of numbers "shape" and "data"`);
  if (sizeOf(shape) !== data.length)
    throw malformed(`${what} of shape [${shape}] cannot hold ${data.length} values`);
  return { shape, data };
}

function isNumbers(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((x) => typeof x === "number" && Number.isFinite(x));
}

function record(value: unknown, what: string): Json {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Json;
  throw malformed(`${what} must be an object`);
}

function text(value: unknown, what: string): string {
  if (typeof value === "string") return value;
  throw malformed(`${what} must be a text`);
}

function number(value: unknown, what: string): number {
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw malformed(`${what} must be a number, got ${JSON.stringify(value) ?? "nothing"}`);
}

function malformed(message: string): UserError {
  return new UserError("golden-file", message);
}
