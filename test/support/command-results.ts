// Each command, given by somebody who may write in a line that stands somehow, and what they are told.
import { reduce } from '../../src/pipeline/reduce.ts'
import { minute } from './pipeline-fixtures.ts'
import { allowed, comment, confirmed, type Floor, ownRunIs, started } from './pipeline-harness.ts'

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

/** What somebody who may write is told about each command in a line that stands so. */
export function told(line: Floor): string {
  return COMMANDS.map((command, nth) => {
    const given = comment(`/andon ${command}`, { at: minute(200), commentId: 7_000 + nth })
    const { heard = [] } = reduce(reduce(line.pipeline, given).pipeline, allowed(given))
    const [one] = heard
    if (one === undefined) return `${command}: not heard`
    if (one.command.verb === null) return `${command}: mistake`
    const { outcome = 'nothing', words = '', next = [] } = one.said ?? {}
    return [`${command}: ${outcome}`, words, next.join(', ')].filter((part) => part !== '').join(' | ')
  }).join('\n')
}

export function running(line = started()): Floor {
  const key = line.admit(minute(1))
  if (key === null) throw new Error('nothing waits for a slot')
  return line.tell(confirmed(key, 100, minute(1)), ownRunIs(key, 100, { at: minute(2) }))
}

export function done(line: Floor, from = 100): Floor {
  for (let id = from; line.pipeline.stages.some(({ queuedAt }) => queuedAt != null); id += 1)
    line.carryOut(minute(id - 95), id)
  return line
}
