// How a line that Andon runs is started. Each test is a row of the second transition table in docs/design.md.
import { describe, expect, test } from 'vitest'
import { begin } from '../../../src/pipeline/begin.ts'
import { awaitingAdmission } from '../../../src/pipeline/stages/ready-stage.ts'
import { light } from '../../../src/pipeline/view/light.ts'
import { surfaces } from '../../../src/pipeline/view/surfaces.ts'
import { ISSUE, labelled, minute, pullRequestIs, runIs } from '../../support/pipeline-fixtures.ts'
import { allowed, comment, floor, keyFor, LINE, mayStart, started } from '../../support/pipeline-harness.ts'

describe('starting', () => {
  test('a labelled issue asks GitHub before anything is started', () => {
    const line = floor()
    expect(line.statuses()).toBe('queued idle idle idle')
    expect(line.stage('plan').reason).toBe('asks GitHub whether @olga may start this')
    expect(line.keys('ask')).toContain(`permission/start/42/olga/${minute(0)}`)
    expect(line.admit(minute(600))).toBeNull()
  })

  test('leave to start queues the first stage for a slot', () => {
    const line = started()
    expect(line.stage('plan')).toMatchObject({
      status: 'queued',
      reason: 'attempt 1 of 3 waits for a slot',
      waiting: { for: 'a slot', until: null },
      queuedAt: minute(0),
    })
    expect(awaitingAdmission(line.pipeline, minute(1))).toEqual({ stage: 'plan', attempt: 1, queuedAt: minute(0) })
  })

  test('nothing starts for somebody who may not write', () => {
    const line = floor().tell(mayStart(false))
    expect(light(line.pipeline)).toMatchObject({
      light: 'idle',
      reason: '@olga may not start this: that takes permission to write',
    })
    expect(line.admit(minute(600))).toBeNull()
  })

  test('somebody else who may write starts what the first may not', () => {
    const line = floor().tell(mayStart(false), { ...labelled({ at: minute(3) }), sender: 'mara' })
    expect(line.stage('plan').reason).toBe('asks GitHub whether @mara may start this')
    line.tell(mayStart(true, minute(4), 'mara', minute(3)))
    expect(line.admit(minute(4))).toBe(keyFor('plan', 1))
  })

  test('a refusal holds for what was asked before it only', () => {
    const line = floor().tell(mayStart(false), labelled({ at: minute(3) }))
    expect(line.keys('ask')).toContain(`permission/start/42/olga/${minute(3)}`)
    line.tell(mayStart(false)).tell(mayStart(true, minute(4), 'olga', minute(3)))
    expect(line.stage('plan').reason).toBe('attempt 1 of 3 waits for a slot')
  })

  test('a command starts the line once its sender may write, and shows nothing on GitHub before', () => {
    const given = comment('/andon start')
    const line = floor(LINE, given)
    expect(line.stage('plan').reason).toBe('asks GitHub whether @mara may start this')
    expect(surfaces(line.pipeline)).toEqual([])
    line.tell(allowed(given, true, minute(21)))
    expect(line.stage('plan').reason).toBe('attempt 1 of 3 waits for a slot')
    expect(surfaces(line.pipeline)).not.toEqual([])
    const stranger = floor(LINE, given).tell(allowed(given, false))
    expect(light(stranger.pipeline).light).toBe('idle')
    expect(surfaces(stranger.pipeline)).toEqual([])
  })

  test('what somebody asks for later gives no leave to start that was refused', () => {
    const given = comment('/andon start')
    const line = floor(LINE, given).tell(allowed(given, false))
    const asked = comment('/andon why', { at: minute(40), commentId: 901 })
    line.tell(asked, allowed(asked, true, minute(41)))
    expect(line.admit(minute(600))).toBeNull()
    const again = comment('/andon start', { at: minute(50), commentId: 902 })
    line.tell(again, allowed(again, true, minute(51)))
    expect(line.admit(minute(600))).toBe(keyFor('plan', 1))
  })

  test('asking for the start again changes nothing that was called for since', () => {
    const line = started()
    line.carryOut(minute(1), 100)
    line.carryOut(minute(3), 101)
    const retried = comment('/andon run code', { at: minute(5), commentId: 901 })
    line.tell(retried, allowed(retried, true, minute(5)))
    line.carryOut(minute(6), 102)
    const before = line.statuses()
    const again = comment('/andon start', { at: minute(9), commentId: 902, by: 'olga' })
    line.tell(labelled({ at: minute(8) }), mayStart(true, minute(8), 'olga', minute(8)))
    line.tell(again, allowed(again, true, minute(9)))
    expect(line.statuses()).toBe(before)
    expect(line.stage('code').attempts).toHaveLength(2)
    expect(awaitingAdmission(line.pipeline, minute(600))?.stage).toBe('test')
  })

  test('a pull request that had ended before the issue was taken up stops nothing, whichever answer comes first', () => {
    const ended = pullRequestIs({ at: minute(-60), state: 'closed', closes: [ISSUE] }, 'closed')
    for (const events of [
      [ended, mayStart()],
      [mayStart(), ended],
    ]) {
      const line = floor().tell(...events)
      expect(line.stage('plan').reason).toBe('attempt 1 of 3 waits for a slot')
      expect(line.stage('review').status).toBe('idle')
      expect(line.admit(minute(2))).toBe(keyFor('plan', 1))
    }
  })

  test('a bot that the file names by now starts a line that was refused before', () => {
    const line = floor().tell(mayStart(false))
    line.tell({ ...comment('/andon start', { by: 'helper[bot]', bot: true }), named: true })
    expect(line.stage('plan').reason).toBe('attempt 1 of 3 waits for a slot')
  })

  test('only the command to start takes an issue up', () => {
    expect(begin(comment('/andon retry plan'), ISSUE, LINE)).toBeNull()
    expect(begin(comment('/andon strat'), ISSUE, LINE)).toBeNull()
    expect(begin(comment('/andon start', { by: 'evil[bot]', bot: true }), ISSUE, LINE)).toBeNull()
  })

  test("an agent's branch starts nothing", () => {
    const line = floor(LINE, runIs())
    expect(line.statuses()).toBe('idle running idle idle')
    line.tell(runIs({ conclusion: 'success' }))
    expect(line.admit(minute(600))).toBeNull()
  })
})
