import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Unavailable } from '../../src/apply/apply-request.ts'
import { createReceiver, type ReceiveDelivery } from '../../src/inbox/receive.ts'
import probotApp from '../../src/index.ts'
import { allExamples, exampleDelivery, signBody, signDelivery, WEBHOOK_SECRET } from '../support/deliveries.ts'
import { type RecordedLog, recordLog } from '../support/recorded-log.ts'
import { openTappedDoor, type TappedDoor } from './support/tapped-door.ts'

const NOW = '2026-11-21T10:00:00.000Z'
const LABELED = exampleDelivery('issues', 'labeled')

let door: TappedDoor
let receive: ReceiveDelivery
let recorded: RecordedLog

beforeEach(async () => {
  door = await openTappedDoor()
  recorded = recordLog()
  receive = (
    await createReceiver({ app: probotApp, door, secrets: [WEBHOOK_SECRET], now: () => NOW, log: recorded.log })
  ).receive
})

afterEach(() => door.close())

describe('an accepted delivery', () => {
  test('is handed to the door as an event, and answered 202', async () => {
    const delivery = signDelivery(LABELED)
    const answer = await receive(delivery)
    expect(answer).toEqual({ status: 202, body: { accepted: true, duplicate: false } })
    expect(door.arrivals).toHaveLength(1)
    expect(door.arrivals[0]).toMatchObject({
      delivery: {
        hookId: 501,
        guid: delivery.guid,
        name: 'issues',
        action: 'labeled',
        installationId: 4001,
        repositoryId: 7001,
        receivedAt: NOW,
        body: delivery.body,
      },
      event: { type: 'issue.labeled', evidence: { kind: 'delivery', id: delivery.guid } },
    })
  })

  test('is a duplicate when it comes again, unless from another hook', async () => {
    const first = { guid: 'one-guid' }
    expect(await receive(signDelivery(LABELED, first))).toMatchObject({ status: 202, body: { duplicate: false } })
    expect(await receive(signDelivery(LABELED, first))).toMatchObject({ status: 202, body: { duplicate: true } })
    const elsewhere = signDelivery(LABELED, { ...first, hookId: 502 })
    expect(await receive(elsewhere)).toMatchObject({ status: 202, body: { duplicate: false } })
  })

  test('without a hook id counts as from hook 0', async () => {
    await receive(signDelivery(LABELED, { hookId: null }))
    expect(door.arrivals[0]?.delivery?.hookId).toBe(0)
  })

  test('is kept as ignored if its webhook or its action is not handled', async () => {
    for (const delivery of [
      exampleDelivery('push', ''),
      exampleDelivery('issues', 'pinned'),
      exampleDelivery('ping', ''),
    ]) {
      expect(await receive(signDelivery(delivery))).toEqual({ status: 202, body: { accepted: true, duplicate: false } })
    }
    expect(await receive(signBody('an_event_of_tomorrow', '{}'))).toMatchObject({ status: 202 })
    expect(door.arrivals.map(({ event, failure }) => [event, failure])).toEqual(Array(4).fill([null, undefined]))
  })

  test('whose payload cannot be read is kept with the reason', async () => {
    const broken = { name: 'issues', payload: { ...LABELED.payload, issue: 'none' } }
    expect(await receive(signDelivery(broken))).toEqual({ status: 202, body: { accepted: true, duplicate: false } })
    expect(door.arrivals[0]?.event).toBeNull()
    expect(door.arrivals[0]?.failure).toContain('issue: ')
  })

  test.each([{ toString: 1 }, 7, null, ['labeled'], 'no\0such', undefined])(
    'with the action %j is kept as failed, without an action in its row',
    async (action) => {
      await receive(signDelivery({ name: 'issues', payload: { ...LABELED.payload, action } }))
      const [arrival] = door.arrivals
      expect(arrival?.delivery?.action).toBeNull()
      expect(arrival?.event).toBeNull()
      if (typeof action !== 'string') expect(arrival?.failure).toContain('action: ')
    },
  )

  test('is kept without ids that cannot be stored', async () => {
    const payload = { installation: { id: 1.5 }, repository: { id: 'seven' } }
    await receive(signDelivery({ name: 'push', payload }))
    expect(door.arrivals[0]?.delivery).toMatchObject({ installationId: null, repositoryId: null })
  })

  test('may have any charset of JSON', async () => {
    const { headers, body } = signDelivery(LABELED)
    const answer = await receive({ headers: { ...headers, 'content-type': 'Application/JSON; charset=utf-8' }, body })
    expect(answer.status).toBe(202)
  })
})

