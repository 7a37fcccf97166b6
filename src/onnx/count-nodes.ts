import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";

/** Fields by their numbers in onnx.proto. */
const GRAPH = 7;
const NODE = 1;

/** How many nodes the graph of an ONNX file lists, without decoding any; what is not a complete file gives the number so far. */
export function countNodes(bytes: Uint8Array): number {
  let nodes = 0;
  try {
    forEachMessage(bytes, GRAPH, (graph) => {
      forEachMessage(graph, NODE, () => {
        nodes += 1;
      });
    });
  } catch {
    // Decoding says what is wrong.
  }
  return nodes;
}

/** Calls back for each field of that number which holds bytes. */
function forEachMessage(bytes: Uint8Array, wanted: number, found: (part: Uint8Array) => void) {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag();
    if (number === wanted && type === WireType.LengthDelimited) found(reader.bytes());
    else reader.skip(type, number);
  }
}
