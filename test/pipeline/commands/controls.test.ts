// Which controls a page of the board offers: a function of the pipeline alone.
import { expect, test } from 'vitest'
import { OBSERVE_ONLY_LINE } from '../../../src/line/line.ts'
import { controlsOf, holdControlOf } from '../../../src/pipeline/commands/preconditions.ts'
import { issueChanged, issueLabeled, minutesAfterNine, runChanged } from '../../support/pipeline-fixtures.ts'
import {
  commandPermission,
  commentCreated,
  dispatchConfirmed,
  lineWith,
  openPipelineHarness,
  type PipelineHarness,
  startedPipeline,
} from '../../support/pipeline-harness.ts'

const offered = ({ pipeline }: PipelineHarness) =>
  Object.fromEntries(pipeline.stages.map((stage) => [stage.name, controlsOf(pipeline, stage).join(' ')]))

function ended(conclusion: 'success' | 'failure', rules: Parameters<typeof lineWith>[0]): PipelineHarness {
  const line = startedPipeline(lineWith(rules))
  line.completeAttempt(minutesAfterNine(1), 100, conclusion)
  return line
}

function say(line: PipelineHarness, body: string): void {
  const comment = commentCreated(body)
  line.apply(comment)
  line.apply(commandPermission(comment))
}

test('a stage offers what would do something now, the likeliest first, and one that has not begun offers nothing', () => {
  const running = startedPipeline()
  expect(offered(running)).toMatchObject({ plan: 'cancel skip', code: '' })
  running.apply(dispatchConfirmed(running.admit(minutesAfterNine(1))!, 100, minutesAfterNine(1)))
  expect(offered(running)).toMatchObject({ plan: 'cancel skip', code: '' })
  expect(offered(ended('failure', { plan: { attempts: 1 } }))).toMatchObject({ plan: 'retry skip', code: '' })
  expect(offered(ended('success', { plan: { gate: 'approval' } }))).toMatchObject({ plan: 'approve skip', code: '' })
  expect(offered(ended('success', { plan: {} }))).toMatchObject({ plan: '', code: 'cancel skip' })
  // It waits for its next try.
  expect(offered(ended('failure', { plan: { attempts: 3 } })).plan).toContain('retry')
})

test('a held stage offers to resume it, and a held issue is resumed as a whole', () => {
  const line = startedPipeline()
  expect(holdControlOf(line.pipeline)).toBe('hold')
  say(line, '/andon hold code not today')
  expect(offered(line)).toMatchObject({ code: 'resume' })
  expect(holdControlOf(line.pipeline)).toBe('hold')
  say(line, '/andon hold wait')
  expect([offered(line).code, holdControlOf(line.pipeline)]).toEqual(['resume', 'resume'])
})

test('a closed issue has no controls', () => {
  const line = ended('failure', { plan: { attempts: 1 } })
  line.apply(issueChanged({ state: 'closed', updatedAt: minutesAfterNine(30) }, 'closed'))
  expect([line.pipeline.issue.state, offered(line).plan, holdControlOf(line.pipeline)]).toEqual(['closed', '', null])
})

test('a stage that Andon only observes is neither retried nor cancelled', () => {
  const line = openPipelineHarness(OBSERVE_ONLY_LINE, issueLabeled())
  line.apply(runChanged({ workflow: 'plan.yml', conclusion: 'failure' }))
  expect(offered(line)).toMatchObject({ plan: 'skip' })
})
