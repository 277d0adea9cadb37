/** A moment in UTC that many milliseconds after another; a negative number gives an earlier one. */
export function millisecondsAfter(at: string, ms: number): string {
  return new Date(Date.parse(at) + ms).toISOString()
}
