/** An ASCII word in lower case; null for any other. JavaScript turns a Kelvin sign into a `k`, and look-alikes must never fire. */
export function toAsciiLowerCase(word: string): string | null {
  return /^[\x21-\x7e]+$/.test(word) ? word.toLowerCase() : null
}

/** Is this a valid name of a stage? */
export function isStageName(word: string): boolean {
  return /^[a-z][a-z0-9-]{0,19}$/.test(word)
}
