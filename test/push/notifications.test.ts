// A browser without an open page hears through the service of its maker: what was asked for, once, and only while it is so.
import { afterEach, describe, expect, test } from 'vitest'
import { CONTENT_BYTES } from '../../src/push/push-request.ts'
import { fail, kindsOf, openPushWorld, type PushWorld, start, succeed } from './support/push-world.ts'

let world: PushWorld
afterEach(() => world.close())

const GATE = 'stages: { plan: { workflow: plan.yml, gate: approval }, code: { workflow: code.yml } }\n'
const NO_ANSWER = 'silence'

describe('what is sent', () => {
  test('a task that starts and fails is told of twice, with number, title and stage, readable for the browser alone', async () => {
    world = await openPushWorld()
    const { browser } = await world.subscribe('ada')
    await world.openIssue(start)
    await world.advance(60)
    expect(browser.messages.map(({ content }) => content)).toEqual([
      { kind: 'started', repository: 'acme/widgets', number: 1, title: 'Retry on flaky upload', stage: 'plan' },
    ])
    world.github.runs.at(-1)?.fail()
    await world.advance(60)
    expect(browser.messages[1]).toMatchObject({ content: { kind: 'failed', stage: 'plan' }, urgency: 'high' })
    const [one, two] = browser.messages
    // The same address at the service: of two that wait there, the newer stays.
    expect([one?.topic, one?.bytes]).toEqual([two?.topic, two?.bytes])
    expect(one?.topic).toMatch(/^[\w-]{32}$/)
    expect(one?.ttlSeconds).toBeGreaterThan(11 * 3_600)
    expect(await world.metrics()).toEqual({
      andon_push_subscriptions: 1,
      andon_pushes_waiting: 0,
      'andon_pushes_total{outcome="sent"}': 2,
    })
  })

  test('an approval, a review and an end are told of; a next stage and another try are not', async () => {
    world = await openPushWorld({ configuration: GATE })
    const { browser } = await world.subscribe('ada')
    await world.openIssue(succeed)
    await world.advance(60)
    expect(kindsOf(browser).at(-1)).toBe('review')
    await world.comment('/andon approve', { by: 'ada' })
    await world.advance(90)
    expect(kindsOf(browser).at(-1)).toBe('finished')
    expect(kindsOf(browser).filter((kind) => kind === 'started').length).toBeLessThanOrEqual(1)
  })

  test('a person who is needed because nothing moves is told of once, when the time has come', async () => {
    world = await openPushWorld({ configuration: 'stages: { plan: { workflow: plan.yml, observe: true } }\n' })
    const { github, repository } = world
    const { browser } = await world.subscribe('ada')
    await world.openIssue(start)
    await github.createBranch(repository, 'andon/issue-1')
    const run = await github.startRun(repository, 'plan.yml', { branch: 'andon/issue-1' })
    run.start()
    run.job('build').start()
    await world.advance(40 * 60, { stride: 300 })
    expect(kindsOf(browser)).toEqual(['started'])
    await world.advance(30 * 60, { stride: 300 })
    expect(kindsOf(browser)).toEqual(['started', 'needs-you'])
  })

  test('what waits for nothing but time when the browser asks is told of too; what is so already is not', async () => {
    world = await openPushWorld({ configuration: 'stages: { plan: { workflow: plan.yml, observe: true } }\n' })
    const { github, repository } = world
    await world.openIssue(start)
    await github.createBranch(repository, 'andon/issue-1')
    const run = await github.startRun(repository, 'plan.yml', { branch: 'andon/issue-1' })
    run.start()
    run.job('build').start()
    await world.advance(60)
    const early = await world.subscribe('ada')
    await world.advance(70 * 60, { stride: 300 })
    const late = await world.subscribe('ada')
    await world.advance(10 * 60, { stride: 300 })
    expect([kindsOf(early.browser), kindsOf(late.browser)]).toEqual([['needs-you'], []])
  })

  test('a title that is hostile, long or in another script arrives as text, and every message has one length', async () => {
    world = await openPushWorld()
    const { browser } = await world.subscribe('ada')
    const titles = ['<img src=x onerror=alert(1)>\u202e@all', '\u{1F9E8}\\"'.repeat(400), 'x']
    for (const title of titles) await world.openIssue(fail, { title })
    await world.advance(120)
    const sent = browser.messages
      .filter(({ content }) => content.kind === 'failed')
      .sort((one, other) => Number(one.content.number) - Number(other.content.number))
    expect(sent.map(({ content }) => content.title)).toEqual([
      '<img src=x onerror=alert(1)>@all',
      expect.stringMatching(/^.{10,125}…$/u),
      'x',
    ])
    expect(new Set(sent.map(({ bytes }) => bytes))).toEqual(new Set([CONTENT_BYTES + 103]))
  })
})

