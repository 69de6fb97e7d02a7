// Wide and fullwidth ranges of Unicode's East Asian Width, unassigned gaps included; emoji have a property of their own.
const wide =
  /[\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3040-\u3247\u3250-\u4dbf\u4e00-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18dff}\u{1aff0}-\u{1b2ff}\u{1f200}-\u{1f265}\u{20000}-\u{3fffd}\p{Emoji_Presentation}]/u;
// Combining marks, format characters, and the vowels and finals that Hangul syllables are composed of.
const noWidth = /[\p{Mn}\p{Me}\p{Cf}\u1160-\u11ff\ud7b0-\ud7ff]/u;

/**
 * Columns that text takes in a monospaced font: East Asian wide and fullwidth characters and emoji two, combining marks
 * and format characters none, everything else one (https://www.unicode.org/reports/tr11/).
 */
export function displayWidth(text: string): number {
  let columns = 0;
  for (const character of text) columns += noWidth.test(character) ? 0 : wide.test(character) ? 2 : 1;
  return columns;
}

const withoutSpaces = /[\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
const withSpaces = /[\u1100-\u115f\ua960-\ua97f\uac00-\ud7a3\p{Emoji_Presentation}]/u;

/** True for a character of a script that is written without spaces: a line may end before it and after it. */
export function breaksAnywhere(character: string): boolean {
  return withoutSpaces.test(character) || (wide.test(character) && !withSpaces.test(character));
}
