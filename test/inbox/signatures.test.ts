import { randomBytes } from 'node:crypto'
import pino from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type SeededRandom, seededRandom } from '../../fake-github/random.ts'
import { createReceiver } from '../../src/inbox/receive.ts'
import { verifyBody } from '../../src/inbox/verify.ts'
import probotApp from '../../src/index.ts'
import { exampleDelivery, signatureOf, signDelivery, WEBHOOK_SECRET } from '../support/deliveries.ts'
import { forEachConcurrently } from '../support/http-load.ts'
import { traces } from '../support/traces.ts'
import { openTappedDoor, type TappedDoor } from './support/tapped-door.ts'

const OLD = WEBHOOK_SECRET
const NEW = 'the-secret-that-comes-next-0123456789'
const SEED = 90210

let door: TappedDoor
beforeEach(async () => {
  door = await openTappedDoor()
})
afterEach(() => door.close())

async function receiver(secrets: readonly string[]) {
  const now = () => '2026-11-21T10:00:00.000Z'
  const log = pino({ level: 'silent' })
  return (await createReceiver({ app: probotApp, door, secrets, now, log })).receive
}

/** A wrong signature of one of many kinds. */
function forged(random: SeededRandom, body: Uint8Array, right: string): string {
  const hex = right.slice('sha256='.length)
  const at = random.integer(hex.length)
  const flipped = hex.slice(0, at) + (hex[at] === '0' ? '1' : '0') + hex.slice(at + 1)
  return random.pick([
    () => `sha256=${flipped}`,
    () => `sha256=${hex.slice(0, at)}`,
    () => `sha256=${hex}${hex.slice(0, 1 + random.integer(4))}`,
    () => `sha256=${hex.toUpperCase()}`,
    () => `sha1=${hex}`,
    () => hex,
    () => ` ${right}`,
    () => `${right},${right}`,
    () => 'sha256=',
    () => 'sha256=undefined',
    () => `sha256=${'é'.repeat(64)}`,
    () => signatureOf(body, random.pick(['development', '', ' ', `${WEBHOOK_SECRET} `, WEBHOOK_SECRET.toUpperCase()])),
    () => signatureOf(body.subarray(1), WEBHOOK_SECRET),
    () => Array.from({ length: random.integer(200) }, () => String.fromCharCode(random.integer(256))).join(''),
  ])()
}

test('1,000 forged signatures are all refused', async () => {
  const receive = await receiver([OLD])
  const random = seededRandom(SEED)
  const delivery = signDelivery(exampleDelivery('issues', 'labeled'))
  const right = delivery.headers['x-hub-signature-256'] ?? ''
  const statuses: number[] = []
  for (let n = 0; n < 1_000; n++) {
    const headers = { ...delivery.headers, 'x-hub-signature-256': forged(random, delivery.body, right) }
    statuses.push((await receive({ headers, body: delivery.body })).status)
  }
  const accepted = statuses.filter((status) => status !== 401).length
  console.log(`forged signatures: ${statuses.length} tried, ${accepted} accepted (seed ${SEED})`)
  expect(accepted).toBe(0)
  expect(door.arrivals).toEqual([])
  expect((await receive(delivery)).status).toBe(202)
})

test('a signature is valid for exactly one body: a changed, added or dropped byte is refused', async () => {
  const random = seededRandom(SEED)
  const { body, headers } = signDelivery(exampleDelivery('issues', 'labeled'))
  for (let n = 0; n < 500; n++) {
    const at = random.integer(body.length)
    const changed = Uint8Array.from(body)
    changed[at] = (changed[at] ?? 0) ^ (1 + random.integer(255))
    const other = random.pick([
      changed,
      body.subarray(0, at),
      Buffer.concat([body, randomBytes(1 + random.integer(8))]),
    ])
    expect(await verifyBody(other, headers['x-hub-signature-256'] ?? '', [WEBHOOK_SECRET])).toBeNull()
  }
})

test('no delivery is refused while a secret is rotated', async () => {
  const random = seededRandom(SEED)
  const deliveries = traces(18).flatMap((story) => story.deliveries)
  const before = await receiver([OLD])
  const during = await receiver([NEW, OLD])
  const after = await receiver([NEW])
  const refused = { before: 0, during: 0, after: 0 }
  await forEachConcurrently(32, deliveries, async (delivery) => {
    const mixed = signDelivery(delivery, { secret: random.pick([OLD, NEW]) })
    if ((await before(signDelivery(delivery, { secret: OLD }))).status !== 202) refused.before++
    if ((await during(mixed)).status !== 202) refused.during++
    if ((await after(signDelivery(delivery, { secret: NEW }))).status !== 202) refused.after++
  })
  console.log(`rotation: ${deliveries.length} deliveries in each phase, refused ${JSON.stringify(refused)}`)
  expect(refused).toEqual({ before: 0, during: 0, after: 0 })
  expect((await after(signDelivery(deliveries[0]!, { secret: OLD }))).status).toBe(401)
})
