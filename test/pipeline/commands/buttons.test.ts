// What a click on a check's button does, and when the button is stale because the pipeline has moved on.

import { expect, test } from 'vitest'
import { OBSERVE_ONLY_LINE } from '../../../src/line/line.ts'
import { buttonsOf } from '../../../src/pipeline/commands/preconditions.ts'
import type { ButtonClick } from '../../../src/pipeline/model/given-commands.ts'
import { surfacesOf } from '../../../src/pipeline/view/surfaces.ts'
import { entryInWords } from '../../support/in-words.ts'
import { issueChanged, issueLabeled, minutesAfterNine, runChanged } from '../../support/pipeline-fixtures.ts'
import {
  attemptKeyOf,
  commandPermission,
  commentCreated,
  dispatchConfirmed,
  dispatchedRunChanged,
  lineWith,
  openPipelineHarness,
  type PipelineHarness,
  startedPipeline,
} from '../../support/pipeline-harness.ts'

function failed(): PipelineHarness {
  const line = startedPipeline(lineWith({ plan: { attempts: 1 } }))
  line.completeAttempt(minutesAfterNine(1), 100, 'failure')
  return line
}

function atGate(): PipelineHarness {
  const line = startedPipeline(lineWith({ plan: { gate: 'approval' } }))
  line.completeAttempt(minutesAfterNine(1), 100)
  return line
}

function shaOf(line: PipelineHarness, stage: string): string {
  const shown = surfacesOf(line.pipeline).find((surface) => surface.kind === 'check' && surface.stage === stage)
  if (shown?.sha == null) throw new Error(`no check of ${stage}`)
  return shown.sha
}

/** Mara clicks a button on the check of a stage. */
function clickOn(line: PipelineHarness, stage: string, body: string, sha = shaOf(line, stage), guid = 'guid-press') {
  const origin: ButtonClick = { kind: 'check', id: 7_001, guid, stage, sha }
  return { ...commentCreated(body), origin }
}

const offered = ({ pipeline }: PipelineHarness, name: string) => {
  return pipeline.stages.filter((stage) => stage.name === name).flatMap((stage) => buttonsOf(pipeline, stage))
}

test('a failed dispatched stage offers Retry, a gate offers Approve, and each stage that is under way Hold', () => {
  expect([offered(failed(), 'plan'), offered(failed(), 'code')]).toEqual([['retry', 'hold'], []])
  expect([offered(atGate(), 'plan'), offered(atGate(), 'code')]).toEqual([['approve', 'hold'], []])
  const running = startedPipeline()
  running.apply(dispatchConfirmed(running.admit(minutesAfterNine(1))!, 100, minutesAfterNine(1)))
  expect(offered(running, 'plan')).toEqual(['hold'])
  running.apply(issueChanged({ at: minutesAfterNine(2), state: 'closed', stateReason: 'completed' }, 'closed'))
  expect(offered(running, 'plan')).toEqual([])
})

test('a click on Hold holds the issue in the name of who clicked, says where, and Resume takes its place', () => {
  const line = atGate()
  const hold = clickOn(line, 'plan', '/andon hold Hold was pressed on the check of plan')
  line.apply(hold, commandPermission(hold, false))
  expect(offered(line, 'plan')).toEqual(['approve', 'hold'])
  line.apply(commandPermission(hold))
  expect(offered(line, 'plan')).toEqual(['approve', 'resume'])
  expect(lastEntryOf(line)).toMatchObject({
    actor: 'mara',
    text: 'held by @mara since 2026-11-21 09:20 UTC: Hold was pressed on the check of plan',
  })
  const again = clickOn(line, 'plan', '/andon hold Hold was pressed on the check of plan', undefined, 'guid-again')
  line.apply(again, commandPermission(again))
  expect(lastEntryOf(line)).toMatchObject({ type: 'button.already', actor: 'mara' })
  const resume = clickOn(line, 'plan', '/andon resume', undefined, 'guid-resume')
  line.apply(resume, commandPermission(resume))
  expect(offered(line, 'plan')).toEqual(['approve', 'hold'])
})

