/** Bytes of the header: room for any row count. */
const headerBytes = 128;

/** Element types as NumPy describes them: float32, float16, int8. */
export type NpyType = "<f4" | "<f2" | "|i1";

/**
 * The header of a NumPy .npy file, version 1.0, for a C-ordered little-endian array [rows, cols]: magic, version, length, a Python
 * dict literal padded with spaces and ended by a newline, 128 bytes in all
 * (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html).
 */
export function npyHeader(rows: number, cols: number, type: NpyType = "<f4"): Uint8Array {
  const dict = `{'descr': '${type}', 'fortran_order': False, 'shape': (${rows}, ${cols}), }`;
  const text = `${dict.padEnd(headerBytes - 11, " ")}\n`;
  const header = new Uint8Array(headerBytes);
  header.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0]);
  new DataView(header.buffer).setUint16(8, headerBytes - 10, true);
  header.set(new TextEncoder().encode(text), 10);
  return header;
}
