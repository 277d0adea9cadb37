// The forms of the controls: sent twice, late, forged, wrong, while GitHub is silent, and by those who have none.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { BASE_URL, openAndonApp } from '../support/andon-app.ts'
import { openVisitor } from '../support/visitor.ts'
import {
  CONTROLLED_LINE,
  type ControlsWorld,
  fieldsOf,
  ISSUE_PAGE,
  openControlsWorld,
  press,
  resultOf,
} from './support/controls-world.ts'

let world: ControlsWorld

beforeEach(async () => {
  world = await openControlsWorld()
})
afterEach(() => world.app.close())

describe('a form', () => {
  test('without the token of this session, with that of another or of another person, is refused', async () => {
    const [linus, again, ada] = [
      await world.visitorOf('linus'),
      await world.visitorOf('linus'),
      await world.visitorOf('ada'),
    ]
    const { press } = fieldsOf(await linus.get(ISSUE_PAGE))
    for (const token of ['', 'forged', await again.formToken(), await ada.formToken()]) {
      const answer = await linus.post(`${ISSUE_PAGE}/press`, { token, press, control: 'cancel plan' })
      expect([answer.status, answer.text]).toEqual([403, expect.stringContaining('This form is not from this board')])
    }
    expect((await openVisitor({ ...world.app, baseUrl: BASE_URL }).post(`${ISSUE_PAGE}/press`, { press })).status).toBe(
      401,
    )
    expect(await world.app.database.kysely.selectFrom('presses').selectAll().execute()).toEqual([])
  })

  test('that is sent twice, also at once and much later, does once what it says', async () => {
    await world.runEnds('failure')
    const linus = await world.visitorOf('linus')
    const fields = { ...fieldsOf(await linus.get(ISSUE_PAGE)), control: 'retry plan' }
    const sent = await Promise.all([1, 2, 3].map(() => linus.post(`${ISSUE_PAGE}/press`, fields)))
    expect(new Set(sent.map(({ headers }) => headers.get('location'))).size).toBe(1)
    await world.app.advance(20, { stride: 1 })
    await world.runEnds('failure')
    const late = await linus.post(`${ISSUE_PAGE}/press`, fields)
    await world.app.advance(30, { stride: 1 })
    expect(await resultOf(linus, late)).toMatch(/^retry plan Done: plan: attempt 2/)
    expect(world.runs).toHaveLength(2)
  })

  test('of a page that is old does not start a stage again that has ended well meanwhile', async () => {
    await world.runEnds('failure')
    const [linus, ada] = [await world.visitorOf('linus'), await world.visitorOf('ada')]
    const old = { ...fieldsOf(await linus.get(ISSUE_PAGE)), control: 'retry plan' }
    await world.pressAndWait(ada, ISSUE_PAGE, { control: 'retry plan' })
    await world.runEnds('success')
    await world.pressAndWait(ada, ISSUE_PAGE, { control: 'approve plan' })
    const pressed = await linus.post(`${ISSUE_PAGE}/press`, old)
    await world.app.advance(20, { stride: 1 })
    expect(await resultOf(linus, pressed)).toMatch(/^retry plan Not done: plan.*; it has moved on since that was shown/)
    expect(world.runs.map(({ state }) => state.workflow.file)).toEqual(['plan.yml', 'plan.yml', 'code.yml'])
  })

  test('without a reason, with an end that is none, or with a control that is none, says so in one sentence', async () => {
    const linus = await world.visitorOf('linus')
    const mistakes = [
      [{ control: 'hold', scope: 'issue', reason: ' ' }, 'A hold needs a reason'],
      [{ control: 'hold', scope: 'issue', reason: 'x', end: 'soon' }, 'A hold ends at a time in UTC'],
      [{ control: 'hold', scope: 'repository', reason: 'x' }, 'There is no such control'],
      [{ control: 'hold', scope: 'nothing', reason: 'x' }, 'There is no such control'],
      [{ control: 'start plan' }, 'There is no such control'],
      [{ control: 'retry elsewhere' }, 'There is no such control'],
      [{ control: '' }, 'There is no such control'],
    ] as const
    for (const [fields, sentence] of mistakes) {
      const { status, text } = await press(linus, ISSUE_PAGE, fields)
      expect([fields, status, text]).toEqual([fields, 400, expect.stringContaining(sentence)])
    }
    expect((await linus.get(`${ISSUE_PAGE}/press`)).status).toBe(405)
  })

  test('cannot be sent without end: after thirty in a minute one waits', async () => {
    const linus = await world.visitorOf('linus')
    for (let count = 0; count < 30; count++)
      expect((await press(linus, ISSUE_PAGE, { control: 'resume code', count: `${count}` })).status).toBe(303)
    const refused = await press(linus, ISSUE_PAGE, { control: 'resume code' })
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '60'])
    expect(refused.text).toContain('Too many requests come from you: try again in 60 seconds.')
    world.app.clock.advance(61)
    expect((await press(linus, ISSUE_PAGE, { control: 'resume code' })).status).toBe(303)
  })
})

