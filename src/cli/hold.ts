// The operator's cord: `hold --all REASON` and `resume --all`. While it is pulled nothing starts in any repository.
import { userInfo } from 'node:os'
import { LONGEST_REASON } from '../commands/parse-commands.ts'
import { complain, EX_USAGE } from '../process/exit.ts'
import { printable } from '../text/printable.ts'
import { withOperations } from './deliveries.ts'

/** Pulls everybody's cord; resolves to the exit code. */
export async function operateHold([option, ...words]: readonly string[]): Promise<number> {
  if (option !== '--all') {
    return complain(
      'say `hold --all REASON`; one repository or issue is held by `/andon hold` in a comment there.',
      EX_USAGE,
    )
  }
  const reason = words.join(' ').replaceAll(/\s+/g, ' ').trim()
  if (reason === '') return complain('`hold --all` takes a reason: everybody who waits will read it.', EX_USAGE)
  if (Array.from(reason).length > LONGEST_REASON) {
    return complain(`the reason is longer than ${LONGEST_REASON} characters.`, EX_USAGE)
  }
  return await say(reason)
}

/** Lets go of everybody's cord; resolves to the exit code. */
export async function operateResume(words: readonly string[]): Promise<number> {
  if (words.length === 1 && words[0] === '--all') return await say(null)
  return complain(
    'say `resume --all`; one repository or issue is resumed by `/andon resume` in a comment there.',
    EX_USAGE,
  )
}

function say(why: string | null): Promise<number> {
  return withOperations(async (operations) => {
    const { outcome, words } = await operations.sayOfEverything(operatorName(), why)
    const said = printable(words)
    if (outcome !== 'done') return complain(`${said}; nothing was changed.`, 1)
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
