import { createIntegerList } from "../texts/number-list.js";
import { hashPlainForm, hashText, hashWords } from "../texts/text-hash.js";
import { createTextTable } from "../texts/text-table.js";

/** Cases of one kind and the line of the first. */
export interface Cases {
  count: number;
  line: number;
}

/** What repeats among the rows of a file. */
export interface RowRepeats {
  /** Rows with the texts and the label of an earlier row. */
  readonly exact: Cases;
  /** Rows with the texts of an earlier row but for case and punctuation, the exact ones not counted. */
  readonly plain: Cases;
  /** Rows with the texts of an earlier row, but for case and punctuation, and another label or score. */
  readonly conflicting: Cases;
  /** Rows whose anchor is their positive. */
  readonly same: Cases;
}

export interface RepeatCount {
  /** `value` stands for the row's label or score: equal numbers for equal ones. */
  add(texts: readonly string[], value: number, line: number): void;
  readonly repeats: RowRepeats;
}

/** Counts repetitions in about 40 bytes a row, whatever the lengths of the texts. */
export function createRepeatCount(): RepeatCount {
  const rows = createTextTable(hashPlainForm);
  const words = hashWords();
  // Of the first row of each plain form: its value, and enough of its hash to tell whether a repetition is exact.
  const [values, exactWords] = [createIntegerList(), createIntegerList()];
  const [exact, plain, conflicting, same] = [noCases(), noCases(), noCases(), noCases()];
  return {
    repeats: { exact, plain, conflicting, same },
    add: (texts, value, line) => {
      if (texts.length > 1 && texts[0] === texts[1]) addCase(same, line);
      const key = texts.join("\u0000");
      hashText(key, words);
      const word = words[1] | 0;
      const number = rows.add(key);
      if (number === values.length()) {
        values.push(value);
        exactWords.push(word);
      } else if (values.at(number) !== value) addCase(conflicting, line);
      else addCase(exactWords.at(number) === word ? exact : plain, line);
    },
  };
}

/** Nothing counted yet. */
export function noCases(): Cases {
  return { count: 0, line: 0 };
}

/** Counts a case; the first one's line is kept. */
export function addCase(cases: Cases, line: number): void {
  cases.count += 1;
  if (cases.count === 1) cases.line = line;
}
