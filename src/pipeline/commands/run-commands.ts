// What people write to us moves the line only after GitHub has said what they may. The question carries the commands, so
// that nothing is kept of somebody who may nothing.
import { may } from '../../commands/commands.ts'
import { onLine } from '../../commands/parse-commands.ts'
import { originKey } from '../model/command-origin.ts'
import type { Hearing, Ordered } from '../model/command-result.ts'
import type { Answer, Effect } from '../model/effects.ts'
import type { Event } from '../model/events.ts'
import { isNobody } from '../model/line-rules.ts'
import type { Pipeline } from '../model/pipeline.ts'
import { settle } from '../stages/derive-stages.ts'
import { leaveToStart, withLeave } from '../stages/start-requests.ts'
import { type Given, givenIn } from './authorized-commands.ts'
import { unfitToPress } from './buttons.ts'
import { aroundAfter } from './hold-or-release.ts'
import { obey } from './run-command.ts'

type Answered = Extract<Event, { type: 'answered' }>
type Permission = Extract<Answer, { about: 'permission' }>

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
  if (event.type === 'answered' && event.answer.about === 'permission') {
    return hearPerson(pipeline, event, event.answer)
  }
  const given = givenIn(event, pipeline.line)
  if (given === null || !isAbout(pipeline, given)) return null
  const { by, at } = given.speaker
  const leave = leaveToStart(pipeline)
  const begins = leave.is === 'granted' && leave.starter.login === by && leave.starter.at === at
  return obeyAll(pipeline, given, { begins, now: at })
}

/** GitHub has said what somebody may who asked for the start, or gave orders. */
function hearPerson(pipeline: Pipeline, event: Answered, { role }: Permission): Hearing | null {
  const { question, at: now } = event
  if (question.about !== 'permission' || question.for.kind === 'review') return null
  const { login, for: purpose } = question
  if (!isAbout(pipeline, purpose)) return null
  const asked = { login, by: purpose.kind === 'start' ? 'label' : 'command', at: purpose.at } as const
  // Leave to start is given to whoever asked for the start, and by nothing else that they ask for later.
  const wantsStart = purpose.kind === 'start' || purpose.commands.some(({ verb }) => verb === 'start')
  const known = wantsStart ? withLeave(pipeline, asked, { granted: may(role, 'start'), at: now }) : pipeline
  const given = givenIn(event, pipeline.line)
  if (given === null) return { pipeline: known, heard: [] }
  const begins = leaveToStart(pipeline).is !== 'granted' && leaveToStart(known).is === 'granted'
  return obeyAll(known, given, { begins, now })
}

function obeyAll(pipeline: Pipeline, given: Given, o: Pick<Ordered, 'begins' | 'now'>): Hearing {
  const { commands, origin, role, speaker } = given
  const stages = pipeline.line.stages.map(({ name }) => name)
  return commands.reduce<Hearing>(
    ({ pipeline: known, heard }, typed, nth) => {
      const command = onLine(typed, stages)
      if (command.verb === null || !may(role, command.verb)) {
        return { pipeline: known, heard: [...heard, { command, said: null }] }
      }
      // Each order finds the line as the one before it left it.
      const around = aroundAfter(given.around, commands.slice(0, nth), speaker)
      const settled = settle(known)
      const unfit = unfitToPress(settled, origin, command)
      if (unfit !== null) return { pipeline: known, heard: [...heard, { command, said: unfit }] }
      const only = origin.kind === 'check' ? { stage: origin.stage } : {}
      const order = { ...speaker, ...o, ...only, around, id: `${originKey(origin)}/${nth}` }
      const obeyed = obey(settled, command, order)
      return { pipeline: obeyed.pipeline, heard: [...heard, { command, said: obeyed.said }] }
    },
    { pipeline, heard: [] },
  )
}

type Place = { readonly issueNumber: number; readonly onPullRequest?: boolean }

function isAbout({ issue, pullRequests }: Pipeline, { issueNumber, onPullRequest = false }: Place): boolean {
  return onPullRequest ? pullRequests.some(({ number }) => number === issueNumber) : issue.number === issueNumber
}
