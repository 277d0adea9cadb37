// Who may ask to be notified, where to, and how it ends.
import { afterEach, describe, expect, test } from 'vitest'
import { prune, RETENTION_DAYS } from '../../src/store/prune.ts'
import { fail, fieldsOf, kindsOf, openPushWorld, type PushWorld } from './support/push-world.ts'

let world: PushWorld
afterEach(() => world.close())

describe('a subscription', () => {
  test('signing out ends it, signing in again does not, and nobody inherits it', async () => {
    world = await openPushWorld()
    const { visitor, browser } = await world.subscribe('ada')
    await visitor.signIn('ada')
    expect(await world.ask(visitor, { ...fieldsOf(browser), renew: 'yes' })).toBe(204)
    await visitor.signIn('linus')
    expect(await world.ask(visitor, { ...fieldsOf(browser), renew: 'yes' })).toBe(410)
    const other = await world.subscribe('ada')
    await other.visitor.post('/logout', { token: await other.visitor.formToken() })
    await world.openIssue(fail)
    await world.advance(60)
    expect([kindsOf(browser), kindsOf(other.browser)]).toEqual([[], []])
    expect(await world.metrics()).toMatchObject({ andon_push_subscriptions: 0 })
  })

  test('a person ends one of their browsers at /account, and no one else’s; the browser does not come back by itself', async () => {
    world = await openPushWorld()
    const [ada, linus] = [await world.subscribe('ada'), await world.subscribe('linus')]
    const page = await ada.visitor.get('/account')
    expect(page.text).toContain('fcm.googleapis.com')
    const token = await ada.visitor.formToken()
    const end = (fields: Record<string, string>) => ada.visitor.post('/account/push/end', { token, ...fields })
    expect((await end({ endpoint: linus.browser.endpoint })).status).toBe(204)
    expect((await end({ id: '1', token: 'of another page' })).status).toBe(403)
    expect((await end({ id: '1' })).status).toBe(303)
    expect((await end({ id: '2' })).status).toBe(303)
    expect(await world.ask(ada.visitor, { ...fieldsOf(ada.browser), renew: 'yes' })).toBe(410)
    expect(await world.metrics()).toMatchObject({ andon_push_subscriptions: 1 })
    expect((await linus.visitor.get('/account')).text).toContain('fcm.googleapis.com')
  })

  test('a browser in which no page is opened any more is forgotten, and so are all but ten of a person’s', async () => {
    world = await openPushWorld()
    for (let count = 1; count <= 12; count += 1) await world.subscribe('ada')
    expect(await world.metrics()).toMatchObject({ andon_push_subscriptions: 10 })
    world.clock.advance((RETENTION_DAYS.pushSubscriptions + 1) * 86_400)
    await prune(world.database, world.clock.now())
    expect(await world.metrics()).toMatchObject({ andon_push_subscriptions: 0 })
  })
})

describe('who may ask', () => {
  test.each([
    ['another host', { endpoint: 'https://evil.example/fcm/send/1' }],
    ['a host that only begins alike', { endpoint: 'https://fcm.googleapis.com.evil.example/1' }],
    ['plain HTTP', { endpoint: 'http://fcm.googleapis.com/1' }],
    ['a private address', { endpoint: 'https://169.254.169.254/latest' }],
    ['another port', { endpoint: 'https://fcm.googleapis.com:8443/1' }],
    ['a password', { endpoint: 'https://a:b@fcm.googleapis.com/1' }],
    ['a long address', { endpoint: `https://fcm.googleapis.com/${'x'.repeat(2_000)}` }],
    ['no address', { endpoint: 'fcm' }],
    ['a point that is not on the curve', { p256dh: Buffer.alloc(65, 4).toString('base64url') }],
    ['a short secret', { auth: 'AAAA' }],
    ['wishes that are none', { wishes: '[1]' }],
    [
      'too many wishes',
      { wishes: JSON.stringify(Object.fromEntries([...Array(201).keys()].map((n) => [`a/${n}`, true]))) },
    ],
  ])('%s is refused', async (_, wrong) => {
    world = await openPushWorld()
    const { visitor } = await world.subscribe('ada')
    const fields = fieldsOf(await world.browserOf(visitor))
    expect(await world.ask(visitor, { ...fields, ...wrong })).toBe(400)
  })

  test('nobody who is not signed in, and no page of another site', async () => {
    world = await openPushWorld()
    const { visitor, browser } = await world.subscribe('ada')
    expect(await world.ask(visitor, { ...fieldsOf(browser), token: 'guessed' })).toBe(403)
    const stranger = await fetch(`${world.url}/account/push`, {
      method: 'POST',
      body: new URLSearchParams(fieldsOf(browser)),
    })
    expect(stranger.status).toBe(401)
    const { sealedSubscription } = await world.database.kysely
      .selectFrom('pushSubscriptions')
      .selectAll()
      .executeTakeFirstOrThrow()
    expect(sealedSubscription).not.toContain('fcm')
  })
})
