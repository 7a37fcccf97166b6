import { UserError } from "../errors/user-error.js";
import { type DType, sizeOf, type Tensor, type TensorData } from "./tensor.js";

/** What a safetensors file holds: named tensors and free text about them. */
interface TensorFile {
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

const codes: Record<DType, string> = {
  float32: "F32",
  float64: "F64",
  float16: "F16",
  int64: "I64",
  int32: "I32",
  int8: "I8",
  uint8: "U8",
  bool: "BOOL",
};
const dtypes = new Map(Object.entries(codes).map(([dtype, code]) => [code, dtype as DType]));

const arrays: Record<DType, new (buffer: ArrayBuffer) => TensorData> = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  int64: BigInt64Array,
  int32: Int32Array,
  int8: Int8Array,
  uint8: Uint8Array,
  bool: Uint8Array,
};

/** The longest header that is read, as in the reference implementation. */
const maxHeader = 100_000_000;

/**
 * The file as a list of byte chunks, to be written one after the other: 8 bytes of header length (little endian),
 * the JSON header padded to 8 bytes, then the tensors row-major in the order given
 * (https://huggingface.co/docs/safetensors, format section). Tensors are not copied.
 */
export function encodeSafetensors(file: TensorFile): Uint8Array[] {
  const header: Record<string, unknown> = { __metadata__: file.metadata };
  let offset = 0;
  for (const [name, tensor] of file.tensors) {
    const end = offset + tensor.data.byteLength;
    header[name] = { dtype: codes[tensor.dtype], shape: tensor.shape, data_offsets: [offset, end] };
    offset = end;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const padded = new Uint8Array(Math.ceil(json.length / 8) * 8).fill(0x20);
  padded.set(json);
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(padded.length), true);
  const bodies = [...file.tensors.values()].map(({ data }) => bytesOf(data));
  return [length, padded, ...bodies];
}

/** Where a tensor of a file lies and what it is. */
export interface SafetensorsEntry {
  /** As the file writes it: F32, BF16, … */
  readonly dtype: string;
  readonly shape: readonly number[];
  /** First byte and the one behind the last, from the end of the header. */
  readonly data_offsets: readonly [number, number];
}

/**
 * The header of a safetensors file: its entries by name, its metadata, and the byte at which data begins. Every entry lies within the
 * file and, for the element types that are known, is as long as its shape demands; anything else is a UserError `bad-safetensors`.
 */
export function safetensorsEntries(
  bytes: Uint8Array,
  {
    path,
    fileSize = bytes.length,
  }: { readonly path: string; readonly fileSize?: number | undefined },
) {
  const fail = (what: string): never => {
    throw new UserError("bad-safetensors", `not a valid safetensors file: ${what}`, {
      at: { file: path },
      hint: "the file is damaged or was not written completely",
    });
  };
  if (bytes.length < 8) fail(`${bytes.length} bytes are too few`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = Number(view.getBigUint64(0, true));
  const start = length + 8;
  if (length > maxHeader || start > bytes.length)
    fail(`its header of ${length} bytes is longer than the file`);
  const header = parseHeader(bytes.subarray(8, start)) ?? fail("its header is not a JSON object");
  const entries = new Map<string, SafetensorsEntry>();
  for (const [name, value] of Object.entries(header)) {
    if (name === "__metadata__") continue;
    if (!isEntry(value) || !fits(value, fileSize - start))
      fail(`the entry of tensor "${name}" does not fit its data`);
    else entries.set(name, value);
  }
  return { entries, metadata: stringsOf(header.__metadata__), start };
}

/**
 * Reads a safetensors file. Every size is checked before anything is allocated; tensors are copies.
 * @param path names the file in errors.
 */
export function decodeSafetensors(bytes: Uint8Array, path: string): TensorFile {
  const { entries, metadata, start } = safetensorsEntries(bytes, { path });
  const body = bytes.subarray(start);
  const tensors = new Map<string, Tensor>();
  for (const [name, { dtype: code, shape, data_offsets: offsets }] of entries) {
    const dtype = dtypes.get(code);
    if (dtype === undefined)
      throw new UserError(
        "bad-safetensors",
        `not a valid safetensors file: the entry of tensor "${name}" does not fit its data`,
        { at: { file: path }, hint: `element type ${code} is not supported` },
      );
    const data = new arrays[dtype](new Uint8Array(body.subarray(...offsets)).buffer);
    tensors.set(name, { dtype, shape, data });
  }
  return { tensors, metadata };
}

/** Bytes of an element of the types that are known. */
function widthOf(code: string): number | undefined {
  if (code === "BF16") return 2;
  const dtype = dtypes.get(code);
  return dtype === undefined ? undefined : new arrays[dtype](new ArrayBuffer(0)).BYTES_PER_ELEMENT;
}

/** Whether the entry lies within the data and is as long as its shape says. */
function fits({ dtype, shape, data_offsets: [from, to] }: SafetensorsEntry, size: number): boolean {
  const width = widthOf(dtype);
  if (from < 0 || to < from || to > size) return false;
  return width === undefined || sizeOf(shape) * width === to - from;
}

function parseHeader(bytes: Uint8Array): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    return typeof value === "object" && value !== null
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

function isEntry(value: unknown): value is SafetensorsEntry {
  if (typeof value !== "object" || value === null) return false;
  const { dtype, shape, data_offsets: offsets } = value as Partial<SafetensorsEntry>;
  return typeof dtype === "string" && isCounts(shape) && isCounts(offsets) && offsets.length === 2;
}

function isCounts(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((x) => Number.isSafeInteger(x) && x >= 0);
}

function stringsOf(value: unknown): Record<string, string> {
  if (typeof value !== "object" || value === null) return {};
  return Object.fromEntries(Object.entries(value).filter(([, text]) => typeof text === "string"));
}

function bytesOf(data: TensorData): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
