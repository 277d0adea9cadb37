// One total order over plain JSON, so that of two facts every process, in every order, keeps the same one.

type SortKey = readonly (string | number | boolean)[]

/** The one that ranks higher; where ranks tie, the one whose text sorts last. */
export function greatest<T>(a: T, b: T, rank: (fact: T) => SortKey): T {
  const order = compareKeys(rank(a), rank(b))
  if (order !== 0) return order > 0 ? a : b
  return isEqualJson(a, b) || canonicalJson(a) > canonicalJson(b) ? a : b
}

/** Are they equal as JSON, whatever the order of their keys? Parts that are shared are not looked into. */
export function isEqualJson(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (!isComposite(a) || !isComposite(b) || Array.isArray(a) !== Array.isArray(b)) return false
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every((key) => key in b && isEqualJson(a[key], b[key]))
}

function compareKeys(a: SortKey, b: SortKey): number {
  for (const [index, left] of a.entries()) {
    const right = b[index] ?? ''
    if (left !== right) return left > right ? 1 : -1
  }
  return 0
}

/** JSON with sorted keys: a document read back from the database has its keys in another order. */
function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join()}]`
  if (!isComposite(value)) return JSON.stringify(value)
  const keys = Object.keys(value).sort()
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key])}`).join()}}`
}

function isComposite(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
