/** Text from GitHub may contain escape sequences that a terminal would execute. */
export function printable(text: string): string {
  return text.replaceAll(/\p{C}/gu, '�')
}

/** JSON in one line, and the same value: what a terminal would execute or hide is escaped. */
export function printableJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, escapeCodeUnits)
}

function escapeCodeUnits(character: string): string {
  const units = Array.from({ length: character.length }, (_, index) => character.charCodeAt(index))
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('')
}
