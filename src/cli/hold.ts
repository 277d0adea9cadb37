// The operator's cord: `hold --all REASON` and `resume --all`. While it is pulled nothing starts in any repository.
import { userInfo } from 'node:os'
import { MAX_REASON_LENGTH } from '../commands/parse-commands.ts'
import { EX_USAGE, failWith } from '../process/exit.ts'
import { printable } from '../text/printable.ts'
import { withOperations } from './deliveries.ts'

/** Pulls everybody's cord; resolves to the exit code. */
export async function runHoldCommand([option, ...words]: readonly string[]): Promise<number> {
  if (option !== '--all') {
    return failWith(
      'say `hold --all REASON`; one repository or issue is held by `/andon hold` in a comment there.',
      EX_USAGE,
    )
  }
  const reason = words.join(' ').replaceAll(/\s+/g, ' ').trim()
  if (reason === '') return failWith('`hold --all` takes a reason: everybody who waits will read it.', EX_USAGE)
  if (Array.from(reason).length > MAX_REASON_LENGTH) {
    return failWith(`the reason is longer than ${MAX_REASON_LENGTH} characters.`, EX_USAGE)
  }
  return await setGlobalHold(reason)
}

/** Lets go of everybody's cord; resolves to the exit code. */
export async function runResumeCommand(words: readonly string[]): Promise<number> {
  if (words.length === 1 && words[0] === '--all') return await setGlobalHold(null)
  return failWith(
    'say `resume --all`; one repository or issue is resumed by `/andon resume` in a comment there.',
    EX_USAGE,
  )
}

function setGlobalHold(reason: string | null): Promise<number> {
  return withOperations(async (operations) => {
    const { outcome, message } = await operations.setGlobalHold(operatorName(), reason)
    const said = printable(message)
    if (outcome !== 'done') return failWith(`${said}; nothing was changed.`, 1)
    console.log(`${said.charAt(0).toUpperCase()}${said.slice(1)}.`)
    return 0
  })
}

function operatorName(): string {
  try {
    return userInfo().username
  } catch {
    // A container may run as a number without a name.
    return 'the operator'
  }
}
