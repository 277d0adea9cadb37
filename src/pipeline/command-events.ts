// What people write to us moves the line only after GitHub has said what they may. The question carries the commands, so
// that nothing is kept of somebody who may nothing.
import { type Command, type Mistake, may } from '../commands/commands.ts'
import { onLine } from '../commands/parse.ts'
import { unfitToPress } from './buttons.ts'
import { type Around, NOTHING_AROUND } from './cord.ts'
import { isNamedBot, isNobody } from './dispatching.ts'
import type { Answer, Effect } from './effects.ts'
import { type Event, type Origin, originKey } from './events.ts'
import { type Ordered, obey } from './obey.ts'
import { aroundAfter } from './obey-cord.ts'
import type { Pipeline } from './pipeline.ts'
import type { Said } from './said.ts'
import { settle } from './settle.ts'
import { leaveToStart, withLeave } from './starters.ts'

type Given = Extract<Event, { type: 'command.given' }>
type Answered = Extract<Event, { type: 'answered' }>

/** A command and what came of it; a mistake, and a command that its sender may not use, have come to nothing. */
export type Heard = { readonly command: Command | Mistake; readonly said: Said | null }

/** The pipeline afterwards, and what came of each command in the order in which they were given. */
export type Hearing = { readonly pipeline: Pipeline; readonly heard: readonly Heard[] }

/** What commands make us ask, whether or not a pipeline is concerned: what their sender may. */
export function askCommands(event: Event): readonly Effect[] {
  if (event.type !== 'command.given' || event.bot || isNobody(event.sender)) return []
  const { issueNumber, onPullRequest, origin, commands, at, sender: login } = event
  const purpose = { kind: 'command', issueNumber, onPullRequest, origin, commands, at } as const
  const key = `permission/command/${originKey(origin)}`
  return [{ type: 'ask', key, question: { about: 'permission', login, for: purpose } }]
}

/** Hears what is given to this pipeline; null when nothing is. Bots that its file names are heard at once, people when GitHub has answered. */
export function hear(pipeline: Pipeline, event: Event): Hearing | null {
  if (event.type === 'command.given') return hearBot(pipeline, event)
  return event.type === 'answered' ? hearPerson(pipeline, event) : null
}

function hearBot(pipeline: Pipeline, event: Given): Hearing | null {
  const { bot, sender: by, at, evidence, commands, origin } = event
  if (!bot || !isNamedBot(pipeline.line, by) || !isAbout(pipeline, event)) return null
  const leave = leaveToStart(pipeline)
  const begins = leave.is === 'granted' && leave.starter.login === by && leave.starter.at === at
  return obeyAll(pipeline, commands, origin, 'write', {
    by,
    at,
    now: at,
    evidence,
    begins,
    around: event.around ?? NOTHING_AROUND,
  })
}

/** GitHub has said what somebody may who asked for the start, or gave orders. */
function hearPerson(
  pipeline: Pipeline,
  { question, answer, at, evidence, around = NOTHING_AROUND }: Answered,
): Hearing | null {
  if (question.about !== 'permission' || answer.about !== 'permission' || question.for.kind === 'review') return null
  const { login: by, for: purpose } = question
  if (!isAbout(pipeline, purpose)) return null
  const permission = { granted: mayWrite(answer), at }
  const asked = { login: by, by: purpose.kind === 'start' ? 'label' : 'command', at: purpose.at } as const
  const known = withLeave(pipeline, asked, permission)
  if (purpose.kind === 'start') return { pipeline: known, heard: [] }
  const { origin, commands, at: givenAt } = purpose
  const begins = leaveToStart(pipeline).is !== 'granted' && leaveToStart(known).is === 'granted'
  const order = { by, at: givenAt, now: at, evidence: { ...evidence, kind: 'command', id: originKey(origin) } } as const
  return obeyAll(known, commands, origin, answer.role, { ...order, begins, around })
}

function obeyAll(
  pipeline: Pipeline,
  commands: readonly (Command | Mistake)[],
  origin: Origin,
  role: string,
  order: Omit<Ordered, 'id' | 'around'> & { readonly around: Around },
): Hearing {
  const stages = pipeline.line.stages.map(({ name }) => name)
  return commands.reduce<Hearing>(
    ({ pipeline: known, heard }, given, nth) => {
      const command = onLine(given, stages)
      if (command.verb === null || !may(role, command.verb)) {
        return { pipeline: known, heard: [...heard, { command, said: null }] }
      }
      // Each order finds the line as the one before it left it.
      const around = aroundAfter(order.around, commands.slice(0, nth), order)
      const settled = settle(known)
      const unfit = unfitToPress(settled, origin, command)
      if (unfit !== null) return { pipeline: known, heard: [...heard, { command, said: unfit }] }
      const only = origin.kind === 'check' ? { stage: origin.stage } : {}
      const obeyed = obey(settled, command, { ...order, ...only, around, id: `${originKey(origin)}/${nth}` })
      return { pipeline: obeyed.pipeline, heard: [...heard, { command, said: obeyed.said }] }
    },
    { pipeline, heard: [] },
  )
}

function mayWrite({ role }: Extract<Answer, { about: 'permission' }>): boolean {
  return may(role, 'start')
}

type Place = { readonly issueNumber: number; readonly onPullRequest?: boolean }

function isAbout({ issue, pullRequests }: Pipeline, { issueNumber, onPullRequest = false }: Place): boolean {
  return onPullRequest ? pullRequests.some(({ number }) => number === issueNumber) : issue.number === issueNumber
}
