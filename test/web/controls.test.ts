// Who may press what through the real door: a form in, GitHub asked, and what came of it on the page that it leads to.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Visitor } from '../support/visitor.ts'
import {
  type ControlsWorld,
  fieldsOf,
  ISSUE_PAGE,
  offeredOn,
  openControlsWorld,
  press,
  resultOf,
} from './support/controls-world.ts'

let world: ControlsWorld

beforeEach(async () => {
  world = await openControlsWorld()
})
afterEach(() => world.app.close())

const history = async (visitor: Visitor) => (await visitor.get(ISSUE_PAGE)).text.split('What happened')[1] ?? ''

describe('somebody who may write', () => {
  test('cancels a stage that runs, and the page and the history say who did', async () => {
    const linus = await world.visitorOf('linus')
    expect(offeredOn(await linus.get(ISSUE_PAGE))).toEqual(['hold', 'cancel plan', 'skip plan'])
    expect(await world.pressAndWait(linus, ISSUE_PAGE, { control: 'cancel plan' })).toMatch(
      /^cancel plan Done: plan: attempt 1 of 1 is being cancelled/,
    )
    expect(world.runs[0]?.state.conclusion).toBe('cancelled')
    expect(await history(linus)).toMatch(/@linus.*?pressed cancel plan on the board/s)
  })

  test('retries a stage that failed', async () => {
    await world.runEnds('failure')
    const linus = await world.visitorOf('linus')
    expect(offeredOn(await linus.get(ISSUE_PAGE))).toEqual(['hold', 'retry plan', 'skip plan'])
    expect(await world.pressAndWait(linus, ISSUE_PAGE, { control: 'retry plan' })).toMatch(
      /^retry plan Done: plan: attempt 2/,
    )
    expect(world.runs).toHaveLength(2)
  })

  test('approves a gate, which is the button that stands out', async () => {
    await world.runEnds('success')
    const linus = await world.visitorOf('linus')
    const page = await linus.get(ISSUE_PAGE)
    expect(offeredOn(page)).toEqual(['hold', 'approve plan', 'skip plan'])
    expect(page.text).toContain('<button class="button primary" form="controls" name="control" value="approve plan"')
    expect(await world.pressAndWait(linus, ISSUE_PAGE, { control: 'approve plan' })).toMatch(/^approve Done: plan: /)
    expect(await world.statusOf('plan')).toBe('done')
  })

  test('skips a stage', async () => {
    await world.runEnds('failure')
    const linus = await world.visitorOf('linus')
    expect(await world.pressAndWait(linus, ISSUE_PAGE, { control: 'skip plan' })).toMatch(/^skip plan Done: /)
    expect(await world.statusOf('plan')).toBe('skipped')
  })

  test('holds the issue with a reason and an end, and resumes it', async () => {
    const linus = await world.visitorOf('linus')
    const fields = { control: 'hold', scope: 'issue', reason: 'plan is wrong', end: '2h' }
    expect(await world.pressAndWait(linus, ISSUE_PAGE, fields)).toMatch(
      /^hold for 2h plan is wrong Done: this issue is held by @linus since .* until .*: plan is wrong/,
    )
    const page = await linus.get(ISSUE_PAGE)
    expect(page.text).toContain('held by @linus')
    expect(offeredOn(page)).toContain('resume')
    expect(await world.pressAndWait(linus, ISSUE_PAGE, { control: 'resume' })).toMatch(
      /Done: this issue is no longer held/,
    )
    expect(offeredOn(await linus.get(ISSUE_PAGE))).not.toContain('resume')
    expect(await history(linus)).toMatch(/@linus.*?resumed this issue/s)
  })

  test('holds one stage until a time, and resumes it there', async () => {
    const linus = await world.visitorOf('linus')
    const fields = { control: 'hold', scope: 'code', reason: 'not today', end: '18:00' }
    expect(await world.pressAndWait(linus, ISSUE_PAGE, fields)).toMatch(
      /Done: code is held by @linus .* until 2026-11-20 18:00 UTC/,
    )
    expect(offeredOn(await linus.get(ISSUE_PAGE))).toContain('resume code')
    expect(await world.pressAndWait(linus, ISSUE_PAGE, { control: 'resume code' })).toMatch(
      /Done: code is no longer held/,
    )
  })

  test('pulls the cord of a repository at the head of its board, and lets it go', async () => {
    const linus = await world.visitorOf('linus')
    const fields = { control: 'hold', reason: 'release week', end: '' }
    expect(await world.pressAndWait(linus, '/acme/widgets', fields)).toMatch(/Done: the repository is held by @linus/)
    const board = await linus.get('/acme/widgets')
    expect(board.text).toMatch(/by @linus since/)
    expect(offeredOn(board)).toEqual(expect.arrayContaining(['hold', 'resume']))
    expect(await world.pressAndWait(linus, '/acme/widgets', { control: 'resume' })).toMatch(
      /Done: the repository is no longer/,
    )
    expect(offeredOn(await linus.get('/acme/widgets'))).toEqual(['hold'])
  })

  test('finds no cord of everything, and may not pull it', async () => {
    const linus = await world.visitorOf('linus')
    const board = await linus.get('/')
    expect(offeredOn(board)).toEqual([])
    expect(board.text).not.toContain('id="controls"')
    const own = fieldsOf(await linus.get(ISSUE_PAGE))
    const answer = await linus.post('/press', { ...own, control: 'hold', reason: 'mine now' })
    expect([answer.status, answer.text]).toEqual([403, expect.stringContaining('Only operators')])
  })
})

