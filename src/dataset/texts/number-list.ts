/** A list of numbers that grows: 4 or 8 bytes each, against more of an ordinary array. */
export interface NumberList<A extends Int32Array | Float64Array> {
  push(value: number): void;
  at(index: number): number;
  set(index: number, value: number): void;
  length(): number;
  /** The numbers so far, over the same memory. */
  values(): A;
}

/** An empty list of whole numbers of 32 bits. */
export function createIntegerList(): NumberList<Int32Array> {
  return createList((length) => new Int32Array(length));
}

/** An empty list of numbers in double precision. */
export function createFloatList(): NumberList<Float64Array> {
  return createList((length) => new Float64Array(length));
}

function createList<A extends Int32Array | Float64Array>(
  allocate: (length: number) => A,
): NumberList<A> {
  let data = allocate(1024);
  let length = 0;
  return {
    push: (value) => {
      if (length === data.length) {
        const grown = allocate(2 * length);
        grown.set(data);
        data = grown;
      }
      data[length++] = value;
    },
    at: (index) => data[index],
    set: (index, value) => {
      data[index] = value;
    },
    length: () => length,
    values: () => data.subarray(0, length) as A,
  };
}
