// The answer to each command of a sender who may write, in a given state of the pipeline.
import { contextOf } from '../../src/pipeline/commands/authorized-commands.ts'
import { reduce } from '../../src/pipeline/reduce.ts'
import { describeCommandAnswer } from '../../src/render/command-result.ts'
import { minutesAfterNine } from './pipeline-fixtures.ts'
import {
  commandPermission,
  commentCreated,
  dispatchConfirmed,
  dispatchedRunChanged,
  type PipelineHarness,
  startedPipeline,
} from './pipeline-harness.ts'

export const COMMANDS = [
  'help',
  'status',
  'start',
  'run code',
  'retry',
  'retry plan',
  'cancel',
  'cancel plan',
  'cancel code',
  'approve',
  'skip plan',
  'skip plon',
  'why',
  'hold repository release week',
]

/** The answer to each command of a sender who may write, one line each. */
export function commandResults(line: PipelineHarness): string {
  return COMMANDS.map((command, nth) => {
    const comment = commentCreated(`/andon ${command}`, { at: minutesAfterNine(200), commentId: 7_000 + nth })
    const answer = commandPermission(comment)
    const context = contextOf(answer, line.pipeline.line)
    const [one] = reduce(reduce(line.pipeline, comment).pipeline, answer, context).outcomes
    if (one === undefined) return `${command}: not heard`
    if (one.command.verb === null) return `${command}: mistake`
    if (one.result === null) return `${command}: nothing`
    if (one.result.outcome === 'answered_in_reply') return `${command}: answered_in_reply`
    const { outcome } = one.result
    const { message, suggestions } = describeCommandAnswer(one.result)
    return [`${command}: ${outcome}`, message, suggestions.join(', ')].filter((part) => part !== '').join(' | ')
  }).join('\n')
}

export function runningPipeline(line = startedPipeline()): PipelineHarness {
  const key = line.admit(minutesAfterNine(1))
  if (key === null) throw new Error('nothing waits for a slot')
  return line.apply(
    dispatchConfirmed(key, 100, minutesAfterNine(1)),
    dispatchedRunChanged(key, 100, { at: minutesAfterNine(2) }),
  )
}

export function completePipeline(line: PipelineHarness, from = 100): PipelineHarness {
  for (let id = from; line.pipeline.stages.some(({ queuedAt }) => queuedAt != null); id += 1)
    line.completeAttempt(minutesAfterNine(id - 95), id)
  return line
}
