// The operator's hold: `hold --all [--until TIME | --for 2h] REASON` and `resume --all`. While it is active, nothing starts in any repository.
import { userInfo } from 'node:os'
import { HOLD_END_WORDS, type HoldEnd, parseHoldEnd } from '../commands/hold-end.ts'
import { MAX_REASON_LENGTH } from '../commands/parse-commands.ts'
import { EX_USAGE, failWith } from '../process/exit.ts'
import { describeCommandAnswer } from '../render/command-result.ts'
import { printable } from '../text/printable.ts'
import { withOperations } from './deliveries.ts'

/** Holds every repository; resolves to the exit code. */
export async function runHoldCommand([option, ...args]: readonly string[]): Promise<number> {
  if (option !== '--all') {
    return failWith(
      'use `hold --all [--until TIME | --for DURATION] REASON`; to hold one repository or issue, comment `/andon hold` there.',
      EX_USAGE,
    )
  }
  const words = args.join(' ').trim().split(/\s+/)
  const word = HOLD_END_WORDS.find((candidate) => words[0] === `--${candidate}`)
  const parsed = word && parseHoldEnd(word, words.slice(1))
  if (parsed === null)
    return failWith('`--until` takes a time in UTC (`18:00`, `2026-11-28 18:00`), `--for` a duration (`2h`).', EX_USAGE)
  const reason = (parsed?.rest ?? words).join(' ')
  if (reason === '') return failWith('`hold --all` needs a reason: everyone who waits will read it.', EX_USAGE)
  if (Array.from(reason).length > MAX_REASON_LENGTH) {
    return failWith(`the reason is longer than ${MAX_REASON_LENGTH} characters.`, EX_USAGE)
  }
  return await setGlobalHold(reason, parsed?.end ?? null)
}

/** Ends the hold on every repository; resolves to the exit code. */
export async function runResumeCommand(args: readonly string[]): Promise<number> {
  if (args.length === 1 && args[0] === '--all') return await setGlobalHold(null)
  return failWith('use `resume --all`; to resume one repository or issue, comment `/andon resume` there.', EX_USAGE)
}

function setGlobalHold(reason: string | null, end: HoldEnd | null = null): Promise<number> {
  return withOperations(async (operations) => {
    const result = await operations.setGlobalHold(operatorName(), reason, end)
    const sentence = printable(describeCommandAnswer(result).message)
    if (result.outcome !== 'done') return failWith(`${sentence}; nothing was changed.`, 1)
    console.log(`${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.`)
    return 0
  })
}

function operatorName(): string {
  try {
    return userInfo().username
  } catch {
    // A container may run under a user id that has no name.
    return 'the operator'
  }
}
