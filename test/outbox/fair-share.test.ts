// The fair share of publications: while an installation always has dispatches to send, one write of four is a check run
// or a comment, and of those the target that was served longest ago comes first.
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Reason } from '../../src/pipeline/model/reason.ts'
import { pipelineOf } from '../support/pipeline-documents.ts'
import { atStep, RUNS } from '../support/reasons.ts'
import { type DispatchWorld, openDispatchWorld } from './support/dispatch-world.ts'
import { START } from './support/outbox-world.ts'

const DISPATCHES = 36
const ISSUES = [1, 2, 3, 4]
/** A check run and a comment for each issue. */
const PUBLICATIONS = 2 * ISSUES.length

let line: DispatchWorld
beforeEach(async () => {
  line = await openDispatchWorld()
  for (let nth = 1; nth <= DISPATCHES; nth += 1) await line.admit(100 + nth)
})
afterEach(() => line.world.close())

async function put(number: number, reason: Reason = RUNS): Promise<void> {
  const pipeline = pipelineOf({ plan: { status: 'running', since: START, reason } })
  await line.world.savePipeline({ ...pipeline, issue: { ...pipeline.issue, number } })
}

/** One slot after the other, until the dispatches are sent; `d` is a dispatch, `p` a publication. */
async function writeSlots(eachSlot: (slot: number) => Promise<void> = async () => undefined): Promise<string> {
  const { world } = line
  for (let slot = 0; slot < 2 * DISPATCHES && world.github.writes.count('dispatch') < DISPATCHES; slot += 1) {
    await eachSlot(slot)
    while ((await world.outbox.step()) > 0);
    world.clock.advance(1.05)
  }
  return world.github.writes.all.map(({ kind }) => (kind === 'dispatch' ? 'd' : 'p')).join('')
}

const isShown = (number: number) => line.world.comments(number).length === 1

test('while dispatches are due, one write of four is a publication, until all are out', async () => {
  for (const number of ISSUES) await put(number)
  const slots = await writeSlots()
  expect(slots.slice(0, 4 * PUBLICATIONS)).toBe('dddp'.repeat(PUBLICATIONS))
  expect(slots.slice(4 * PUBLICATIONS)).toBe('d'.repeat(DISPATCHES - 3 * PUBLICATIONS))
  expect(ISSUES.filter(isShown)).toEqual(ISSUES)
}, 60_000)

test('dispatches take all slots while no publication waits, also when unchanged ones are compared', async () => {
  const { kysely } = line.world.database
  const slots = await writeSlots(async () => {
    await kysely.updateTable('pipelines').set({ publishedRevision: 0 }).execute()
  })
  expect(slots).toBe('d'.repeat(DISPATCHES))
}, 60_000)

test('an issue that changes with every slot keeps no other from its share', async () => {
  for (const number of ISSUES) await put(number)
  const slots = await writeSlots((slot) => put(1, atStep('lint', slot, 99)))
  expect(slots.slice(0, 36)).toBe('dddp'.repeat(9))
  const others = line.world.github.writes.all.slice(0, 36).filter(({ path, body }) => {
    const about = JSON.stringify([path, body])
    return [2, 3, 4].some((number) => about.includes(`issues/${number}/`) || about.includes(`#${number} plan`))
  })
  expect(others).toHaveLength(6)
}, 60_000)
