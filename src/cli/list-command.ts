// A command about a list of what went wrong: printed, also as JSON, and one, many or all of it tried again or dropped. Many are
// counted before anything is done to them.
import { EX_USAGE, failWith } from '../process/exit.ts'
import type { Operations } from '../process/operations.ts'
import { describeRepair, describeRepaired, REPAIRS, type RepairName } from '../render/repairs.ts'

export type ListCommand<Row> = {
  /** As it is typed. */
  readonly name: RepairName
  list(operations: Operations): Promise<readonly Row[]>
  lineOf(row: Row): string
  /** Resolves to how many it was done to. */
  replay(operations: Operations, ids: readonly number[]): Promise<number>
  drop(operations: Operations, ids: readonly number[]): Promise<number>
}

type Reach = (use: (operations: Operations) => Promise<number>) => Promise<number>

/** `NAME`, `NAME --json`, `NAME replay|drop ID... | --all [--yes]`; resolves to the exit code. */
export async function runListCommand<Row extends { readonly id: number }>(
  command: ListCommand<Row>,
  args: readonly string[],
  reach: Reach,
): Promise<number> {
  const [verb, ...rest] = args
  if (verb === undefined) return reach(async (operations) => print(command, await command.list(operations)))
  if (verb === '--json' && rest.length === 0)
    return reach(async (operations) => printAsJson(await command.list(operations)))
  const selection = verb === 'replay' || verb === 'drop' ? parseSelection(rest) : null
  if (selection === null) return failUsage(command.name)
  return reach((operations) => actOnSelected(command, operations, { ...selection, isDropped: verb === 'drop' }))
}

function print<Row>({ name, lineOf }: ListCommand<Row>, rows: readonly Row[]): number {
  if (rows.length === 0) console.log(REPAIRS[name].none)
  for (const row of rows) console.log(lineOf(row))
  return 0
}

function printAsJson(rows: readonly unknown[]): number {
  console.log(JSON.stringify(rows, null, 2))
  return 0
}

type Selection = { readonly ids: readonly number[] | 'all'; readonly isSure: boolean }

/** `12`, `12 13`, `--all`, each with `--yes` or without; null for anything else. */
function parseSelection(args: readonly string[]): Selection | null {
  const isSure = args.includes('--yes')
  const words = args.filter((word) => word !== '--yes')
  if (words.length === 1 && words[0] === '--all') return { ids: 'all', isSure }
  const ids = words.map(Number)
  const areIds = words.every((word) => /^\d+$/.test(word)) && ids.every(Number.isSafeInteger)
  return words.length > 0 && areIds ? { ids: [...new Set(ids)], isSure } : null
}

/** The oldest first. More than one is only counted, unless the operator is sure. */
async function actOnSelected<Row extends { readonly id: number }>(
  command: ListCommand<Row>,
  operations: Operations,
  { ids, isSure, isDropped }: Selection & { readonly isDropped: boolean },
): Promise<number> {
  const { name } = command
  const { one } = REPAIRS[name]
  const known = (await command.list(operations)).map(({ id }) => id)
  const missing = ids === 'all' ? [] : ids.filter((id) => !known.includes(id))
  if (missing.length > 0) return failWith(`there is no ${one} ${missing.join(', ')}; nothing was done.`, 1)
  const chosen = known.filter((id) => ids === 'all' || ids.includes(id)).toSorted((a, b) => a - b)
  if (chosen.length === 0) {
    console.log(`There is no ${one}.`)
    return 0
  }
  if (!isSure && (ids === 'all' || chosen.length > 1)) {
    const words = describeRepair(name, { chosen: chosen.length, isDropped })
    console.log(`${words}; nothing was done yet. The same with --yes does it.`)
    return 1
  }
  const acted = await (isDropped ? command.drop(operations, chosen) : command.replay(operations, chosen))
  console.log(describeRepaired(name, { acted, chosen: chosen.length, isDropped }))
  return acted === chosen.length ? 0 : 1
}

function failUsage(name: string): number {
  return failWith(
    `use \`${name}\`, \`${name} --json\`, or \`${name} replay\` or \`${name} drop\` with IDs from that list or --all, and --yes for more than one.`,
    EX_USAGE,
  )
}
