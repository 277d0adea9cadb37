// /health/deliveries and /health/effects: operators list what went wrong and do it again or drop it, without JavaScript; more
// than one is counted before anything is done to it.
import { afterEach, expect, test } from 'vitest'
import { type AndonApp, BASE_URL, openAndonApp } from '../support/andon-app.ts'
import { buryEffects } from '../support/bury-effects.ts'
import { exampleDelivery, signDelivery } from '../support/deliveries.ts'
import { postUnreadable } from '../support/unreadable-delivery.ts'
import { type Answer, openVisitor, type Visitor } from '../support/visitor.ts'

const DELIVERIES = '/health/deliveries'
const EFFECTS = '/health/effects'

let app: AndonApp
afterEach(() => app.close())

async function openAs(login: string): Promise<Visitor> {
  const visitor = openVisitor({ ...app, baseUrl: BASE_URL })
  await visitor.signIn(login)
  return visitor
}

/** Deliveries that were accepted and cannot be read, and effects that were given up. */
async function openWithMishaps(): Promise<Visitor> {
  app = await openAndonApp({ access: 'login', operators: ['Ada'] })
  await app.openLabeledIssue()
  await app.github.whenIdle()
  for (let count = 0; count < 3; count += 1) await postUnreadable(app)
  await buryEffects(app.database, app.clock.now(), ['react/<b>1</b>', 'react/2'])
  return await openAs('ada')
}

const idsIn = ({ text }: Answer, type: 'checkbox' | 'hidden') =>
  [...text.matchAll(new RegExp(`type="${type}" name="id" value="(\\d+)"`, 'g'))].map(([, id]) => Number(id))

const statesOf = async (table: 'deliveries' | 'effects', state: 'failed' | 'buried') =>
  (await app.database.kysely.selectFrom(table).select('id').where('state', '=', state).execute()).length

/** Sends the form with these fields. */
async function send(by: Visitor, path: string, fields: Record<string, string>, ids: readonly number[] = []) {
  const form = new URLSearchParams({ token: await by.formToken(), ...fields })
  for (const id of ids) form.append('id', String(id))
  return await by.post(path, form as never)
}

test('one is done at once, several only after they were counted, and exactly those', async () => {
  const ada = await openWithMishaps()
  const health = await ada.get('/health')
  expect(health.text).toContain('href="/health/deliveries"')
  expect(health.text).toContain('href="/health/effects"')
  const listed = idsIn(await ada.get(DELIVERIES), 'checkbox')
  expect(listed).toHaveLength(3)
  const [newest = 0, middle = 0, oldest = 0] = listed

  const one = await send(ada, DELIVERIES, { order: 'drop' }, [newest])
  expect([one.status, one.headers.get('location')]).toEqual([
    303,
    `${BASE_URL}${DELIVERIES}?acted=1&chosen=1&dropped=yes`,
  ])
  expect((await ada.get(`${DELIVERIES}?acted=1&chosen=1&dropped=yes`)).text).toContain(
    '1 of 1 failed delivery was dropped.',
  )

  const asked = await send(ada, DELIVERIES, { order: 'drop-all' })
  expect(asked.text).toContain('2 failed deliveries would be dropped.')
  expect([asked.status, idsIn(asked, 'hidden'), await statesOf('deliveries', 'failed')]).toEqual([
    200,
    [oldest, middle],
    2,
  ])
  const done = await send(ada, DELIVERIES, { order: 'drop', sure: 'yes' }, idsIn(asked, 'hidden'))
  expect(done.headers.get('location')).toContain('acted=2&chosen=2')
  expect((await ada.get(DELIVERIES)).text).toContain('No delivery has failed.')
  expect((await send(ada, DELIVERIES, { order: 'replay' }, [oldest])).status).toBe(400)
})

test('what failed is applied again, and says how much of it was; what was given up is put in line again', async () => {
  const ada = await openWithMishaps()
  const labeled = signDelivery(exampleDelivery('issues', 'labeled', undefined, { label: { name: 'andon' } }))
  const [fixed = 0] = idsIn(await ada.get(DELIVERIES), 'checkbox')
  await app.database.kysely
    .updateTable('deliveries')
    .set({ body: Buffer.from(labeled.body) })
    .where('id', '=', fixed)
    .execute()
  const asked = await send(ada, DELIVERIES, { order: 'replay-all' })
  expect(asked.text).toContain('3 failed deliveries would be applied again.')
  const applied = await send(ada, DELIVERIES, { order: 'replay', sure: 'yes' }, idsIn(asked, 'hidden'))
  expect(applied.headers.get('location')).toContain('acted=1&chosen=3')
  expect(idsIn(await ada.get(DELIVERIES), 'checkbox')).toHaveLength(2)

  const list = await ada.get(EFFECTS)
  expect(list.text).toContain('react/&lt;b&gt;1&lt;/b&gt;')
  const both = await send(ada, EFFECTS, { order: 'replay' }, idsIn(list, 'checkbox'))
  expect([both.status, await statesOf('effects', 'buried')]).toEqual([200, 2])
  const again = await send(ada, EFFECTS, { order: 'replay', sure: 'yes' }, idsIn(both, 'hidden'))
  expect((await ada.get(again.headers.get('location')?.slice(BASE_URL.length) ?? '')).text).toContain(
    '2 of 2 effects that were given up were put in line again.',
  )
  expect(await statesOf('effects', 'buried')).toBe(0)
})

test('nobody but an operator finds the lists, and no form of another does anything', async () => {
  const ada = await openWithMishaps()
  const grace = await openAs('grace')
  const stranger = openVisitor({ ...app, baseUrl: BASE_URL })
  const ids = idsIn(await ada.get(DELIVERIES), 'checkbox')
  for (const path of [DELIVERIES, EFFECTS]) {
    expect([(await grace.get(path)).status, (await stranger.get(path)).status]).toEqual([404, 401])
    const drop = { order: 'drop-all', sure: 'yes' }
    const answers = [
      await send(grace, path, drop, ids),
      await stranger.post(path, { ...drop, token: await ada.formToken() }),
      await ada.post(path, { ...drop, token: 'forged' }),
      await ada.post(path, { ...drop, token: await grace.formToken() }),
      await send(ada, path, { order: 'everything' }, ids),
      await send(ada, path, { order: 'drop', sure: 'yes' }),
    ]
    expect(answers.map(({ status }) => status)).toEqual([404, 401, 403, 403, 400, 400])
  }
  expect([await statesOf('deliveries', 'failed'), await statesOf('effects', 'buried')]).toEqual([3, 2])
})