test('Hold counts on a commit that the stage has left, too', () => {
  const line = failed()
  const click = clickOn(line, 'plan', '/andon hold Hold was pressed on the check of plan', 'f'.repeat(40))
  line.apply(click, commandPermission(click))
  expect(offered(line, 'plan')).toEqual(['retry', 'resume'])
})

test('an observed line has no buttons', () => {
  const line = openPipelineHarness(OBSERVE_ONLY_LINE, issueLabeled())
  line.apply(runChanged({ workflow: 'plan.yml', conclusion: 'failure' }))
  expect([line.stage('plan').status, offered(line, 'plan')]).toEqual(['failed', []])
})

test("a click on Retry asks for its sender's permission and runs like a comment", () => {
  const line = failed()
  const click = clickOn(line, 'plan', '/andon retry plan')
  line.apply(click)
  expect(line.admit(minutesAfterNine(21))).toBeNull()
  line.apply(commandPermission(click))
  expect(line.admit(minutesAfterNine(21))).toBe(attemptKeyOf('plan', 2))
  expect(line.entries.map(({ type, actor }) => [type, actor])).toContainEqual(['button.done', 'mara'])
})

test('a click of a sender without write permission does nothing and is not answered', () => {
  const line = failed()
  const before = [line.pipeline, line.entries.length]
  const click = clickOn(line, 'plan', '/andon retry plan')
  line.apply(click, commandPermission(click, false))
  expect([line.pipeline, line.entries.length]).toEqual(before)
})

test('one click delivered five times runs once; two clicks run twice', () => {
  const line = failed()
  const click = clickOn(line, 'plan', '/andon retry plan')
  line.apply(click, commandPermission(click))
  line.completeAttempt(minutesAfterNine(21), 101, 'failure')
  const before = line.pipeline
  line.apply(click, commandPermission(click), click, commandPermission(click), commandPermission(click))
  expect(line.pipeline).toBe(before)
  const again = clickOn(line, 'plan', '/andon retry plan', undefined, 'guid-again')
  line.apply({ ...again, at: minutesAfterNine(30) }, commandPermission({ ...again, at: minutesAfterNine(30) }))
  expect(line.admit(minutesAfterNine(31))).toBe(attemptKeyOf('plan', 3))
})

test('Approve opens the gate of its own stage', () => {
  const line = atGate()
  const click = clickOn(line, 'plan', '/andon approve')
  line.apply(click, commandPermission(click))
  expect(line.stage('plan').status).toBe('done')
})

test('Approve on a stage that waits at no gate does nothing, and the board says why', () => {
  const line = atGate()
  const click = clickOn(line, 'code', '/andon approve', shaOf(line, 'plan'))
  line.apply(click, commandPermission(click))
  expect(line.stage('plan').status).toBe('review')
  expect(lastEntryOf(line)).toMatchObject({
    type: 'button.impossible',
    actor: 'mara',
    text: 'approve was pressed on the check of code: code is idle; no gate waits for an approval there',
  })
})

test('a button on a commit that the stage has left does nothing, and the board says where the stage is', () => {
  const line = failed()
  const click = clickOn(line, 'plan', '/andon retry plan', 'f'.repeat(40))
  line.apply(click, commandPermission(click))
  expect(line.admit(minutesAfterNine(21))).toBeNull()
  expect(lastEntryOf(line)?.text).toBe(
    `retry was pressed on the check of plan: that check is on fffffff, and plan has moved on to ${shaOf(line, 'plan').slice(0, 7)}`,
  )
})

test('Retry on a stage that runs starts nothing beside it', () => {
  const line = startedPipeline()
  const key = line.admit(minutesAfterNine(1))!
  line.apply(
    dispatchConfirmed(key, 100, minutesAfterNine(1)),
    dispatchedRunChanged(key, 100, { at: minutesAfterNine(2) }),
  )
  const click = clickOn(line, 'plan', '/andon retry plan')
  line.apply(click, commandPermission(click))
  expect(line.admit(minutesAfterNine(21))).toBeNull()
  expect(line.entries.at(-1)?.type).toBe('button.already')
})

function lastEntryOf({ entries }: PipelineHarness) {
  const last = entries.at(-1)
  return last && entryInWords(last)
}