describe('a request', () => {
  const without = (name: string) => {
    const { headers, body } = signDelivery(LABELED)
    return { headers: Object.fromEntries(Object.entries(headers).filter(([key]) => key !== name)), body }
  }
  const withHeader = (name: string, value: string) => {
    const { headers, body } = signDelivery(LABELED)
    return { headers: { ...headers, [name]: value }, body }
  }

  test.each([
    ['without a content type', without('content-type'), 415, 'application/json'],
    ['with a form', withHeader('content-type', 'application/x-www-form-urlencoded'), 415, 'application/json'],
    ['without a signature', without('x-hub-signature-256'), 401, 'x-hub-signature-256 is missing'],
    ['with an empty signature', withHeader('x-hub-signature-256', ''), 401, 'does not match'],
    ['signed with another secret', signDelivery(LABELED, { secret: 'not-the-secret' }), 401, 'does not match'],
    ['with an empty body', { ...signBody('issues', ''), body: new Uint8Array() }, 401, 'does not match'],
    ['whose body is not text', signBody('issues', Uint8Array.of(0xff, 0xfe)), 401, 'does not match'],
    ['without an event name', without('x-github-event'), 400, 'x-github-event is missing'],
    ['with a malformed event name', withHeader('x-github-event', '*'), 400, 'x-github-event is malformed'],
    ['without a GUID', without('x-github-delivery'), 400, 'x-github-delivery is missing'],
    ['with a malformed GUID', withHeader('x-github-delivery', 'a b'), 400, 'x-github-delivery is malformed'],
    ['with a malformed hook id', withHeader('x-github-hook-id', 'seven'), 400, 'x-github-hook-id is malformed'],
    ['with half of the JSON', signBody('issues', '{"action":'), 400, 'not valid JSON'],
    ['with a JSON array', signBody('issues', '[]'), 400, 'not a JSON object'],
    ['with a JSON null', signBody('issues', 'null'), 400, 'not a JSON object'],
  ])('%s is refused', async (_, request, status, words) => {
    const answer = await receive(request)
    expect(answer.status).toBe(status)
    expect(answer.body).toEqual({ accepted: false, error: expect.stringContaining(words) })
    expect(door.arrivals).toEqual([])
  })

  test('is answered 503 with a time to retry while the database is unavailable', async () => {
    const delivery = signDelivery(LABELED)
    door.failNextWith(new Unavailable('no database'))
    expect(await receive(delivery)).toMatchObject({ status: 503, headers: { 'retry-after': '5' } })
    expect(await receive(delivery)).toMatchObject({ status: 202, body: { duplicate: false } })
  })

  test('is answered 503 after an unexpected error, which is logged', async () => {
    door.failNextWith(new TypeError('broken'))
    expect(await receive(signDelivery(LABELED))).toMatchObject({ status: 503, headers: { 'retry-after': '30' } })
    expect(recorded.text()).toContain('a delivery could not be stored')
  })
})

test('no payload and no secret is logged, even at the finest level', async () => {
  const marked = exampleDelivery('issues', 'labeled', undefined, {
    issue: { title: 'TOP-SECRET', number: 'TOP-SECRET' },
  })
  await receive(signDelivery(LABELED))
  await receive(signDelivery(marked))
  await receive(signDelivery(marked, { secret: 'another-secret-0123456789-0123456789' }))
  await receive(signBody('issues', '"TOP-SECRET'))
  door.failNextWith(new Error('broken'))
  await receive(signDelivery(marked))
  expect(recorded.text()).toContain('delivery kept as failed')
  for (const secret of ['TOP-SECRET', 'Spelling error', WEBHOOK_SECRET, 'another-secret'])
    expect(recorded.text()).not.toContain(secret)
})

test('recorded payloads that arrive at the same time keep their own receipts', async () => {
  const deliveries = allExamples().map((delivery) => signDelivery(delivery))
  const answers = await Promise.all(deliveries.map(receive))
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]))
  for (const { delivery, event } of door.arrivals) {
    if (event !== null) expect(event).toMatchObject({ evidence: { id: delivery?.guid } })
  }
  expect(door.arrivals).toHaveLength(324)
})