test('an operator holds everything and resumes it, with their name on it, and the same form sent again does nothing', async () => {
  const ada = await world.visitorOf('ada')
  const own = fieldsOf(await ada.get('/'))
  const hold = { ...own, control: 'hold', reason: 'GitHub is burning', end: '' }
  expect(await resultOf(ada, await ada.post('/press', hold))).toMatch(/Done: everything is held by ada/)
  expect((await ada.get('/')).text).toMatch(/by ada since/)
  expect(await resultOf(ada, await press(ada, '/', { control: 'resume' }))).toMatch(/the hold on everything is over/)
  expect(await resultOf(ada, await ada.post('/press', hold))).toMatch(/Done: everything is held by ada/)
  expect(offeredOn(await ada.get('/'))).toEqual(['hold'])
})

describe('somebody who may only read', () => {
  test('sees who may instead of the controls', async () => {
    const passerby = await world.visitorOf('passerby')
    for (const page of [ISSUE_PAGE, '/acme/widgets']) {
      const shown = await passerby.get(page)
      expect(offeredOn(shown)).toEqual([])
      expect(shown.text).toContain('Who may write to acme/widgets on GitHub can')
    }
  })

  test('and sends a form nevertheless is refused in one sentence, and nothing happens', async () => {
    const passerby = await world.visitorOf('passerby')
    const token = await passerby.formToken()
    const sent = { token, press: 'A'.repeat(22) }
    const pressed = [
      await passerby.post(`${ISSUE_PAGE}/press`, { ...sent, control: 'cancel plan' }),
      await passerby.post('/acme/widgets/press', { ...sent, control: 'hold', reason: 'mine' }),
    ]
    await world.app.advance(30, { stride: 1 })
    for (const answer of pressed)
      expect(await resultOf(passerby, answer)).toMatch(/Not done: @passerby needs write permission on the repository/)
    expect(await world.statusOf('plan')).toBe('running')
    expect((await passerby.get('/acme/widgets')).text).not.toContain('by @passerby since')
  })

  test('since a moment ago is refused, although the page still shows the control', async () => {
    const linus = await world.visitorOf('linus')
    const page = await linus.get(ISSUE_PAGE)
    world.app.github.setPermission('linus', 'read')
    const pressed = await linus.post(`${ISSUE_PAGE}/press`, { ...fieldsOf(page), control: 'cancel plan' })
    await world.app.advance(30, { stride: 1 })
    expect(await resultOf(linus, pressed)).toMatch(/Not done: @linus needs write permission/)
    expect(await world.statusOf('plan')).toBe('running')
  })
})

test.each(['on the board', 'in a comment'])('every action %s shows everybody at once who did it', async (how) => {
  const [linus, passerby] = [await world.visitorOf('linus'), await world.visitorOf('passerby')]
  let known = 0
  /** What everybody is shown under the name of who acted. */
  const shownAfter = async (command: string, fields: Record<string, string>): Promise<string> => {
    if (how === 'on the board') await world.pressAndWait(linus, ISSUE_PAGE, fields)
    else await world.app.comment(`/andon ${command}`, { by: 'linus' })
    await world.app.advance(20, { stride: 1 })
    const { history } = JSON.parse((await passerby.get('/api/pipelines/acme/widgets/1')).text) as {
      history: readonly { readonly actor: string | null; readonly text: string }[]
    }
    const own = history.filter(({ actor }) => actor === 'linus').map(({ text }) => text)
    const added = own.slice(0, own.length - known)
    known = own.length
    return added.join('; ')
  }
  const hold = { control: 'hold', scope: 'issue', reason: 'ask legal first' }
  expect(await shownAfter('hold ask legal first', hold)).toMatch(/^held by @linus since .*: ask legal first$/)
  expect(await shownAfter('resume', { control: 'resume' })).toBe('this issue was resumed by @linus')
  expect(await shownAfter('cancel plan', { control: 'cancel plan' })).toContain(
    'plan: attempt 1 of 1 is being cancelled',
  )
  expect(await shownAfter('retry plan', { control: 'retry plan' })).toContain('plan: attempt 2 of 2 waits for a slot')
  await world.runEnds('success')
  expect(await shownAfter('approve', { control: 'approve plan' })).toContain(
    'plan: attempt 2 of 2 succeeded, approved by',
  )
  expect(await shownAfter('skip code', { control: 'skip code' })).toContain('code: attempt 1 of 1 is being cancelled')
})

test('an outsider gets the same 404 from a form as from the page, whatever is there', async () => {
  world.app.github.setAccess('linus', 'acme/widgets', false)
  const linus = await world.visitorOf('linus')
  const token = await linus.formToken()
  const fields = { token, press: 'A'.repeat(22), control: 'hold', reason: 'x' }
  for (const name of ['acme/widgets', 'acme/nothing']) {
    const page = await linus.get(`/${name}`)
    for (const path of [`/${name}/press`, `/${name}/issues/1/press`]) {
      const { status, text } = await linus.post(path, fields)
      expect([path, status, text.replaceAll(name, '')]).toEqual([path, 404, page.text.replaceAll(name, '')])
    }
  }
  expect(await world.app.database.kysely.selectFrom('presses').selectAll().execute()).toEqual([])
})
