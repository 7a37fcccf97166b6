import { create } from "@bufbuild/protobuf";
import {
  type TensorProto,
  TensorProto_DataLocation,
  TensorProto_DataType,
  TensorProtoSchema,
} from "onnx-buf";
import { UserError } from "../errors/user-error.js";
import { type DType, sizeOf, type Tensor, type TensorData } from "../math/tensor.js";
import { BFLOAT16, dtypeOf, elementType } from "./element-type.js";
import { type ExternalReader, readExternal } from "./external-data.js";

type ArrayOf<T> = {
  new (buffer: ArrayBufferLike, offset: number, length: number): T;
  from(values: ArrayLike<number>): T;
  readonly BYTES_PER_ELEMENT: number;
};

/** Array type of each element type but int64, whose typed field holds bigints. */
const ARRAYS: Readonly<Record<DType, ArrayOf<TensorData>>> = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  int64: BigInt64Array as unknown as ArrayOf<TensorData>,
  int32: Int32Array,
  int8: Int8Array,
  uint8: Uint8Array,
  bool: Uint8Array,
};

/** Size of one element in bytes. */
function bytesPerElement(dtype: DType): number {
  return ARRAYS[dtype].BYTES_PER_ELEMENT;
}

/** The bytes as elements of the type: a view where they are aligned, else a copy. */
function viewAs(dtype: DType, bytes: Uint8Array, count: number): TensorData {
  const type = ARRAYS[dtype];
  if (bytes.byteOffset % type.BYTES_PER_ELEMENT === 0) {
    return new type(bytes.buffer, bytes.byteOffset, count);
  }
  return new type(new Uint8Array(bytes).buffer, 0, count);
}

/**
 * Decodes a tensor from whichever field it is stored in. Large weights are views into the file's bytes where their
 * alignment allows. Throws a UserError for element types that embtune does not have and for data that do not
 * fill the shape.
 */
export function toTensor(proto: TensorProto, external?: ExternalReader): Tensor {
  if (proto.dataType === BFLOAT16) return fromBfloat16(proto, external);
  const dtype = dtypeOf(proto.dataType) ?? unsupported(proto);
  const shape = proto.dims.map(Number);
  const count = sizeOf(shape);
  if (!Number.isSafeInteger(count) || shape.some((dim) => dim < 0)) {
    throw malformed(proto, `has the impossible shape [${shape}]`);
  }
  return { dtype, shape, data: readData(proto, dtype, { count, external }) };
}

/** A bfloat16 tensor as float32, exactly: its 16 bits are the upper ones. */
function fromBfloat16(proto: TensorProto, external: ExternalReader | undefined): Tensor {
  const shape = proto.dims.map(Number);
  const halves = readData(proto, "float16", { count: sizeOf(shape), external }) as Uint16Array;
  const bits = Uint32Array.from(halves, (half) => half * 2 ** 16);
  return { dtype: "float32", shape, data: new Float32Array(bits.buffer) };
}

function readData(
  proto: TensorProto,
  dtype: DType,
  { count, external }: { readonly count: number; readonly external: ExternalReader | undefined },
): TensorData {
  const length = count * bytesPerElement(dtype);
  if (proto.dataLocation === TensorProto_DataLocation.EXTERNAL) {
    return viewAs(dtype, readExternal(proto, length, external), count);
  }
  if (proto.rawData.length > 0) {
    if (proto.rawData.length !== length) {
      throw malformed(proto, `holds ${proto.rawData.length} bytes, but its shape needs ${length}`);
    }
    return viewAs(dtype, proto.rawData, count);
  }
  const data = typedField(proto, dtype);
  if (data.length !== count) {
    throw malformed(proto, `holds ${data.length} values, but its shape needs ${count}`);
  }
  return data;
}

/** The repeated field in which ONNX keeps values of a type when there are no raw bytes. */
function typedField(proto: TensorProto, dtype: DType): TensorData {
  if (dtype === "int64") return BigInt64Array.from(proto.int64Data);
  if (dtype === "float32") return Float32Array.from(proto.floatData);
  if (dtype === "float64") return Float64Array.from(proto.doubleData);
  return ARRAYS[dtype].from(proto.int32Data);
}

function unsupported(proto: TensorProto): never {
  const name = TensorProto_DataType[proto.dataType]?.toLowerCase() ?? `number ${proto.dataType}`;
  throw malformed(proto, `has the element type ${name}, which is not supported`);
}

function malformed(proto: TensorProto, problem: string): UserError {
  return new UserError("bad-onnx-tensor", `tensor "${proto.name}" ${problem}`);
}

/** Encodes a tensor as raw bytes. They are a view of the tensor's memory, not a copy. */
export function fromTensor(name: string, tensor: Tensor): TensorProto {
  const { buffer, byteOffset, byteLength } = tensor.data;
  return create(TensorProtoSchema, {
    name,
    dataType: elementType(tensor.dtype),
    dims: tensor.shape.map(BigInt),
    rawData: new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength),
  });
}
