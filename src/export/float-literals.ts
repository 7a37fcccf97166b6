/** A member whose value is written as a float though it is a whole number: `"factor": 2.0`. */
const FLOAT_MEMBER =
  /("(?:[^"\\]|\\.)*"\s*:\s*)(-?\d+(?:\.0*(?:[eE][+-]?\d+)?|[eE][+-]?\d+))(?=\s*[,}])/g;

/**
 * JSON with the floats of another text kept as floats. JavaScript writes 2.0 as 2, and readers in Python (transformers from release 5) refuse a
 * whole number in a float's place. Members are known by name and value.
 * @param json what is to be written, as JSON.stringify gives it.
 * @param source the JSON that its values come from.
 */
export function keepFloats(json: string, source: string): string {
  const floats = new Map<string, string>();
  for (const [, name, literal] of source.matchAll(FLOAT_MEMBER)) {
    const value = Number(literal);
    if (Number.isInteger(value)) floats.set(`${name.replaceAll(/\s/g, "")}${value}`, literal);
  }
  return json.replaceAll(/("(?:[^"\\]|\\.)*":\s*)(-?\d+)(?=\s*[,}])/g, (whole, name, digits) => {
    const literal = floats.get(`${name.replaceAll(/\s/g, "")}${digits}`);
    return literal === undefined ? whole : `${name}${literal}`;
  });
}
