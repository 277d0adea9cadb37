// One, many or all of what a command has listed. Many are counted before anything is done to them.
import { EX_USAGE, failWith } from '../process/exit.ts'

export type Selection = { readonly ids: readonly number[] | 'all'; readonly isSure: boolean }

/** `12`, `12 13`, `--all`, each with `--yes` or without; null for anything else. */
export function parseSelection(args: readonly string[]): Selection | null {
  const isSure = args.includes('--yes')
  const words = args.filter((word) => word !== '--yes')
  if (words.length === 1 && words[0] === '--all') return { ids: 'all', isSure }
  const ids = words.map(Number)
  const areIds = words.every((word) => /^\d+$/.test(word)) && ids.every(Number.isSafeInteger)
  return words.length > 0 && areIds ? { ids: [...new Set(ids)], isSure } : null
}

/**
 * Acts on what is listed and selected, the oldest first; resolves to the exit code. More than one is only counted, unless
 * the operator is sure.
 */
export async function actOnSelected<Row extends { readonly id: number }>(
  { ids, isSure }: Selection,
  o: {
    readonly listed: readonly Row[]
    /** `failed delivery`; the plural ends in s or ies. */
    readonly one: string
    readonly many: string
    /** `applied again`. */
    readonly done: string
    /** Resolves to how many of them it was done to. */
    act(rows: readonly Row[]): Promise<number>
  },
): Promise<number> {
  const { listed, one, many, done } = o
  const chosen = listed.filter(({ id }) => ids === 'all' || ids.includes(id)).toSorted((a, b) => a.id - b.id)
  const missing = ids === 'all' ? [] : ids.filter((id) => listed.every((row) => row.id !== id))
  if (missing.length > 0) return failWith(`there is no ${one} ${missing.join(', ')}; nothing was done.`, 1)
  const count = chosen.length === 1 ? `1 ${one}` : `${chosen.length} ${many}`
  if (chosen.length === 0) {
    console.log(`There is no ${one}.`)
    return 0
  }
  if (!isSure && (ids === 'all' || chosen.length > 1)) {
    console.log(`${count} would be ${done}; nothing was done yet. The same with --yes does it.`)
    return 1
  }
  const acted = await o.act(chosen)
  console.log(`${acted} of ${count} ${acted === 1 ? 'was' : 'were'} ${done}.`)
  return acted === chosen.length ? 0 : 1
}

/** The sentence for a wrong command line. */
export function failSelection(noun: string): number {
  return failWith(
    `use \`${noun}\`, \`${noun} --json\`, or \`${noun} replay\` or \`${noun} drop\` with IDs from that list or --all, and --yes for more than one.`,
    EX_USAGE,
  )
}
