/** The words that `word` is probably a typo of, nearest first: at most two edits away, one for a short word. */
export function nearest<W extends string>(word: string, words: readonly W[]): readonly W[] {
  return words
    .map((candidate) => ({ candidate, edits: editDistance(word, candidate) }))
    .filter(({ candidate, edits }) => edits <= (Math.min(word.length, candidate.length) <= 3 ? 1 : 2))
    .sort((a, b) => a.edits - b.edits)
    .map(({ candidate }) => candidate)
}

/** A question with the nearest word; `otherwise` where none is near. */
export function didYouMean([near]: readonly string[], otherwise: string): string {
  return near === undefined ? otherwise : `did you mean \`${near}\`?`
}

/** Counts letters left out, put in, replaced, or swapped with their neighbour. */
function editDistance(a: string, b: string): number {
  let older: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1]
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
      current[column] = Math.min(
        (previous[column] ?? row) + 1,
        (current[column - 1] ?? column) + 1,
        (previous[column - 1] ?? 0) + (same ? 0 : 1),
        swapped ? (older[column - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
      )
    }
    older = previous
    previous = current
  }
  return previous[b.length] ?? a.length
}
