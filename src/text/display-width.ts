// How many columns text takes in a terminal. Terminals differ in the rarest of characters: nothing may depend on it but
// how well columns stand under each other.

const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u
const NARROWEST = /^\p{M}$/u

export function displayWidth(text: string): number {
  return Array.from(text).reduce((sum, character) => sum + widthOf(character), 0)
}

/** At most that many columns, the last of them `…` when something was cut off. */
export function cutToWidth(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text
  let kept = ''
  let width = 0
  for (const character of text) {
    width += widthOf(character)
    if (width > columns - 1) break
    kept += character
  }
  return columns < 1 ? '' : `${kept}…`
}

/** Cut or filled to exactly that many columns. */
export function fitToWidth(text: string, columns: number): string {
  const short = cutToWidth(text, columns)
  return short + ' '.repeat(Math.max(0, columns - displayWidth(short)))
}

function widthOf(character: string): number {
  if (NARROWEST.test(character)) return 0
  return WIDE.test(character) ? 2 : 1
}
