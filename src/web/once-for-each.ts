/** A function whose result for an object is computed once, and kept for as long as the object is. */
export function onceForEach<T extends object, R>(compute: (of: T) => R): (of: T) => R {
  const known = new WeakMap<T, { readonly result: R }>()
  return (of) => {
    const kept = known.get(of) ?? { result: compute(of) }
    known.set(of, kept)
    return kept.result
  }
}
