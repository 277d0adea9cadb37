// Permissions: GitHub's answer about the sender decides, at the time when the command runs.
import { describe, expect, test } from 'vitest'
import { reactionAndReply } from '../../../src/advance/reply.ts'
import { VERBS } from '../../../src/commands/commands.ts'
import { contextOf } from '../../../src/pipeline/commands/authorized-commands.ts'
import { askSenderPermission } from '../../../src/pipeline/commands/run-commands.ts'
import type { Role } from '../../../src/pipeline/model/questions.ts'
import { reduce } from '../../../src/pipeline/reduce.ts'
import { minutesAfterNine } from '../../support/pipeline-fixtures.ts'
import {
  commandPermission,
  commentCreated,
  lineWith,
  type PipelineHarness,
  startedPipeline,
} from '../../support/pipeline-harness.ts'

const ROLES: readonly Role[] = ['admin', 'maintain', 'write', 'triage', 'read', 'none']
const ARGUMENTS: Partial<Record<string, string>> = { run: ' code', skip: ' plan', hold: ' lunch' }

function failed(): PipelineHarness {
  const line = startedPipeline(lineWith({ plan: { attempts: 1 } }))
  line.completeAttempt(minutesAfterNine(1), 100, 'failure')
  return line
}

/** The answer to a sender with the role who writes this on the issue, and whether the pipeline changed. */
function answered(body: string, role: Role) {
  const line = failed()
  const comment = commentCreated(body)
  const answer = { ...commandPermission(comment), answer: { about: 'permission', role } as const }
  const context = contextOf(answer, line.pipeline.line)
  const { pipeline, outcomes } = reduce(line.pipeline, answer, context)
  const effects = context.commands === null ? [] : reactionAndReply(context.commands, outcomes)
  const answers = effects.map((effect) => {
    if (effect.type === 'react') return effect.content
    return effect.type === 'reply' ? effect.items.map(({ kind }) => kind).join('+') : effect.type
  })
  return `${pipeline === line.pipeline ? 'unmoved' : 'moved'}: ${answers.join(', ') || 'silence'}`
}

describe('by role', () => {
  test('each command runs, is answered or is ignored', () => {
    const rows = ROLES.map((role) => {
      const verdicts = VERBS.map((verb) => `${verb} ${answered(`/andon ${verb}${ARGUMENTS[verb] ?? ''}`, role)}`)
      return [role, ...verdicts].join('\n  ')
    })
    expect(rows.join('\n')).toMatchInlineSnapshot(`
      "admin
        help unmoved: eyes, help
        status unmoved: eyes, status
        why unmoved: eyes, why
        start moved: eyes
        run moved: eyes
        retry moved: eyes
        cancel unmoved: confused, impossible
        approve unmoved: confused, impossible
        skip moved: rocket
        hold moved: rocket
        resume moved: eyes, already
      maintain
        help unmoved: eyes, help
        status unmoved: eyes, status
        why unmoved: eyes, why
        start moved: eyes
        run moved: eyes
        retry moved: eyes
        cancel unmoved: confused, impossible
        approve unmoved: confused, impossible
        skip moved: rocket
        hold moved: rocket
        resume moved: eyes, already
      write
        help unmoved: eyes, help
        status unmoved: eyes, status
        why unmoved: eyes, why
        start moved: eyes
        run moved: eyes
        retry moved: eyes
        cancel unmoved: confused, impossible
        approve unmoved: confused, impossible
        skip moved: rocket
        hold moved: rocket
        resume moved: eyes, already
      triage
        help unmoved: eyes, help
        status unmoved: eyes, status
        why unmoved: eyes, why
        start unmoved: confused, no-permission
        run unmoved: confused, no-permission
        retry unmoved: confused, no-permission
        cancel unmoved: confused, no-permission
        approve unmoved: confused, no-permission
        skip unmoved: confused, no-permission
        hold unmoved: confused, no-permission
        resume unmoved: confused, no-permission
      read
        help unmoved: eyes, help
        status unmoved: eyes, status
        why unmoved: eyes, why
        start unmoved: confused, no-permission
        run unmoved: confused, no-permission
        retry unmoved: confused, no-permission
        cancel unmoved: confused, no-permission
        approve unmoved: confused, no-permission
        skip unmoved: confused, no-permission
        hold unmoved: confused, no-permission
        resume unmoved: confused, no-permission
      none
        help unmoved: silence
        status unmoved: silence
        why unmoved: silence
        start unmoved: silence
        run unmoved: silence
        retry unmoved: silence
        cancel unmoved: silence
        approve unmoved: silence
        skip unmoved: silence
        hold unmoved: silence
        resume unmoved: silence"
    `)
  })

  test.each(['triage', 'read'] as const)('a sender with %s and three commands gets one sentence', (role) => {
    expect(answered('/andon retry\n/andon skip plan\n/andon cancel', role)).toBe('unmoved: confused, no-permission')
  })

  test('permitted and refused commands are answered side by side', () => {
    expect(answered('/andon status\n/andon retry', 'read')).toBe('unmoved: confused, status+no-permission')
  })

  test.each(ROLES)('a mistyped command of a sender with %s is answered to readers and up', (role) => {
    expect(answered('/andon retyr', role)).toBe(role === 'none' ? 'unmoved: silence' : 'unmoved: confused, mistake')
  })
})

describe('questions to GitHub', () => {
  const asks = (o: Parameters<typeof commentCreated>[1]) =>
    askSenderPermission(commentCreated('/andon retry', o)).map(({ key }) => key)

  test("GitHub is asked about a comment's author, once a comment", () => {
    expect(asks({ by: 'mara' })).toEqual(['permission/command/900'])
  })

  test('nothing is asked about bots or deleted users', () => {
    expect(asks({ by: 'helper[bot]', bot: true })).toEqual([])
    expect(asks({ by: 'ghost' })).toEqual([])
    expect(asks({ by: 'Ghost' })).toEqual([])
  })

  test('a start by a deleted user begins no pipeline', () => {
    const line = failed()
    expect(reduce(line.pipeline, commentCreated('/andon start', { by: 'ghost' })).pipeline).toBe(line.pipeline)
  })
})

test("a bot's commands run at once if the file names it, and are ignored otherwise", () => {
  const comment = commentCreated('/andon retry', { by: 'helper[bot]', bot: true })
  const outcomesIn = ({ pipeline }: PipelineHarness) =>
    reduce(pipeline, comment, contextOf(comment, pipeline.line)).outcomes
  expect(outcomesIn(failed())).toEqual([])
  const named = startedPipeline(lineWith({ plan: { attempts: 1 } }, { bots: ['helper[bot]'] }))
  named.completeAttempt(minutesAfterNine(1), 100, 'failure')
  expect(outcomesIn(named)).toMatchObject([{ result: { outcome: 'done' } }])
})
