// Durations as one pattern, bounds included, so that an editor with the JSON Schema refuses what Andon refuses.

/**
 * Matches `1h30m`, `20m`, `90s` and their like from `minSeconds`, at most a minute, to `maxSeconds`, which are whole
 * hours. The largest unit comes first; those after it are below 60.
 */
export function durationPattern(minSeconds: number, maxSeconds: number): RegExp {
  const hours = maxSeconds / 3600
  const forms = [
    `(?:${oneToBelow(hours)})h(?:[0-5]?\\dm)?(?:[0-5]?\\ds)?`,
    `(?:${oneToBelow(hours * 60)})m(?:[0-5]?\\ds)?`,
    `(?:${oneToBelow(maxSeconds)})s`,
    `${hours}h|${hours * 60}m|${maxSeconds}s`,
  ]
  return new RegExp(`^(?!(?:${oneToBelow(minSeconds)})s$)(?:${forms.join('|')})$`)
}

/** The whole numbers from 1 to below `limit`, without leading zeros. */
function oneToBelow(limit: number): string {
  const digits = Array.from(String(limit), Number)
  const shorter = digits.slice(1).map((_, length) => `[1-9]\\d{${length}}`)
  const sameLength = digits.flatMap((digit, index) => {
    const least = index === 0 ? 1 : 0
    if (digit - 1 < least) return []
    return [`${digits.slice(0, index).join('')}[${least}-${digit - 1}]\\d{${digits.length - index - 1}}`]
  })
  return [...shorter, ...sameLength].join('|')
}
