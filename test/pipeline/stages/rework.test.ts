// Reviews send a line that Andon runs back to `code`. Each test is a row of the transition table in docs/design.md.
import { expect, test } from 'vitest'
import { awaitingAdmission } from '../../../src/pipeline/stages/ready-stage.ts'
import { needsYouAt } from '../../../src/pipeline/view/health.ts'
import { light } from '../../../src/pipeline/view/light.ts'
import { issueIs, mayWrite, minute, pullRequestIs, reviewed, runIs } from '../../support/pipeline-fixtures.ts'
import { dispatchIs, type Floor, keyFor, LINE, runningLine, started } from '../../support/pipeline-harness.ts'

/** The line carried out up to its review, by minute 10. */
function inReview(line = LINE): Floor {
  const floor = started(line)
  for (const id of [100, 101, 102]) floor.carryOut(minute(id - 98), id)
  return floor.tell(pullRequestIs({ at: minute(8) }))
}

function objection(nth: number, at: number, sha: string, reviewer = 'mara') {
  const review = { id: 500 + nth, at: minute(at), state: 'changes_requested', commitSha: sha, reviewer } as const
  return reviewed(review, { headSha: sha })
}

function push(at: number, headSha: string, replaced: string) {
  return pullRequestIs({ at: minute(at), headSha, replacedShas: [replaced] }, 'synchronize')
}

test('changes requested send the line back to code', () => {
  const line = inReview().tell(objection(0, 11, 'bbb1'), mayWrite('mara'))
  expect(line.statuses()).toBe('done queued idle idle')
  expect(line.stage('code').reason).toBe('attempt 2 of 4 waits for a slot')
  expect(line.stage('test').reason).toBe('again after code')
  expect(line.stage('review').reason).toBe('changes requested by mara, round 1 of 2')
  line.admit(minute(12))
  expect(light(line.pipeline)).toMatchObject({ light: 'queued', stage: 'code' })
})

test('reworked code is tested again and reviewed again', () => {
  const line = inReview().tell(objection(0, 11, 'bbb1'), mayWrite('mara'))
  line.carryOut(minute(12), 103)
  expect(line.statuses()).toBe('done done queued idle')
  line.tell(push(13, 'bbb2', 'bbb1')).carryOut(minute(14), 104)
  expect(line.statuses()).toBe('done done done review')
  expect(line.stage('review').reason).toBe('waits for another look by mara')
  line.tell(reviewed({ id: 510, at: minute(15), commitSha: 'bbb2' }, { headSha: 'bbb2' }))
  expect(line.stage('review').status).toBe('review')
  line.tell(mayWrite('mara', true, minute(15)))
  expect(light(line.pipeline)).toMatchObject({ light: 'done', reason: 'approved by mara' })
  expect(line.admit(minute(600))).toBeNull()
})

test('somebody who may no longer write sends nothing back, whatever GitHub said of them before', () => {
  const line = inReview().tell(objection(0, 11, 'bbb1'), mayWrite('mara', true, minute(11)))
  line.carryOut(minute(12), 103)
  line.tell(push(13, 'bbb2', 'bbb1')).carryOut(minute(14), 104)
  line.tell(objection(1, 15, 'bbb2'))
  expect(line.admit(minute(15))).toBeNull()
  line.tell(mayWrite('mara', false, minute(16)))
  expect(line.admit(minute(600))).toBeNull()
  expect(line.statuses()).toBe('done done done review')
})

test('a stage whose rework was refused needs a person, although what comes after it was done before', () => {
  const line = started(runningLine({ code: { attempts: 1 }, test: { observe: true } }))
  line.carryOut(minute(2), 100)
  line.carryOut(minute(3), 101)
  line.tell(runIs({ id: 102, workflow: 'test.yml', at: minute(4), startedAt: minute(4), conclusion: 'success' }))
  line.tell(pullRequestIs({ at: minute(8) }), objection(0, 11, 'bbb1'), mayWrite('mara'))
  expect(line.statuses()).toBe('done queued done idle')
  const key = line.admit(minute(12))!
  line.tell(dispatchIs(key, { state: 'refused', words: 'Not Found' }, minute(12)))
  expect(light(line.pipeline)).toMatchObject({ light: 'failed', stage: 'code' })
  expect(needsYouAt(line.pipeline)).not.toBeNull()
})

test('several objections to one head are one round', () => {
  const line = inReview().tell(objection(0, 11, 'bbb1'), mayWrite('mara'))
  line.carryOut(minute(12), 103)
  line.tell(objection(1, 13, 'bbb1', 'noor'), mayWrite('noor'), objection(2, 14, 'bbb1'))
  expect(line.statuses()).toBe('done done queued idle')
})

