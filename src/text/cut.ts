/** At most `max` code points, the last of them `…` when something was cut off; never half a character. */
export function cut(text: string, max: number): string {
  const wellFormed = text.toWellFormed()
  if (wellFormed.length <= max) return wellFormed
  const points = Array.from(wellFormed)
  if (points.length <= max) return wellFormed
  return `${points
    .slice(0, max - 1)
    .join('')
    .trimEnd()}…`
}
