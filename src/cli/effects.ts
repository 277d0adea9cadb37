// What Andon has given up to send: buried effects, listed, tried again or dropped.
import type { BuriedEffect } from '../store/buried-effects.ts'
import { printable } from '../text/printable.ts'
import { withOperations } from './deliveries.ts'
import { type ListCommand, runListCommand } from './list-command.ts'

/** `effects`, `effects --json`, `effects replay|drop ID... | --all [--yes]`; resolves to the exit code. */
export async function runEffectsCommand(args: readonly string[], reach = withOperations): Promise<number> {
  return await runListCommand(EFFECTS, args, reach)
}

const EFFECTS: ListCommand<BuriedEffect> = {
  name: 'effects',
  list: (operations) => operations.buriedEffects(),
  lineOf: ({ id, since, repository, key, error }) =>
    `${id}  ${since}  ${repository ?? 'no repository'}  ${printable(key)}  ${printable(error)}`,
  replay: (operations, ids) => operations.replayEffects(ids),
  drop: (operations, ids) => operations.dropEffects(ids),
}
