// What Andon has given up to send: buried effects, listed, tried again or dropped.
import type { Operations } from '../process/operations.ts'
import { printable } from '../text/printable.ts'
import { withOperations } from './deliveries.ts'
import { actOnSelected, failSelection, parseSelection, type Selection } from './selection.ts'

/** `effects`, `effects --json`, `effects replay|drop ID... | --all [--yes]`; resolves to the exit code. */
export async function runEffectsCommand(args: readonly string[], reach = withOperations): Promise<number> {
  const [verb, ...rest] = args
  if (verb === undefined) return reach(printBuriedEffects)
  if (verb === '--json' && rest.length === 0) return reach(printBuriedEffectsAsJson)
  const selection = verb === 'replay' || verb === 'drop' ? parseSelection(rest) : null
  if (selection === null) return failSelection('effects')
  return reach((operations) => actOnEffects(operations, verb === 'drop', selection))
}

async function printBuriedEffects(operations: Operations): Promise<number> {
  const buried = await operations.buriedEffects()
  if (buried.length === 0) console.log('Nothing was given up.')
  for (const { id, since, repository, key, error } of buried)
    console.log(`${id}  ${since}  ${repository ?? 'no repository'}  ${printable(key)}  ${printable(error)}`)
  return 0
}

async function printBuriedEffectsAsJson(operations: Operations): Promise<number> {
  console.log(JSON.stringify(await operations.buriedEffects(), null, 2))
  return 0
}

async function actOnEffects(operations: Operations, isDropped: boolean, selection: Selection): Promise<number> {
  return await actOnSelected(selection, {
    listed: await operations.buriedEffects(),
    one: 'effect that was given up',
    many: 'effects that were given up',
    done: isDropped ? 'dropped' : 'put in line again',
    act: (rows) => {
      const ids = rows.map(({ id }) => id)
      return isDropped ? operations.dropEffects(ids) : operations.replayEffects(ids)
    },
  })
}