test('after the allowed rounds a person is needed', () => {
  const line = inReview(runningLine({}, { rework: 1 })).tell(objection(0, 11, 'bbb1'), mayWrite('mara'))
  line.carryOut(minute(12), 103)
  line.tell(push(13, 'bbb2', 'bbb1')).carryOut(minute(14), 104)
  line.tell(objection(1, 15, 'bbb2'), mayWrite('mara', true, minute(15)))
  expect(line.statuses()).toBe('done done done failed')
  expect(light(line.pipeline)).toMatchObject({
    light: 'failed',
    stage: 'review',
    reason: 'changes requested by mara; 1 of 1 rounds are used, a person is needed',
  })
  expect(needsYouAt(line.pipeline)).toBe(minute(15))
  expect(line.admit(minute(600))).toBeNull()
})

test('a push by a person after that is reviewed again', () => {
  const line = inReview(runningLine({}, { rework: 0 })).tell(objection(0, 11, 'bbb1'), mayWrite('mara'))
  expect(line.stage('review').reason).toBe('changes requested by mara; no rework is allowed, a person is needed')
  line.tell(push(13, 'bbb2', 'bbb1'))
  expect(light(line.pipeline)).toMatchObject({ light: 'review', reason: 'waits for another look by mara' })
})

test('an objection that is withdrawn before anything came of it sends nothing back', () => {
  const line = inReview().tell(objection(0, 11, 'bbb1'), mayWrite('mara'))
  line.tell(reviewed({ id: 500, at: minute(12), state: 'dismissed' }))
  expect(line.statuses()).toBe('done done done review')
  expect(line.admit(minute(600))).toBeNull()
})

test('a round that was begun goes on when its objection is withdrawn', () => {
  const line = inReview().tell(objection(0, 11, 'bbb1'), mayWrite('mara'))
  line.admit(minute(12))
  line.tell(reviewed({ id: 500, at: minute(12), state: 'dismissed' }))
  expect(line.statuses()).toBe('done queued idle review')
})

test('a bot that the file names may request changes, another may not', () => {
  const bot = { bot: true, at: minute(11), state: 'changes_requested', commitSha: 'bbb1' } as const
  const line = inReview(runningLine({}, { bots: ['copilot[bot]'] }))
  line.tell(reviewed({ ...bot, id: 501, reviewer: 'stranger[bot]' }))
  expect(line.statuses()).toBe('done done done review')
  line.tell(reviewed({ ...bot, id: 502, reviewer: 'Copilot[bot]' }))
  expect(line.statuses()).toBe('done queued idle idle')
  expect(line.keys('ask').filter((key) => key.startsWith('permission/7/'))).toEqual([])
})

test('where somebody else carries out code, changes requested only show', () => {
  const watched = started(runningLine({ plan: { observe: true }, code: { observe: true }, test: { observe: true } }))
  watched.tell(pullRequestIs({ at: minute(8) }), objection(0, 11, 'bbb1'), mayWrite('mara'))
  expect(watched.stage('review').reason).toBe('changes requested by mara')
  expect(awaitingAdmission(watched.pipeline, minute(60))).toBeNull()
})

test('a pull request closed without merging calls off what is queued, and its reopening lifts that', () => {
  const line = inReview().tell(objection(0, 11, 'bbb1'), mayWrite('mara'))
  line.tell(pullRequestIs({ at: minute(12), state: 'closed' }, 'closed'))
  expect(line.statuses()).toBe('done cancelled idle cancelled')
  expect(line.stage('code').reason).toBe('called off: pull request #7 was closed without merging')
  expect(line.admit(minute(600))).toBeNull()
  line.tell(pullRequestIs({ at: minute(14) }, 'reopened'))
  expect(line.admit(minute(15))).toBe(keyFor('code', 2))
})

test('a merge calls off what is queued', () => {
  const line = inReview().tell(objection(0, 11, 'bbb1'), mayWrite('mara'))
  line.tell(pullRequestIs({ at: minute(12), state: 'merged' }, 'closed'))
  expect(light(line.pipeline)).toMatchObject({ light: 'done', reason: 'pull request #7 merged' })
  expect(line.admit(minute(600))).toBeNull()
})

test('a closed issue calls off what is queued, and its reopening lifts that', () => {
  const line = started()
  line.carryOut(minute(1), 100)
  line.tell(issueIs({ at: minute(5), state: 'closed', stateReason: 'not_planned', closedAt: minute(5) }, 'closed'))
  expect(line.statuses()).toBe('done cancelled idle idle')
  expect(line.admit(minute(600))).toBeNull()
  line.tell(issueIs({ at: minute(6), stateReason: 'reopened' }, 'reopened'))
  expect(line.admit(minute(7))).toBe(keyFor('code', 1))
})