test('while GitHub does not say who may, nothing is done and the page says so; then it is done', async () => {
  const linus = await world.visitorOf('linus')
  const pressed = await press(linus, ISSUE_PAGE, { control: 'cancel plan' })
  expect(await resultOf(linus, pressed)).toBe(
    'cancel plan GitHub is asked whether @linus may do that; then it is done. Look again',
  )
  world.app.github.chooseFaults(({ path }) => (path.includes('/collaborators/') ? { kind: '502-before' } : null))
  await world.app.advance(60)
  expect(await resultOf(linus, pressed)).toMatch(/^cancel plan GitHub could not say yet whether @linus may do that/)
  expect(await world.statusOf('plan')).toBe('running')
  world.app.github.chooseFaults(() => null)
  await world.app.advance(600)
  expect(await resultOf(linus, pressed)).toMatch(/^cancel plan Done: plan: /)
})

test('the role counts of the person who signed in, and not of who has their login by now', async () => {
  const trinity = await world.visitorOf('trinity')
  const token = await trinity.formToken()
  await world.app.database.kysely.updateTable('users').set({ login: 'linus' }).execute()
  const fields = { token, press: 'A'.repeat(22), control: 'cancel plan' }
  const pressed = await trinity.post(`${ISSUE_PAGE}/press`, fields)
  await world.app.advance(30, { stride: 1 })
  expect(await resultOf(trinity, pressed)).toMatch(/Not done/)
  expect(await world.statusOf('plan')).toBe('running')
})

test('nobody else is shown what came of a press', async () => {
  const [linus, ada] = [await world.visitorOf('linus'), await world.visitorOf('ada')]
  const pressed = await press(linus, ISSUE_PAGE, { control: 'skip plan' })
  expect(await resultOf(ada, pressed)).toBe('')
  expect((await ada.get(`${ISSUE_PAGE}?pressed=none`)).status).toBe(400)
})

test('a press is on its own page’s stream as soon as it is answered', async () => {
  const linus = await world.visitorOf('linus')
  const pressed = await press(linus, ISSUE_PAGE, { control: 'skip plan' })
  const page = await linus.get(pressed.headers.get('location') ?? '')
  const query = /data-query="([^"]+)"/.exec(page.text)?.[1]?.replaceAll('&amp;', '&')
  const response = await fetch(`${world.app.url}/events?${query}`, { headers: linus.cookieHeader() })
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  await world.app.advance(20, { stride: 1 })
  let text = ''
  while (!/id="press"[^>]*is-done/.test(text)) {
    const { value, done } = (await reader?.read()) ?? { done: true }
    if (done) break
    text += value
  }
  expect(text).toMatch(/skip plan<\/bdi><\/b> <bdi>Done: /)
  await reader?.cancel()
})

test('an API token changes nothing, and its stream has no controls', async () => {
  const linus = await world.visitorOf('linus')
  const made = await linus.post('/account/tokens', { token: await linus.formToken(), name: 'script' })
  const bearer = `Bearer ${/id="made-token">([^<]+)/.exec(made.text)?.[1]}`
  const headers = { authorization: bearer, 'content-type': 'application/x-www-form-urlencoded' }
  const sent = await fetch(`${world.app.url}${ISSUE_PAGE}/press`, {
    method: 'POST',
    headers,
    body: 'control=cancel+plan',
  })
  expect(sent.status).toBe(401)
  const response = await fetch(`${world.app.url}/events?repository=acme/widgets&issue=1`, {
    headers: { authorization: bearer },
  })
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  while (!text.includes('id="stage-0"')) text += (await reader?.read())?.value ?? ''
  expect(text).not.toContain('<button')
  await reader?.cancel()
})

test('in open access nobody has controls', async () => {
  const open = await openAndonApp({ configuration: CONTROLLED_LINE })
  try {
    await open.openLabeledIssue()
    await open.advance(20, { stride: 1 })
    for (const path of ['/', '/acme/widgets', ISSUE_PAGE]) {
      const text = await (await fetch(open.url + path)).text()
      expect(text).not.toMatch(/name="control"|Who may write/)
    }
    const body = new URLSearchParams({ control: 'cancel plan', press: 'A'.repeat(22), token: '' })
    expect((await fetch(`${open.url}${ISSUE_PAGE}/press`, { method: 'POST', body })).status).toBe(404)
  } finally {
    await open.close()
  }
})
