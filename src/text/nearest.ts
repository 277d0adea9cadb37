/** The words that `word` was probably meant to be, nearest first: at most two slips away, one in a short word. */
export function nearest<W extends string>(word: string, words: readonly W[]): readonly W[] {
  return words
    .map((candidate) => ({ candidate, slips: editDistance(word, candidate) }))
    .filter(({ candidate, slips }) => slips <= (Math.min(word.length, candidate.length) <= 3 ? 1 : 2))
    .sort((a, b) => a.slips - b.slips)
    .map(({ candidate }) => candidate)
}

/** Letters left out, put in, mistaken, or swapped with their neighbour. */
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
