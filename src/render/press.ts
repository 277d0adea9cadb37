// What came of a press on the board, in one sentence.
import type { ReplyItem } from '../pipeline/model/effects.ts'
import type { Instant } from '../pipeline/model/time.ts'
import { describeCommandAnswer } from './command-result.ts'

/** `text` is plain text that may quote people. */
export type PressView = {
  readonly state: 'asking' | 'done' | 'refused'
  /** What was pressed, as a command without its first word. */
  readonly control: string
  readonly text: string
}

export function pressViewOf(press: {
  readonly text: string
  readonly login: string
  readonly at: Instant
  readonly answer: readonly ReplyItem[] | null
  readonly error: string | null
}): PressView {
  const { login, answer, error } = press
  const control = press.text.replace(/^\/andon /, '')
  const [item] = answer ?? []
  if (item === undefined) {
    const text =
      error === null
        ? `GitHub is asked whether @${login} may do that; then it is done.`
        : `GitHub could not say yet whether @${login} may do that. It is asked again until it does, and nothing is done before.`
    return { state: 'asking', control, text }
  }
  if (item.kind === 'done' || item.kind === 'already' || item.kind === 'impossible') {
    const { message } = describeCommandAnswer({ outcome: item.kind, answer: item.answer })
    const state = item.kind === 'impossible' ? 'refused' : 'done'
    return { state, control, text: `${OUTCOMES[item.kind]}: ${message}.` }
  }
  return {
    state: 'refused',
    control,
    text: `Not done: @${login} needs write permission on the repository, and GitHub says that they do not have it.`,
  }
}

const OUTCOMES = { done: 'Done', already: 'Nothing to do', impossible: 'Not done' } as const