describe('to whom', () => {
  test('who asked for one repository hears of no other, whatever it is called later', async () => {
    world = await openPushWorld()
    await world.openIssue(start, { repository: 'acme/api' })
    await world.advance(10)
    const one = await world.subscribe('ada', { 'ACME/api': true, 'acme/nowhere': true })
    const rest = await world.subscribe('linus', { '*': true, 'acme/api': false })
    await world.github.renameRepository('acme/api', 'core')
    await world.openIssue(fail)
    await world.openIssue(fail, { repository: 'acme/core' })
    await world.advance(120)
    const placesOf = ({ messages }: typeof one.browser) => [
      ...new Set(messages.map(({ content }) => content.repository)),
    ]
    expect([placesOf(one.browser), placesOf(rest.browser)]).toEqual([['acme/core'], ['acme/widgets']])
  })

  test('who has lost access when it is sent hears nothing, though it was decided before', async () => {
    world = await openPushWorld()
    const [linus, ada] = [await world.subscribe('linus'), await world.subscribe('ada')]
    world.push.refuse({ status: 429, headers: { 'retry-after': '400' } })
    await world.openIssue(fail)
    await world.advance(60)
    world.github.setAccess('linus', world.repository, false, { tells: false })
    world.push.refuse(null)
    await world.advance(600)
    expect([kindsOf(linus.browser), kindsOf(ada.browser)]).toEqual([[], ['failed']])
    expect((await world.metrics())['andon_pushes_total{outcome="dropped"}']).toBeGreaterThan(0)
  })

  test('while GitHub does not say what a person may see, the message waits; an authorization taken back ends it', async () => {
    world = await openPushWorld()
    const [linus, ada] = [await world.subscribe('linus'), await world.subscribe('ada')]
    await world.advance(400)
    world.github.chooseFaults(({ path }) => (path === '/user/installations' ? { kind: '502-before' } : null))
    await world.openIssue(fail)
    await world.advance(60)
    expect([kindsOf(linus.browser), kindsOf(ada.browser)]).toEqual([[], []])
    world.github.clearFaults()
    world.github.revokeAuthorization('linus')
    await world.advance(400)
    expect([kindsOf(linus.browser), kindsOf(ada.browser)]).toEqual([[], ['failed']])
  })
})

describe('once', () => {
  test('over two processes, however long the service takes to answer one of them', async () => {
    world = await openPushWorld()
    const another = await world.startAnother()
    const { browser } = await world.subscribe('ada')
    world.push.refuse({ status: 503 })
    await world.openIssue(start)
    await world.advance(60)
    world.push.refuse(null)
    const before = world.push.requestCount()
    const answer = world.push.holdAnswers()
    // The claim lasts a minute.
    world.clock.advance(120)
    const sending = world.andon.steps.push()
    await expect.poll(world.push.requestCount).toBe(before + 1)
    for (let step = 0; step < 5; step += 1) await another.steps.push()
    answer()
    await sending
    await world.advance(120, { andons: [world.andon, another] })
    expect(kindsOf(browser)).toEqual(['started'])
    expect(world.push.requestCount()).toBe(before + 1)
  })

  test.each([
    ['429', { status: 429, headers: { 'retry-after': '600' } }, 530, 620],
    ['503', { status: 503 }, 0, 150],
    ['no answer', NO_ANSWER, 0, 150],
  ] as const)('%s is tried again when the service says, or later and later', async (_, refusal, notBefore, within) => {
    world = await openPushWorld()
    const { browser } = await world.subscribe('ada')
    world.push.refuse(refusal)
    await world.openIssue(fail)
    await world.advance(60)
    world.push.refuse(null)
    await world.advance(notBefore)
    expect(kindsOf(browser)).toEqual([])
    await world.advance(within - notBefore + 60)
    expect(kindsOf(browser)).toEqual(['failed'])
  })

  test('a service that never answers is asked less and less, and after half a day no more', async () => {
    world = await openPushWorld()
    await world.subscribe('ada')
    world.push.refuse(NO_ANSWER)
    await world.openIssue(fail)
    await world.advance(13 * 3_600, { stride: 600 })
    expect(world.push.requestCount()).toBeGreaterThan(20)
    expect(world.push.requestCount()).toBeLessThan(70)
    expect(await world.metrics()).toMatchObject({
      andon_pushes_waiting: 0,
      'andon_pushes_total{outcome="expired"}': 1,
    })
  })

  test.each([404, 410])('a browser that is gone (%i) is forgotten', async (status) => {
    world = await openPushWorld()
    await world.subscribe('ada')
    world.push.refuse({ status })
    await world.openIssue(fail)
    await world.advance(60)
    expect(await world.metrics()).toMatchObject({
      andon_push_subscriptions: 0,
      'andon_pushes_total{outcome="gone"}': 1,
    })
  })

  test.each([{ status: 413 }, { status: 403 }, { status: 307, headers: { location: 'https://127.0.0.1/' } }])(
    'a message that the service refuses with $status is given up, and nobody follows it elsewhere',
    async (refusal) => {
      world = await openPushWorld()
      const { browser } = await world.subscribe('ada')
      world.push.refuse(refusal)
      await world.openIssue(fail)
      await world.advance(60)
      world.push.refuse(null)
      await world.advance(300)
      expect(kindsOf(browser)).toEqual([])
      expect((await world.metrics())['andon_pushes_total{outcome="refused"}']).toBeGreaterThan(0)
    },
  )

  test('what is over before it is sent is dropped, and what has taken its place is sent', async () => {
    world = await openPushWorld()
    const { browser } = await world.subscribe('ada')
    world.push.refuse({ status: 503 })
    await world.openIssue(fail)
    await world.advance(60)
    world.push.refuse(null)
    world.letRuns(start)
    await world.comment('/andon retry plan', { by: 'ada' })
    await world.advance(120)
    expect(kindsOf(browser)).toEqual([])
    world.github.runs.at(-1)?.succeed()
    await world.advance(60)
    expect(kindsOf(browser)).toEqual(['finished'])
  })
})
