// Last names as people type them differently, and the key by which they are compared.

const LONGEST = 40;
const APOSTROPHES = "'`´ʹʻʼʽʾʿˈˊˋ՚‘’‛′‵ꞌ＇";
const DASHES = "\\-\u058a\u2010-\u2015\u2043\u2212\ufe58\ufe63\uff0d";
const INVISIBLE = "\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff";
// Everything that makes no difference between two names.
const signs = new RegExp(`[\\s.．${APOSTROPHES}${DASHES}${INVISIBLE}]`, "g");
const [apostrophe, dash, invisible] = [APOSTROPHES, DASHES, INVISIBLE].map((set) => new RegExp(`[${set}]`));
const typographic = new Set("€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ");
const strokes: Record<string, string> = {
  Đ: "D", đ: "d", Ħ: "H", ħ: "h", ı: "i", Ł: "L", ł: "l", Ŧ: "T", ŧ: "t",
};
const ascii = /^[ -~]*$/;

/** Whether Windows-1252, which Bp uses, has these characters. */
function fits(text: string): boolean {
  return ascii.test(text) || [...text].every((c) => /[ -~\u00a0-\u00ff]/.test(c) || typographic.has(c));
}

/** A last name's key, or null if the text cannot be a last name in Bp. */
export function surnameKey(name: string | null): string | null {
  return name === null || refusal(name) ? null : key(held(name.normalize("NFC").trim()));
}

/** Why this cannot be a last name in Bp. */
export function refusal(name: string): string | undefined {
  const text = name.normalize("NFC").trim();
  if ([...text].length > LONGEST) return "this is longer than a last name in Bp can be (40 characters)";
  if (/[%_*?[\]^]/.test(text)) {
    return "wildcards are not needed: the first letters of the last name are enough";
  }
  if (/\p{Cc}/u.test(text)) return "a last name holds no control characters";
  const plain = held(text);
  if (!fits(plain)) return "Bp cannot hold a character of this name";
  return /[\p{L}\p{N}]/u.test(key(plain)) ? undefined : "a last name, or its first letters, is needed";
}

export function key(name: string): string {
  if (ascii.test(name)) return name.replace(signs, "").toUpperCase();
  const letters = name.normalize("NFC").replace(signs, "").normalize("NFC");
  return [...letters].map(upper).join("").normalize("NFC");
}

/** A LIKE pattern for every text with this beginning. */
export const like = (text: string) => `${text.replace(/[%_[\\]/g, "\\$&")}%`;

function upper(letter: string): string {
  const capital = letter.toUpperCase();
  return fits(letter) && !fits(capital) ? letter : capital;
}

/** The name with plain signs and letters where Windows-1252 has no others. */
function held(name: string): string {
  if (fits(name)) return name;
  let plain = "";
  for (const c of name) {
    if (fits(c)) plain += c;
    else if (invisible!.test(c) || (plain !== "" && /[\u0300-\u036f]/.test(c))) continue;
    else if (apostrophe!.test(c)) plain += "'";
    else if (dash!.test(c)) plain += "-";
    else if (c === "．") plain += ".";
    else if (/\s/.test(c)) plain += " ";
    else {
      const base = [...c.normalize("NFD")][0]!;
      const letter = strokes[base] ?? base;
      plain += fits(letter) ? letter : c;
    }
  }
  return plain;
}
