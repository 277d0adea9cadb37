// How a dispatched line starts. Each test is a row of the second transition table in docs/reference/transitions.md.
import { describe, expect, test } from 'vitest'
import { startPipeline } from '../../../src/advance/advance-pipeline.ts'
import { contextOf } from '../../../src/pipeline/commands/authorized-commands.ts'
import { stageReadyForAdmission } from '../../../src/pipeline/stages/attempt-events.ts'
import { surfacesOf } from '../../../src/pipeline/view/surfaces.ts'
import { headlineInWords } from '../../support/in-words.ts'
import {
  ISSUE,
  issueLabeled,
  minutesAfterNine,
  pullRequestChanged,
  runChanged,
} from '../../support/pipeline-fixtures.ts'
import {
  attemptKeyOf,
  commandPermission,
  commentCreated,
  DISPATCHING_LINE,
  lineWith,
  openPipelineHarness,
  startedPipeline,
  startPermission,
} from '../../support/pipeline-harness.ts'

describe('starting', () => {
  test('a labelled issue asks GitHub before anything is started', () => {
    const line = openPipelineHarness()
    expect(line.statuses()).toBe('queued idle idle idle')
    expect(line.stage('plan').reason).toBe('asks GitHub whether @olga may start this')
    expect(line.effectKeys('ask')).toContain(`permission/start/42/olga/${minutesAfterNine(0)}`)
    expect(line.admit(minutesAfterNine(600))).toBeNull()
  })

  test('permission to start queues the first stage for a slot', () => {
    const line = startedPipeline()
    expect(line.stage('plan')).toMatchObject({
      status: 'queued',
      reason: 'attempt 1 of 3 waits for a slot',
      waiting: { for: 'a slot', until: null },
      queuedAt: minutesAfterNine(0),
    })
    expect(stageReadyForAdmission(line.pipeline, minutesAfterNine(1))).toEqual({
      stage: 'plan',
      workflow: 'plan.yml',
      attempt: 1,
      queuedAt: minutesAfterNine(0),
    })
  })

  test('nothing starts for a sender without write permission', () => {
    const line = openPipelineHarness().apply(startPermission(false))
    expect(headlineInWords(line.pipeline)).toMatchObject({
      light: 'idle',
      reason: '@olga may not start this: it needs write permission',
    })
    expect(line.admit(minutesAfterNine(600))).toBeNull()
  })

  test('a second sender with write permission starts what the first may not', () => {
    const line = openPipelineHarness().apply(startPermission(false), {
      ...issueLabeled({ at: minutesAfterNine(3) }),
      sender: 'mara',
    })
    expect(line.stage('plan').reason).toBe('asks GitHub whether @mara may start this')
    line.apply(startPermission(true, minutesAfterNine(4), 'mara', minutesAfterNine(3)))
    expect(line.admit(minutesAfterNine(4))).toBe(attemptKeyOf('plan', 1))
  })

  test('a refusal counts only for requests made before it', () => {
    const line = openPipelineHarness().apply(startPermission(false), issueLabeled({ at: minutesAfterNine(3) }))
    expect(line.effectKeys('ask')).toContain(`permission/start/42/olga/${minutesAfterNine(3)}`)
    line.apply(startPermission(false)).apply(startPermission(true, minutesAfterNine(4), 'olga', minutesAfterNine(3)))
    expect(line.stage('plan').reason).toBe('attempt 1 of 3 waits for a slot')
  })

  test('a command starts the pipeline when its sender’s write permission is known, and shows nothing on GitHub before', () => {
    const comment = commentCreated('/andon start')
    const line = openPipelineHarness(DISPATCHING_LINE, comment)
    expect(line.stage('plan').reason).toBe('asks GitHub whether @mara may start this')
    expect(surfacesOf(line.pipeline)).toEqual([])
    line.apply(commandPermission(comment, true, minutesAfterNine(21)))
    expect(line.stage('plan').reason).toBe('attempt 1 of 3 waits for a slot')
    expect(surfacesOf(line.pipeline)).not.toEqual([])
    const stranger = openPipelineHarness(DISPATCHING_LINE, comment).apply(commandPermission(comment, false))
    expect(headlineInWords(stranger.pipeline).light).toBe('idle')
    expect(surfacesOf(stranger.pipeline)).toEqual([])
  })

  test('a later request does not authorize a start that was refused', () => {
    const comment = commentCreated('/andon start')
    const line = openPipelineHarness(DISPATCHING_LINE, comment).apply(commandPermission(comment, false))
    const asked = commentCreated('/andon why', { at: minutesAfterNine(40), commentId: 901 })
    line.apply(asked, commandPermission(asked, true, minutesAfterNine(41)))
    expect(line.admit(minutesAfterNine(600))).toBeNull()
    const again = commentCreated('/andon start', { at: minutesAfterNine(50), commentId: 902 })
    line.apply(again, commandPermission(again, true, minutesAfterNine(51)))
    expect(line.admit(minutesAfterNine(600))).toBe(attemptKeyOf('plan', 1))
  })

  test('a second request to start keeps every trigger that came since the first', () => {
    const line = startedPipeline()
    line.completeAttempt(minutesAfterNine(1), 100)
    line.completeAttempt(minutesAfterNine(3), 101)
    const retried = commentCreated('/andon run code', { at: minutesAfterNine(5), commentId: 901 })
    line.apply(retried, commandPermission(retried, true, minutesAfterNine(5)))
    line.completeAttempt(minutesAfterNine(6), 102)
    const before = line.statuses()
    const again = commentCreated('/andon start', { at: minutesAfterNine(9), commentId: 902, by: 'olga' })
    line.apply(
      issueLabeled({ at: minutesAfterNine(8) }),
      startPermission(true, minutesAfterNine(8), 'olga', minutesAfterNine(8)),
    )
    line.apply(again, commandPermission(again, true, minutesAfterNine(9)))
    expect(line.statuses()).toBe(before)
    expect(line.stage('code').attempts).toHaveLength(2)
    expect(stageReadyForAdmission(line.pipeline, minutesAfterNine(600))?.stage).toBe('test')
  })

  test('a pull request that was closed before the pipeline began stops nothing, whichever answer comes first', () => {
    const ended = pullRequestChanged({ at: minutesAfterNine(-60), state: 'closed', closingIssues: [ISSUE] }, 'closed')
    for (const events of [
      [ended, startPermission()],
      [startPermission(), ended],
    ]) {
      const line = openPipelineHarness().apply(...events)
      expect(line.stage('plan').reason).toBe('attempt 1 of 3 waits for a slot')
      expect(line.stage('review').status).toBe('idle')
      expect(line.admit(minutesAfterNine(2))).toBe(attemptKeyOf('plan', 1))
    }
  })

  test('a bot that the file now names starts a pipeline that was refused before', () => {
    const line = openPipelineHarness().apply(startPermission(false))
    const comment = commentCreated('/andon start', { by: 'helper[bot]', bot: true })
    line.applyIn(contextOf(comment, lineWith({}, { bots: ['helper[bot]'] })), comment)
    expect(line.stage('plan').reason).toBe('attempt 1 of 3 waits for a slot')
  })

  test('only the command to start begins a pipeline', () => {
    expect(startPipeline(commentCreated('/andon retry plan'), ISSUE, DISPATCHING_LINE)).toBeNull()
    expect(startPipeline(commentCreated('/andon strat'), ISSUE, DISPATCHING_LINE)).toBeNull()
    expect(
      startPipeline(commentCreated('/andon start', { by: 'evil[bot]', bot: true }), ISSUE, DISPATCHING_LINE),
    ).toBeNull()
  })

  test("an agent's branch starts nothing", () => {
    const line = openPipelineHarness(DISPATCHING_LINE, runChanged())
    expect(line.statuses()).toBe('idle running idle idle')
    line.apply(runChanged({ conclusion: 'success' }))
    expect(line.admit(minutesAfterNine(600))).toBeNull()
  })
})
