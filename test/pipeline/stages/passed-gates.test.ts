// A gate asks a person to let the next stage start. Where nothing will start, or has already, nobody is asked.
import { expect, test } from 'vitest'
import { headlineInWords } from '../../support/in-words.ts'
import { issueChanged, issueGone, minutesAfterNine, pullRequestChanged } from '../../support/pipeline-fixtures.ts'
import { commandPermission, commentCreated, lineWith, startedPipeline } from '../../support/pipeline-harness.ts'

const closed = (stateReason: 'completed' | 'not_planned') =>
  issueChanged({ state: 'closed', stateReason, at: minutesAfterNine(5) }, 'closed')

function atGate() {
  const line = startedPipeline(lineWith({ plan: { gate: 'approval' } }))
  line.completeAttempt(minutesAfterNine(1), 100)
  expect(headlineInWords(line.pipeline).light).toBe('review')
  return line
}

test.each([
  ['the issue is closed', closed('completed')],
  ['the issue is closed as not planned', closed('not_planned')],
  ['the issue is deleted', issueGone('deleted', minutesAfterNine(5))],
  ['its pull request is merged', pullRequestChanged({ state: 'merged', closingIssues: [42], at: minutesAfterNine(5) })],
  ['its pull request is closed', pullRequestChanged({ state: 'closed', closingIssues: [42], at: minutesAfterNine(5) })],
] as const)('nobody is asked to open a gate once %s', (_, ended) => {
  const line = atGate()
  line.apply(ended)
  expect(line.stage('plan')).toMatchObject({ status: 'done', reason: 'attempt 1 of 3 succeeded' })
  expect(headlineInWords(line.pipeline).light).not.toBe('review')
})

test('an issue that is reopened waits at its gate again', () => {
  const line = atGate()
  line.apply(closed('completed'), issueChanged({ stateReason: 'reopened', at: minutesAfterNine(7) }, 'reopened'))
  expect(line.stage('plan')).toMatchObject({ status: 'review' })
})

test('nobody is asked to open a gate behind which a stage has run', () => {
  const line = atGate()
  const given = commentCreated('/andon run code')
  line.apply(given, commandPermission(given))
  expect(line.statuses()).toBe('review queued idle idle')
  line.completeAttempt(minutesAfterNine(12), 101)
  expect(line.stage('plan')).toMatchObject({ status: 'done', reason: 'attempt 1 of 3 succeeded' })
})
