// What the door does with a delivery: it is applied once, ignored, or stored as failed, and never affects the others.
import { expect, test } from 'vitest'
import { seededRandom } from '../../fake-github/random.ts'
import type { ApplyRequest } from '../../src/apply/apply-request.ts'
import { listFailedDeliveries, loadFailedDelivery } from '../../src/store/deliveries.ts'
import {
  arrivalOf,
  BODY,
  countOf,
  deliveriesIn,
  deliveryOf,
  labelIssue,
  pipelinesIn,
  useTestDoor,
} from './support/arrivals.ts'

const here = useTestDoor()

test('a delivery that arrives again is a duplicate and changes nothing', async () => {
  const arrival = arrivalOf(labelIssue(1))
  expect(await here.door.apply(arrival)).toEqual({ duplicate: false, state: 'applied' })
  const before = [await pipelinesIn(here.database), await countOf(here.database, 'history')]
  expect(await here.door.apply(arrival)).toEqual({ duplicate: true, state: 'applied' })
  expect([await pipelinesIn(here.database), await countOf(here.database, 'history')]).toEqual(before)
})

test('of the same delivery sent many times at once, one is applied', async () => {
  const arrival = arrivalOf(labelIssue(1))
  const outcomes = await Promise.all(Array.from({ length: 20 }, () => here.door.apply(arrival)))
  expect(outcomes.filter(({ duplicate }) => !duplicate)).toHaveLength(1)
  expect(await deliveriesIn(here.database)).toHaveLength(1)
  expect((await pipelinesIn(here.database)).map(({ revision }) => revision)).toEqual([1])
})

test('two hooks may deliver under one GUID, and both deliveries are stored', async () => {
  await here.door.apply(arrivalOf(labelIssue(1), { guid: 'shared', hookId: 1 }))
  expect(await here.door.apply(arrivalOf(labelIssue(2), { guid: 'shared', hookId: 2 }))).toMatchObject({
    duplicate: false,
  })
  expect(await pipelinesIn(here.database)).toHaveLength(2)
})

test('an applied delivery keeps its event and not its body; an ignored one keeps neither', async () => {
  const event = labelIssue(1)
  await here.door.apply(arrivalOf(event))
  await here.door.apply(arrivalOf(null))
  expect(await deliveriesIn(here.database)).toMatchObject([
    { state: 'applied', event: JSON.parse(JSON.stringify(event)), body: null, error: null },
    { state: 'ignored', event: null, body: null, error: null },
  ])
})

test('a delivery that cannot be translated is stored with its reason and its body', async () => {
  const arrival = { delivery: deliveryOf(), event: null, failure: 'issue.number: expected number' }
  expect(await here.door.apply(arrival)).toEqual({ duplicate: false, state: 'failed' })
  const [failed] = await listFailedDeliveries(here.database)
  expect(failed).toMatchObject({ error: 'issue.number: expected number', attempts: 1 })
  const stored = await loadFailedDelivery(here.database, failed!.id)
  expect(Buffer.from(stored!.body)).toEqual(BODY)
})

test('a failed delivery that arrives again is applied, and keeps neither body nor reason', async () => {
  const delivery = deliveryOf()
  await here.door.apply({ delivery, event: null, failure: 'an older Andon could not read it' })
  expect(await here.door.apply({ delivery, event: labelIssue(1) })).toEqual({ duplicate: false, state: 'applied' })
  expect(await deliveriesIn(here.database)).toMatchObject([{ state: 'applied', body: null, error: null, attempts: 2 }])
  expect(await pipelinesIn(here.database)).toHaveLength(1)
  expect(await here.door.apply({ delivery, event: labelIssue(1) })).toMatchObject({ duplicate: true })
})

test('a failed delivery that fails again keeps the newer reason', async () => {
  const delivery = deliveryOf()
  await here.door.apply({ delivery, event: null, failure: 'first' })
  expect(await here.door.apply({ delivery, event: null, failure: 'second' })).toEqual({
    duplicate: false,
    state: 'failed',
  })
  expect(await listFailedDeliveries(here.database)).toMatchObject([{ error: 'second', attempts: 2 }])
})

const UNSTORABLE_EVENT = { NUL: 'bad \0 title', 'half a surrogate pair': 'bad \ud800 title' }

for (const [what, title] of Object.entries(UNSTORABLE_EVENT)) {
  test(`among twenty good deliveries, one with ${what} fails alone and is stored`, async () => {
    const chance = seededRandom(7)
    for (let round = 0; round < 5; round++) {
      const good = Array.from({ length: 20 }, (_, index) => arrivalOf(labelIssue(100 * round + index + 1)))
      const bad = arrivalOf(labelIssue(100 * round + 99, title))
      const group = chance.shuffle([...good, bad])
      const outcomes = await Promise.all(group.map((arrival) => here.door.apply(arrival)))
      expect(outcomes.map(({ state }) => state)).toEqual(group.map((each) => (each === bad ? 'failed' : 'applied')))
    }
    expect(await pipelinesIn(here.database)).toHaveLength(100)
    const failed = await listFailedDeliveries(here.database)
    expect(failed).toHaveLength(5)
    for (const { id } of failed) expect(Buffer.from((await loadFailedDelivery(here.database, id))!.body)).toEqual(BODY)
    console.log(`5 groups of 21 with ${what}: 100 applied, 5 kept as failed: ${failed[0]?.error}`)
  })
}

test('a failed delivery is stored whatever its envelope contains', async () => {
  const delivery = deliveryOf({
    guid: 'guid \0 \ud800',
    name: 'na\0me',
    action: '\udfff',
    repositoryId: 1e300,
    installationId: 0.5,
  })
  const arrival: ApplyRequest = { delivery, event: null, failure: 'a reason with \0 and \ud800' }
  expect(await here.door.apply(arrival)).toEqual({ duplicate: false, state: 'failed' })
  expect(await deliveriesIn(here.database)).toMatchObject([
    { guid: 'guid \ufffd \ufffd', name: 'na\ufffdme', action: '\ufffd', repositoryId: null, installationId: null },
  ])
})

test('numbers too large for their columns fail only their own delivery', async () => {
  const outcomes = await Promise.all([
    here.door.apply(arrivalOf(labelIssue(1))),
    here.door.apply(arrivalOf(labelIssue(99_999_999_999))),
    here.door.apply(arrivalOf(labelIssue(2))),
  ])
  expect(outcomes.map(({ state }) => state)).toEqual(['applied', 'failed', 'applied'])
})

test('an error in our own code fails its own delivery, never the others', async () => {
  const { issue: _, ...broken } = labelIssue(3) as Extract<ReturnType<typeof labelIssue>, { type: 'issue.labeled' }>
  const outcomes = await Promise.all([
    here.door.apply(arrivalOf(labelIssue(1))),
    here.door.apply(arrivalOf(broken as ReturnType<typeof labelIssue>)),
    here.door.apply(arrivalOf(labelIssue(2))),
  ])
  expect(outcomes.map(({ state }) => state)).toEqual(['applied', 'failed', 'applied'])
  expect(await pipelinesIn(here.database)).toHaveLength(2)
})
