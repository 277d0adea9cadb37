/** Lower case of ASCII alone; null for anything else. A Kelvin sign would become a `k`, and look-alikes must never fire. */
export function toAsciiLowerCase(word: string): string | null {
  return /^[\x21-\x7e]+$/.test(word) ? word.toLowerCase() : null
}

/** May a stage be called this? */
export function isStageName(word: string): boolean {
  return /^[a-z][a-z0-9-]{0,19}$/.test(word)
}
