import type { Tokenizer } from "./tokenizer.ts";

/** A word as it is spelled, with its leading space, and the tokens that spell it. */
export type Word = { text: string; tokens: number[] };

/** Languages that are written without spaces between words. */
const unspaced = new Set(["zh", "ja", "th", "lo", "my", "yue"]);
/** Python's `string.punctuation`. */
const punctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";
const replacement = "\ufffd";

/**
 * `split_to_word_tokens` of whisper/tokenizer.py: on spaces, or wherever a code point is complete for languages that use none.
 * @param tokens text tokens only; every one of them is in exactly one word
 */
export function splitWords(tokenizer: Tokenizer, tokens: readonly number[], language: string | undefined): Word[] {
  const characters = splitOnCodePoints(tokenizer, tokens);
  return language !== undefined && unspaced.has(language) ? characters : joinOnSpaces(characters);
}

/**
 * `split_tokens_on_unicode`: a new word as soon as the tokens so far are whole characters. U+FFFD means that a character is
 * unfinished, unless the whole text has one in that place too: then the bytes are broken, and waiting does not help.
 */
function splitOnCodePoints(tokenizer: Tokenizer, tokens: readonly number[]): Word[] {
  const whole = tokenizer.decodeLossy(tokens);
  const words: Word[] = [];
  let current: number[] = [];
  let offset = 0;
  for (const token of tokens) {
    current.push(token);
    const text = tokenizer.decodeLossy(current);
    const broken = text.indexOf(replacement);
    if (broken >= 0 && whole[offset + broken] !== replacement) continue;
    words.push({ text, tokens: current });
    offset += text.length;
    current = [];
  }
  if (current.length > 0) words.push({ text: tokenizer.decode(current), tokens: current });
  return words;
}

/** `split_tokens_on_spaces`: a word begins with a space, and punctuation is a word of its own. */
function joinOnSpaces(pieces: readonly Word[]): Word[] {
  const words: Word[] = [];
  for (const { text, tokens } of pieces) {
    const last = words.at(-1);
    if (!last || text.startsWith(" ") || punctuation.includes(text.trim())) words.push({ text, tokens: [...tokens] });
    else {
      last.text += text;
      last.tokens.push(...tokens);
    }
  }
  return words;
}

/** Punctuation that belongs to the word after it, and to the word before it (`add_word_timestamps`). */
const prepended = "\"'“¿([{-";
const appended = "\"'.。,，!！?？:：”)]}、";

/**
 * `merge_punctuations` of whisper/timing.py, in place: a mark joins its word, whose times hold; what it leaves behind has
 * no text and no tokens.
 */
export function mergePunctuation(words: Word[]): void {
  let following = words.length - 1;
  for (let i = words.length - 2; i >= 0; i--) {
    const mark = words[i]!;
    const word = words[following]!;
    if (mark.text.startsWith(" ") && prepended.includes(mark.text.trim()))
      join(mark, word, mark.text + word.text, true);
    else following = i;
  }
  let previous = 0;
  for (let i = 1; i < words.length; i++) {
    const word = words[previous]!;
    const mark = words[i]!;
    if (!word.text.endsWith(" ") && appended.includes(mark.text)) join(mark, word, word.text + mark.text, false);
    else previous = i;
  }
}

function join(mark: Word, word: Word, text: string, before: boolean): void {
  word.text = text;
  word.tokens = before ? [...mark.tokens, ...word.tokens] : [...word.tokens, ...mark.tokens];
  mark.text = "";
  mark.tokens = [];
}
